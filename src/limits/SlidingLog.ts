import { Arrivals } from "./Arrivals.ts"
import { type ClockMargin, defaultClockMargin, Limit } from "./Limit.ts"

export interface SlidingLogOptions {
  /** What may be counted within one window. */
  readonly limit: number
  readonly windowMs: number
  readonly clock?: ClockMargin
  /** In place of what the clocks' margin makes of the window. */
  readonly marginMs?: number
}

/** Added to a window that is measured on two clocks. */
export const windowMarginMs = (windowMs: number, { drift, tickMs }: ClockMargin): number =>
  tickMs + windowMs * drift

/** A limit that counts requests one by one until each comes back. */
export abstract class CountedOneByOne extends Limit {
  readonly #arrivals = new Arrivals()

  /** When what arrived at `latestMs` at the latest is counted no more: no earlier for what arrived later. */
  protected abstract backAt(latestMs: number): number

  protected override count(cost: number, latestMs: number): void {
    this.#arrivals.add(latestMs, cost)
  }

  protected override counted(nowMs: number): number {
    while (this.#arrivals.size > 0 && this.backAt(this.#arrivals.timeAt(0)) <= nowMs) this.#arrivals.shift()
    return this.#arrivals.sum
  }

  protected override countedAtMost(room: number, nowMs: number): number {
    let over = this.counted(nowMs) - room
    if (over <= 0) return nowMs
    let index = 0
    for (; index < this.#arrivals.size; index += 1) {
      over -= this.#arrivals.costAt(index)
      if (over <= 0) break
    }
    return this.backAt(this.#arrivals.timeAt(index))
  }
}

/**
 * At most `limit` in any `windowMs`, wherever the window begins. It is right, too, for a window that the exchange opens with
 * its first request, for windows on its clock whose phase is not known, and for "n per window" that says no more.
 *
 * A request counts from when it leaves until `latest + window + margin`. Suppose more than `limit` were counted within one
 * window. The last of them to leave, at s, arrives no earlier than s, so all others arrived after s - window, and each was
 * still counted here at s: the last could not have left.
 *
 * Share of the ceiling: window / (window + margin + mean of latest - sent).
 */
export class SlidingLog extends CountedOneByOne {
  readonly #limit: number
  readonly #windowMs: number
  readonly #marginMs: number

  constructor({ clock = defaultClockMargin, limit, marginMs, windowMs }: SlidingLogOptions) {
    super()
    this.#limit = limit
    this.#windowMs = windowMs
    this.#marginMs = marginMs ?? windowMarginMs(windowMs, clock)
  }

  override get capacity(): number {
    return this.#limit
  }

  protected override get spanMs(): number {
    return this.#windowMs
  }

  /** One slot more for each window. */
  protected override backAt(latestMs: number): number {
    return latestMs + this.#windowMs + this.#marginMs + (this.widening * this.#windowMs) / this.#limit
  }

  protected override get reserve(): number {
    return 0
  }
}
