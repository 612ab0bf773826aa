import type { Counter, CounterOptions } from "./Counter.ts"

export interface WindowCounterOptions extends CounterOptions {
  readonly limit: number
  readonly windowMs: number
  /** When one of the windows begins. 0 unless given. */
  readonly phaseMs?: number
}

export interface OpenedWindowOptions extends WindowCounterOptions {
  /** A window begins with the first request after the last window's end, whatever the phase. */
  readonly opensWithFirst?: boolean
}

/** One window after the other, by the exchange's clock or each opened by its first request: all begin with nothing. */
export class WindowCounter implements Counter {
  readonly #options: OpenedWindowOptions
  #beginMs = Number.NEGATIVE_INFINITY
  #used = 0

  constructor(options: OpenedWindowOptions) {
    this.#options = options
  }

  readonly used = (atMs: number): number => {
    const { opensWithFirst = false, phaseMs = 0, windowMs } = this.#options
    const nowMs = Math.floor(atMs)
    if (nowMs >= this.#beginMs && nowMs < this.#beginMs + windowMs) return this.#used
    this.#used = 0
    this.#beginMs = opensWithFirst
      ? Number.NEGATIVE_INFINITY
      : phaseMs + windowMs * Math.floor((nowMs - phaseMs) / windowMs)
    return 0
  }

  readonly pass = (cost: number, atMs: number): boolean => {
    const passes = this.used(atMs) + cost <= this.#options.limit
    if (passes || this.#options.countsRefusals === true) {
      if (this.#beginMs === Number.NEGATIVE_INFINITY) this.#beginMs = Math.floor(atMs)
      this.#used += cost
    }
    return passes
  }

  readonly retryAfter = (cost: number, atMs: number): number => {
    const { limit, windowMs } = this.#options
    if (cost > limit) return Number.POSITIVE_INFINITY
    return this.used(atMs) + cost <= limit ? 0 : this.#beginMs + windowMs - atMs
  }
}
