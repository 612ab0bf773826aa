/**
 * A limit is the exchange's own counter, run on the worst arrivals that are still possible.
 *
 * Let F be the counter that the exchange keeps, which passes a request while F, the request included, is at most the
 * capacity. Let V(t) be the same counter on the arrivals min(latest, t) of everything that was sent until t: what is still
 * on its way counts as arriving now. If
 *
 * 1. one more request never lowers F,
 * 2. a later arrival never lowers F afterwards, and
 * 3. V does not rise between sends,
 *
 * then a client that sends only while V, the new request included, is at most the capacity is never refused. For an arrival
 * at a, with s the last send before it: F(a) <= V(a) by 1 and 2, and V(a) <= V(s) <= capacity by 3. Nothing is assumed of
 * delays but `arrived <= latest`.
 *
 * Each rule says of what is settled what the exchange may still count. What is on its way is the same for all of them.
 *
 * Times are milliseconds of the monotonic clock, and a parameter. They never go back. Costs are whole numbers.
 *
 * @example
 * const limit = new SlidingLog({ limit: 20, windowMs: 1000 })
 * if (limit.nextAt(1, nowMs) <= nowMs) {
 *   limit.hold(1, nowMs) // the request leaves
 * }
 * limit.settle(1, latestMs) // its answer is there
 */
import { invariant } from "../platform/invariant.ts"
import { CALM_MS } from "./LiveReach.ts"

/** How far the exchange's clock may be from ours in what both take for the same time. */
export interface ClockMargin {
  /** The exchange's clock counts in steps of this. */
  readonly tickMs: number
  /** By this share one clock may run faster than the other. */
  readonly drift: number
}

/** Whole milliseconds, and 500 millionths, the fastest that a clock being set right may drift. */
export const defaultClockMargin: ClockMargin = { tickMs: 1, drift: 500e-6 }

/** The share of a limit that refusals leave unused at most, or one request: what that does not mend, nothing here does. */
const MOST_WIDENING = 1 / 4
/** What is lost in rounding. */
const ROUNDING = 1e-6
/** What is left of a widening and not worth keeping, in requests. */
const NEGLIGIBLE = 0.1

export abstract class Limit {
  #held = 0
  /** The cost of everything that was ever held or found to be somebody else's. */
  #total = 0
  #foreign = 0
  /** Something is not what it was said to be, by so many requests; what a refusal adds, and calm takes back by half. */
  #widening = 0
  /** Since when no refusal has come, or since when the widening last came back. */
  #calmFromMs = Number.NEGATIVE_INFINITY

  /** The most that the exchange may count: no request can cost more. */
  abstract get capacity(): number
  /** From now on the exchange may count this much more, which arrived at `latestMs`, perhaps in the future, at the latest. */
  protected abstract count(cost: number, latestMs: number): void
  /** What the exchange may count at most now of all that was given to {@link count}. */
  protected abstract counted(nowMs: number): number
  /** When that is at most `room`, which is not negative. Never later than it is; if it is earlier than that, ask again then. */
  protected abstract countedAtMost(room: number, nowMs: number): number
  /** Whether a request of this cost can ever be sent. Ask it at the door. */
  fits(cost: number): boolean {
    return Number.isSafeInteger(cost) && cost >= 0 && cost <= this.capacity
  }

  /** What the exchange may count at most, were everything on its way to arrive now. */
  level(nowMs: number): number {
    return this.#held + this.counted(nowMs)
  }

  /**
   * The earliest moment at which a request of this cost may leave, as far as is known: not after `nowMs` if it may leave at
   * once, and Infinity where only a settled request can tell. Ask again at that moment.
   */
  nextAt(cost: number, nowMs: number): number {
    invariant(this.fits(cost), `a request costs ${cost} of a limit of ${this.capacity}`)
    const room = this.capacity - this.#held - cost
    this.#calmDown(nowMs)
    return room < 0 ? Number.POSITIVE_INFINITY : this.countedAtMost(Math.max(0, room - this.reserve), nowMs)
  }

  /** A request leaves now. Returns a mark for {@link observe}. */
  hold(cost: number, nowMs: number): number {
    invariant(this.nextAt(cost, nowMs) <= nowMs, "a request leaves while its limit is used up")
    this.#held += cost
    this.#total += cost
    return this.level(nowMs) - this.#total
  }

  /**
   * A request that was held has arrived at `latestMs` at the latest, or never will (-Infinity). Its answer may say that it
   * cost less than was held for it, never more.
   */
  settle(cost: number, latestMs: number, actualCost = cost): void {
    invariant(cost <= this.#held, "a request is settled that was not held")
    invariant(actualCost >= 0 && actualCost <= cost, "an answer raises the cost of its request")
    this.#held -= cost
    if (actualCost > 0 && latestMs > Number.NEGATIVE_INFINITY) this.count(actualCost, latestMs)
  }

  /**
   * An answer says that `used` was counted when its request arrived. No more of ours can have been than when it left and
   * what has left since; `mark` is what its {@link hold} returned. What is over is somebody else's, at least in part: it is
   * counted from now on as if it had just arrived. Returns how much of it certainly is. An answer that reports less changes nothing.
   */
  observe(used: number, mark: number, nowMs: number): number {
    const foreign = used - (this.#total + mark)
    if (!(foreign >= Math.max(ROUNDING, this.slack))) return 0
    this.#total += foreign
    this.#foreign += foreign
    this.count(foreign, nowMs)
    return foreign - this.slack
  }

  /** The exchange's counter is always less than this above our level, but for rounding. */
  protected get slack(): number {
    return 0
  }

  /** All that answers revealed of somebody else's requests. */
  get foreign(): number {
    return this.#foreign
  }

  /** Whether it counts nothing and has learnt nothing: a new one would do as well. */
  isIdle(nowMs: number): boolean {
    this.#calmDown(nowMs)
    return this.#held === 0 && this.#widening === 0 && this.counted(nowMs) <= 0
  }

  /**
   * A former life sent this, and it has arrived at `latestMs` at the latest; undefined where that is not known yet, and
   * {@link settle} tells it. There may be room for less.
   */
  recall(cost: number, latestMs: number | undefined): void {
    if (latestMs === undefined) this.#held += cost
    else this.count(cost, latestMs)
  }

  /** Nothing is known of what was sent until `asOfMs`: the counter was at its maximum then. */
  fill(asOfMs: number): void {
    this.count(this.capacity, asOfMs)
  }

  /**
   * The exchange refused a request for this limit: its counter is full now, and something that we were told is wrong. Less of
   * the limit is used from now on, by one request more for each refusal, up to a quarter. In calm that comes back by half.
   */
  refused(nowMs: number): void {
    this.#calmDown(nowMs)
    this.#widening = Math.min(this.#widening + 1, Math.max(1, MOST_WIDENING * this.capacity))
    this.#calmFromMs = nowMs
    this.fill(nowMs)
  }

  /** How long what is settled can count, about. */
  protected abstract get spanMs(): number

  /** By how many requests the limit is used less, since refusals. */
  protected get widening(): number {
    return this.#widening
  }

  /** Left unused for the widening: a request that needs it waits until nothing is counted. 0 where the rule widens otherwise. */
  protected get reserve(): number {
    return Math.ceil(this.#widening)
  }

  #calmDown(nowMs: number): void {
    const calmMs = Math.max(CALM_MS, this.spanMs)
    for (; this.#widening > 0 && nowMs - this.#calmFromMs >= calmMs; this.#calmFromMs += calmMs) {
      const half = this.#widening / 2
      this.#widening = half < NEGLIGIBLE ? 0 : half
    }
  }
}
