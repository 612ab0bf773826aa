import type { Counter, CounterOptions } from "./Counter.ts"

export interface WindowCounterOptions extends CounterOptions {
  readonly limit: number
  readonly windowMs: number
  /** When one of the windows begins. 0 unless given. */
  readonly phaseMs?: number
}

/** One window after the other by the exchange's clock: each begins with nothing. */
export class WindowCounter implements Counter {
  readonly #options: WindowCounterOptions
  #window = Number.NEGATIVE_INFINITY
  #used = 0

  constructor(options: WindowCounterOptions) {
    this.#options = options
  }

  readonly used = (atMs: number): number => {
    const { phaseMs = 0, windowMs } = this.#options
    const window = Math.floor((Math.floor(atMs) - phaseMs) / windowMs)
    if (window !== this.#window) this.#used = 0
    this.#window = window
    return this.#used
  }

  readonly pass = (cost: number, atMs: number): boolean => {
    const passes = this.used(atMs) + cost <= this.#options.limit
    if (passes || this.#options.countsRefusals === true) this.#used += cost
    return passes
  }

  readonly retryAfter = (cost: number, atMs: number): number => {
    const { limit, phaseMs = 0, windowMs } = this.#options
    if (cost > limit) return Number.POSITIVE_INFINITY
    return this.used(atMs) + cost <= limit ? 0 : (this.#window + 1) * windowMs + phaseMs - atMs
  }
}
