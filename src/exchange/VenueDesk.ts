/** What the emulator gives a venue: its clock, its keys, and an exact counter for each scope of each limit. */
import { Redacted } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import { showLimit } from "../domain/LimitSpec.ts"
import { invariant } from "../platform/invariant.ts"
import type { EmulatedCounter, EmulatedLimit, EmulatorDesk } from "../venues/Emulated.ts"
import { CountersByScope } from "./counters/CountersByScope.ts"
import { counterOf } from "./counters/ScopedCounters.ts"

/** A counter as `/__paceline/counters` shows it. */
export interface ShownCounter {
  readonly limit: string
  readonly rule: string
  /** Whose it is: an address, a key's label, a pair; nothing where all share it. */
  readonly scope: string
  readonly used: number
  readonly of: number
}

const DAY_MS = 86_400_000

export class VenueDesk implements EmulatorDesk {
  readonly #limits: ReadonlyMap<string, EmulatedLimit & { readonly counters: CountersByScope }>
  readonly #keys: ReadonlyMap<string, ApiKey>
  readonly #blocked = new Set<string>()
  readonly #midnightMs: number
  #nowMs: number
  /** The latest that the clock has shown since midnight before the start: smaller numbers lose less in rounding. */
  #latestMs = 0
  #onBlock: (() => void) | undefined
  #named: ApiKey | undefined

  constructor(limits: ReadonlyArray<EmulatedLimit>, keys: ReadonlyArray<ApiKey>, wallMs: number) {
    this.#midnightMs = DAY_MS * Math.floor(wallMs / DAY_MS)
    this.#nowMs = wallMs
    // Windows of any length that divides a day begin at midnight, UTC, and so do these counters' times.
    this.#limits = new Map(
      limits.map((limit) => {
        const counters = new CountersByScope(() => counterOf(limit.limit, 0, limit.countsRefusals))
        return [limit.name, { ...limit, counters }]
      }),
    )
    this.#keys = new Map(keys.map((key) => [Redacted.value(key.key ?? key.secret), key]))
  }

  readonly nowMs = (): number => this.#nowMs

  /** Sets the clock. It may step back: then it stands still for counters. */
  setClock(wallMs: number): void {
    this.#nowMs = Math.floor(wallMs)
    this.#latestMs = Math.max(this.#latestMs, this.#nowMs - this.#midnightMs)
  }

  /** A request comes up. @param onBlock if given, the key that it names is blocked for good, and this is told */
  begin(onBlock?: () => void): void {
    this.#onBlock = onBlock
    this.#named = undefined
  }

  /** The label of the key that the request has named. */
  named(): string | undefined {
    return this.#named?.label
  }

  readonly keyOf = (name: string): ApiKey | undefined => {
    const key = this.#keys.get(name)
    if (key === undefined) return undefined
    if (this.#onBlock !== undefined && !this.#blocked.has(key.label)) {
      this.block(key)
      this.#onBlock()
    }
    this.#named = this.#blocked.has(key.label) ? undefined : key
    return this.#named
  }

  /** From now on the venue does not know the key. */
  block({ label }: ApiKey): void {
    this.#blocked.add(label)
  }

  /** The keys that are not blocked. */
  healthy(): ReadonlyArray<ApiKey> {
    return [...this.#keys.values()].filter(({ label }) => !this.#blocked.has(label))
  }

  readonly counter = (name: string, scope: string): EmulatedCounter => {
    const limit = this.#limits.get(name)
    invariant(limit !== undefined, "a venue counts in limits that it has")
    const counter = limit.counters.of(scope, this.#latestMs)
    return {
      used: () => counter.used(this.#latestMs),
      pass: (cost) => counter.pass(cost, this.#latestMs),
      retryAfter: (cost) => counter.retryAfter(cost, this.#latestMs),
    }
  }

  /** All counters, now. */
  show(): ReadonlyArray<ShownCounter> {
    return [...this.#limits.values()].flatMap(({ counters, limit, name }) =>
      counters.all().map(([scope, counter]) => ({
        limit: name,
        rule: showLimit(limit),
        scope,
        used: counter.used(this.#latestMs),
        of: limit.limit,
      })),
    )
  }
}
