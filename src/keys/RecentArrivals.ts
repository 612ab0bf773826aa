/** By when each of a key's last requests had arrived at the exchange: of all that may be in its window, and of no more than twice as many. */

/** They are looked through only when there are twice as many as were left the last time. */
const LEAST_TRIM = 64

export class RecentArrivals {
  readonly #windowMs: number
  #timesMs: ReadonlyArray<number>
  #added: Array<number> = []
  #trimAt = LEAST_TRIM

  /** @param windowMs for so long each is remembered */
  constructor(timesMs: ReadonlyArray<number>, windowMs: number) {
    this.#timesMs = timesMs
    this.#windowMs = windowMs
  }

  add(atMs: number, nowMs: number): void {
    this.#added.push(atMs)
    if (this.#added.length >= this.#trimAt) this.inWindow(nowMs)
  }

  /** Those that may be in the window now. */
  inWindow(nowMs: number): ReadonlyArray<number> {
    this.#timesMs = [...this.#timesMs, ...this.#added].filter((atMs) => atMs + this.#windowMs > nowMs)
    this.#added = []
    this.#trimAt = Math.max(LEAST_TRIM, this.#timesMs.length)
    return this.#timesMs
  }
}
