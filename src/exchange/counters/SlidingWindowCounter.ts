import type { Counter } from "./Counter.ts"
import type { WindowCounterOptions } from "./WindowCounter.ts"

/** This window's count, and of the last one's the share that a window which ends now still covers. */
export class SlidingWindowCounter implements Counter {
  readonly #options: WindowCounterOptions
  #window = Number.NEGATIVE_INFINITY
  #last = 0
  #this = 0

  constructor(options: WindowCounterOptions) {
    this.#options = options
  }

  /** How many windows have begun, and the share of the last that has passed. */
  #windows(atMs: number): number {
    const { phaseMs = 0, windowMs } = this.#options
    return (Math.floor(atMs) - phaseMs) / windowMs
  }

  readonly used = (atMs: number): number => {
    const windows = this.#windows(atMs)
    const window = Math.floor(windows)
    if (window > this.#window) {
      this.#last = window === this.#window + 1 ? this.#this : 0
      this.#this = 0
      this.#window = window
    }
    return this.#this + this.#last * (1 - (windows - window))
  }

  readonly pass = (cost: number, atMs: number): boolean => {
    const passes = this.used(atMs) + cost <= this.#options.limit
    if (passes || this.#options.countsRefusals === true) this.#this += cost
    return passes
  }

  readonly retryAfter = (cost: number, atMs: number): number => {
    const { limit, phaseMs = 0, windowMs } = this.#options
    if (cost > limit) return Number.POSITIVE_INFINITY
    if (this.used(atMs) + cost <= limit) return 0
    const isThisWindow = this.#this + cost <= limit
    const fading = isThisWindow ? this.#last : this.#this
    const left = limit - cost - (isThisWindow ? this.#this : 0)
    const window = this.#window + (isThisWindow ? 0 : 1)
    return Math.ceil((window + 1 - left / fading) * windowMs + phaseMs) - atMs
  }
}
