import type { ExchangeClock } from "./ExchangeClock.ts"
import { type ClockMargin, defaultClockMargin } from "./Limit.ts"
import { CountedOneByOne, windowMarginMs } from "./SlidingLog.ts"

export interface FixedWindowOptions {
  /** What may be counted within each window. */
  readonly limit: number
  readonly windowMs: number
  /** What the exchange's clock shows, modulo the window, when a window begins. 0 unless given. */
  readonly phaseMs?: number
  readonly exchange: ExchangeClock
  readonly clock?: ClockMargin
}

/**
 * At most `limit` in each window of the exchange's own clock.
 *
 * A request counts from when it leaves until the exchange's clock has certainly begun a window after the latest in which the
 * request can have arrived. What is counted beside a new arrival arrived in the same window, so it still counted here when
 * the new one left, or left after it: more than `limit` could not have left. A settled request only ever ceases to count.
 * Nothing shares a window that arrived a window apart, so without a clock this is the sliding log.
 *
 * Share of the ceiling: all, while the uncertainty of the clock and the longest delay are together less than a window.
 */
export class FixedWindow extends CountedOneByOne {
  readonly #limit: number
  readonly #windowMs: number
  readonly #phaseMs: number
  readonly #marginMs: number
  readonly #exchange: ExchangeClock
  #steppedMs = Number.NEGATIVE_INFINITY

  constructor({ clock = defaultClockMargin, exchange, limit, phaseMs = 0, windowMs }: FixedWindowOptions) {
    super()
    this.#limit = limit
    this.#windowMs = windowMs
    this.#phaseMs = phaseMs
    this.#marginMs = windowMarginMs(windowMs, clock)
    this.#exchange = exchange
  }

  override get capacity(): number {
    return this.#limit
  }

  protected override get spanMs(): number {
    return this.#windowMs
  }

  protected override backAt(latestMs: number): number {
    const cell = Math.floor((this.#exchange.latest(latestMs) - this.#phaseMs) / this.#windowMs)
    return Math.min(
      latestMs + this.#windowMs + this.#marginMs,
      this.#exchange.certainlyAt(this.#phaseMs + (cell + 1) * this.#windowMs),
    )
  }

  protected override counted(nowMs: number): number {
    const { steppedMs } = this.#exchange
    if (this.#steppedMs !== steppedMs) {
      // What came back by the clock until then may count again.
      this.#steppedMs = steppedMs
      this.fill(steppedMs)
    }
    return super.counted(nowMs)
  }
}
