import type { Counter, CounterOptions } from "./Counter.ts"

export interface BucketCounterOptions extends CounterOptions {
  readonly capacity: number
  /** What drains in a second. */
  readonly perSecond: number
  /** It drains by this at once. Evenly unless given. */
  readonly step?: number | undefined
  /** When one of the steps is. 0 unless given. */
  readonly phaseMs?: number
}

/** What is lost in rounding. */
const ROUNDING = 1e-9

/** A level that rises with each request and falls with time, evenly or in steps, never below nothing. */
export class BucketCounter implements Counter {
  readonly #options: BucketCounterOptions
  #level = 0
  #asOf = 0

  constructor(options: BucketCounterOptions) {
    this.#options = options
  }

  /** How much has drained since ever, were there always something to drain. */
  #drained(atMs: number): number {
    const { perSecond, phaseMs = 0, step } = this.#options
    if (step === undefined) return (Math.floor(atMs) * perSecond) / 1000
    return step * Math.floor(((Math.floor(atMs) - phaseMs) * perSecond) / 1000 / step)
  }

  readonly used = (atMs: number): number => {
    const drained = this.#drained(atMs)
    this.#level = Math.max(0, this.#level - (drained - this.#asOf))
    this.#asOf = drained
    return this.#level
  }

  readonly pass = (cost: number, atMs: number): boolean => {
    const passes = this.used(atMs) + cost <= this.#options.capacity + ROUNDING
    if (passes || this.#options.countsRefusals === true) this.#level += cost
    return passes
  }

  readonly retryAfter = (cost: number, atMs: number): number => {
    const { capacity, perSecond, phaseMs = 0, step } = this.#options
    if (cost > capacity) return Number.POSITIVE_INFINITY
    const over = this.used(atMs) + cost - capacity
    if (over <= ROUNDING) return 0
    const wholeSteps = step === undefined ? over : step * Math.ceil(over / step)
    const atLeast = ((this.#asOf + wholeSteps) * 1000) / perSecond + (step === undefined ? 0 : phaseMs)
    return Math.ceil(atLeast) - atMs
  }
}
