import { Arrivals } from "./Arrivals.ts"
import { type ClockMargin, defaultClockMargin, Limit } from "./Limit.ts"

export interface BucketOptions {
  readonly capacity: number
  /** What drains in a second. */
  readonly perSecond: number
  /** It drains in steps of this, at moments that nobody tells. Evenly unless given. */
  readonly step?: number | undefined
  /** The largest number that divides all costs, 1 unless given. */
  readonly unit?: number
  readonly clock?: ClockMargin
}

/**
 * A bucket that fills by each request's cost and drains at a steady rate: a token bucket, a counter that decays, a leaky
 * bucket without a queue.
 *
 * V is what is on its way and one bucket that is filled at each `latest` and drained serially. A bucket's level at t is the
 * largest, over all moments, of what has come in since less what has drained since; so a request that comes later leaves
 * the level at most higher. What settles moves from one part to the other, so V never rises: it can only drain from then on.
 * An exchange that counts whole milliseconds has drained for a millisecond less, so everything counts as a millisecond later.
 *
 * In steps of q it has at most q more than that, so only capacity - q is used. If q divides capacity and costs, its level is
 * a multiple of q less than capacity + q, and so at most the capacity, which is used in full.
 *
 * Share of the ceiling: all, less the drift, while capacity >= 2 x the largest cost + rate x the longest delay. With less,
 * the bucket runs dry here while everything is on its way.
 */
export class Bucket extends Limit {
  readonly #capacity: number
  readonly #step: number
  readonly #perMs: number
  /** No exchange counts more. */
  readonly #most: number
  readonly #marginMs: number
  #level = 0
  /** When the level was that. */
  #levelMs = Number.NEGATIVE_INFINITY
  /** What fills the bucket in the future. */
  readonly #coming = new Arrivals()

  constructor({ capacity, clock = defaultClockMargin, perSecond, step = 0, unit = 1 }: BucketOptions) {
    super()
    this.#step = step
    const isWhole = step === 0 || (unit % step === 0 && capacity % step === 0)
    this.#capacity = isWhole ? capacity : capacity - step
    this.#most = capacity + step
    this.#perMs = (perSecond / 1000) * (1 - clock.drift)
    this.#marginMs = clock.tickMs
  }

  protected override get slack(): number {
    return this.#step
  }

  override get capacity(): number {
    return this.#capacity
  }

  protected override count(cost: number, latestMs: number): void {
    // What it takes to drain one more, for each that it is used less by.
    this.#coming.add(latestMs + this.#marginMs + this.widening / this.#perMs, cost)
  }

  override fill(asOfMs: number): void {
    this.count(this.#most, asOfMs)
  }

  protected override counted(nowMs: number): number {
    for (; this.#coming.timeAt(0) <= nowMs; this.#coming.shift()) {
      const atMs = Math.max(this.#levelMs, this.#coming.timeAt(0))
      this.#level = Math.min(this.#most, this.#levelAt(atMs) + this.#coming.costAt(0))
      this.#levelMs = atMs
    }
    return this.#levelAt(nowMs) + this.#coming.sum
  }

  protected override countedAtMost(room: number, nowMs: number): number {
    if (this.counted(nowMs) <= room) return nowMs
    let coming = this.#coming.sum
    let level = this.#level
    let fromMs = this.#levelMs
    for (let index = 0; ; index += 1) {
      const untilMs = this.#coming.timeAt(index)
      const over = level + coming - room
      if (coming <= room && fromMs + over / this.#perMs <= untilMs)
        return Math.max(nowMs, fromMs + over / this.#perMs)
      const cost = this.#coming.costAt(index)
      level = Math.min(this.#most, drained(level, this.#perMs * (untilMs - fromMs)) + cost)
      coming -= cost
      fromMs = untilMs
    }
  }

  #levelAt(atMs: number): number {
    return this.#level === 0 ? 0 : drained(this.#level, this.#perMs * (atMs - this.#levelMs))
  }

  protected override get spanMs(): number {
    return this.#most / this.#perMs
  }

  protected override get reserve(): number {
    return 0
  }
}

const drained = (level: number, by: number): number => Math.max(0, level - by)
