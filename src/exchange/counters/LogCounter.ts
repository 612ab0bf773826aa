import type { Counter, CounterOptions } from "./Counter.ts"

export interface LogCounterOptions extends CounterOptions {
  readonly limit: number
  readonly windowMs: number
}

/** Every request for itself: it counts until more than a window has passed. */
export class LogCounter implements Counter {
  readonly #options: LogCounterOptions
  #log: Array<{ readonly atMs: number; readonly cost: number }> = []
  /** What is before this in the log counts no more. */
  #begin = 0
  #used = 0

  constructor(options: LogCounterOptions) {
    this.#options = options
  }

  readonly used = (atMs: number): number => {
    const beforeMs = Math.floor(atMs) - this.#options.windowMs
    for (let oldest = this.#log[this.#begin]; oldest !== undefined; oldest = this.#log[this.#begin]) {
      if (oldest.atMs >= beforeMs) break
      this.#used -= oldest.cost
      this.#begin += 1
    }
    if (this.#begin > 1000 && this.#begin > this.#log.length / 2) {
      this.#log = this.#log.slice(this.#begin)
      this.#begin = 0
    }
    return this.#used
  }

  readonly pass = (cost: number, atMs: number): boolean => {
    const passes = this.used(atMs) + cost <= this.#options.limit
    if (passes || this.#options.countsRefusals === true) {
      this.#log.push({ atMs: Math.floor(atMs), cost })
      this.#used += cost
    }
    return passes
  }

  readonly retryAfter = (cost: number, atMs: number): number => {
    const { limit, windowMs } = this.#options
    if (cost > limit) return Number.POSITIVE_INFINITY
    let used = this.used(atMs)
    let index = this.#begin
    let passesMs = atMs
    for (; used + cost > limit; index += 1) {
      const next = this.#log[index]
      if (next === undefined) break
      used -= next.cost
      passesMs = next.atMs + windowMs + 1
    }
    return Math.max(0, passesMs - atMs)
  }
}
