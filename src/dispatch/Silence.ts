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

/** No connection can be had. */
export interface NoContact {
  /** From the first attempt to connect that failed to the last, in milliseconds. */
  readonly ms: number
  /** The platform's error code of the last attempt. */
  readonly code: string
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

  /** Undefined while the exchange is in contact. */
  get noContact(): NoContact | undefined {
    return this.#sinceMs === undefined || this.#code === undefined
      ? undefined
      : { ms: this.#lastMs - this.#sinceMs, code: this.#code }
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
    const forMs = atMs - this.#sinceMs
    if (forMs < Duration.toMillis(this.#wasReached ? unreachableAfter : firstContact)) return
    onUnreachable(new ExchangeUnreachable({ code, seconds: forMs / 1000 }))
  }
}
