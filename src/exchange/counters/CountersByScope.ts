/** The counters of one limit: one for each address, key or pair, whatever it is counted by. */
import type { Counter } from "./Counter.ts"

/** So many scopes are kept at least; more make those that count nothing be forgotten. */
const KEPT_SCOPES = 1000

export class CountersByScope {
  readonly #make: () => Counter
  readonly #counters = new Map<string, Counter>()

  constructor(make: () => Counter) {
    this.#make = make
  }

  /** The counter of a scope: one that has counted nothing, where the scope is new. */
  of(scope: string, nowMs: number): Counter {
    const known = this.#counters.get(scope)
    if (known !== undefined) return known
    const { size } = this.#counters
    if (size >= KEPT_SCOPES && size % KEPT_SCOPES === 0)
      for (const [idle, counter] of this.#counters) if (counter.used(nowMs) === 0) this.#counters.delete(idle)
    const counter = this.#make()
    this.#counters.set(scope, counter)
    return counter
  }

  /** All of them, by scope. */
  all(): ReadonlyArray<readonly [scope: string, counter: Counter]> {
    return [...this.#counters]
  }
}
