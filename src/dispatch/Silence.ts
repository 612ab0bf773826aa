/** How long no connection could be had, and when that is too long. */
import { Duration } from "effect"
import { ExchangeUnreachable } from "./SubmitFailure.ts"

export interface SilenceOptions {
  /** How long no connection may be had before the exchange is given up, when it was never reached. */
  readonly firstContact: Duration.Duration
  /** The same after it was reached once. */
  readonly unreachableAfter: Duration.Duration
  /** The exchange is given up. */
  readonly onUnreachable: (failure: ExchangeUnreachable) => void
}

/** Attempts to connect that fail further apart than this do not make one outage: lanes try more than once a second. */
const LONGEST_GAP_MS = 10_000

export class Silence {
  readonly #options: SilenceOptions
  #wasReached = false
  #sinceMs: number | undefined
  #lastMs = 0
  #code: string | undefined

  constructor(options: SilenceOptions) {
    this.#options = options
  }

  get ms(): number {
    return this.#sinceMs === undefined ? 0 : this.#lastMs - this.#sinceMs
  }

  /** The platform's error code of the last attempt to connect; undefined while the exchange is in contact. */
  get code(): string | undefined {
    return this.#code
  }

  /** A request was answered, or at least left. */
  onContact(): void {
    this.#wasReached = true
    this.#sinceMs = undefined
    this.#code = undefined
  }

  onNoContact(atMs: number, code: string): void {
    const { firstContact, onUnreachable, unreachableAfter } = this.#options
    // A gap without attempts says nothing about the exchange.
    if (atMs - this.#lastMs > LONGEST_GAP_MS) this.#sinceMs = undefined
    this.#lastMs = atMs
    this.#sinceMs ??= atMs
    this.#code = code
    if (this.ms < Duration.toMillis(this.#wasReached ? unreachableAfter : firstContact)) return
    onUnreachable(new ExchangeUnreachable({ code, seconds: this.ms / 1000 }))
  }
}
