/**
 * What a log proves of the exchange's clock: an answer that says T was stamped after its request was sent and before it was
 * settled. All such intervals hold the offset at once, and grow by what clocks drift. An exchange whose hosts stamp and count by
 * different clocks is taken to keep these within 10 ms. Where two intervals contradict each other, nothing is proven any more.
 *
 * Shares no code with the clock that the client keeps. Times are milliseconds.
 */

/** What an answer said: its clock showed at least `clock`, and less than `tick` more. */
export interface LoggedTime {
  readonly clock?: number
  readonly tick?: number
}

/** By this share one clock may run faster than the other. */
const DRIFT = 500e-6
/** What is lost in whole microseconds, and in milliseconds since 1970. */
const ROUNDING_MS = 1e-3
const STAMPED_WITHIN_MS = 10

export class LoggedClock {
  /** Theirs less ours, as of some moment. */
  #leastMs = Number.NEGATIVE_INFINITY
  #mostMs = Number.POSITIVE_INFINITY
  #asOfMs = 0
  #isContradictory = false
  /** By windows' lengths: what had arrived by then has been proven to lie in a window before that of now. */
  readonly #passedMs = new Map<number, number>()

  constructor(windowsMs: ReadonlyArray<number>) {
    for (const windowMs of windowsMs) this.#passedMs.set(windowMs, Number.NEGATIVE_INFINITY)
  }

  get isContradictory(): boolean {
    return this.#isContradictory
  }

  /** An answer to what was sent at `fromMs` was there at `toMs`; its record is of `nowMs`. */
  told({ clock, tick = 1 }: LoggedTime, fromMs: number, toMs: number, nowMs: number): void {
    if (clock === undefined || this.#isContradictory) return
    // What was proven until now stays so, also where the clocks drift further apart.
    for (const windowMs of this.#passedMs.keys()) this.passedMs(windowMs, nowMs)
    const marginMs = STAMPED_WITHIN_MS + DRIFT * Math.abs(toMs - fromMs) + ROUNDING_MS
    const driftedMs = DRIFT * Math.abs(toMs - this.#asOfMs)
    this.#leastMs = Math.max(this.#leastMs - driftedMs, clock - toMs - marginMs)
    this.#mostMs = Math.min(this.#mostMs + driftedMs, clock + tick - fromMs + marginMs)
    this.#asOfMs = toMs
    if (this.#leastMs <= this.#mostMs) return
    this.#isContradictory = true
    this.#passedMs.clear()
  }

  /** What had arrived by then lies in a window before that of `nowMs`, for windows that begin with the clock. */
  passedMs(windowMs: number, nowMs: number): number {
    const before = this.#passedMs.get(windowMs) ?? Number.NEGATIVE_INFINITY
    if (!this.#isKnown) return before
    const beginsMs = windowMs * Math.floor(this.#shows(this.#leastMs, nowMs, -1) / windowMs)
    // When the clock shows that at the earliest.
    const aheadMs = beginsMs - this.#mostMs - this.#asOfMs
    const passedMs = Math.max(before, this.#asOfMs + aheadMs / (aheadMs < 0 ? 1 - DRIFT : 1 + DRIFT))
    this.#passedMs.set(windowMs, passedMs)
    return passedMs
  }

  /**
   * How long ago the window of `nowMs` can have begun: the shortest, and how much longer; undefined where any time is possible.
   * What the clocks drift while two windows pass is within it.
   */
  begunMs(windowMs: number, nowMs: number): readonly [leastMs: number, moreMs: number] | undefined {
    const marginMs = ROUNDING_MS + 2 * windowMs * DRIFT
    const leastMs = this.#shows(this.#leastMs, nowMs, -1) - marginMs
    const moreMs = this.#shows(this.#mostMs, nowMs, 1) + marginMs - leastMs
    return this.#isKnown && moreMs < windowMs
      ? [leastMs - windowMs * Math.floor(leastMs / windowMs), moreMs]
      : undefined
  }

  get #isKnown(): boolean {
    return !this.#isContradictory && Number.isFinite(this.#leastMs)
  }

  #shows(offsetMs: number, atMs: number, way: -1 | 1): number {
    return atMs + offsetMs + way * DRIFT * Math.abs(atMs - this.#asOfMs)
  }
}
