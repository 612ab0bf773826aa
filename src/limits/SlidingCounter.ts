import { Arrivals } from "./Arrivals.ts"
import type { ExchangeClock } from "./ExchangeClock.ts"
import { type ClockMargin, defaultClockMargin, Limit } from "./Limit.ts"

export interface SlidingCounterOptions {
  readonly limit: number
  readonly windowMs: number
  /** What the exchange's clock shows, modulo the window, when a window begins. 0 unless given. */
  readonly phaseMs?: number
  /** Undefined where the windows are on no clock that answers tell. */
  readonly exchange?: ExchangeClock | undefined
  readonly clock?: ClockMargin
}

/** So many phases are told apart. */
const PHASES = 64
/** Each phase is widened by what the clocks drift in this many windows. A request counts for two at most. */
const WINDOWS_COUNTED = 3

/**
 * A counter that estimates a sliding window: what came in this window, and of the one before the share that the sliding
 * window still covers. Its windows are on the exchange's clock, or begin nobody knows when.
 *
 * V is kept once for each of 64 phases; in each, a request arrived at the latest, and it is now at the earliest, that the
 * phase allows. A request is sent while V is at most the limit in every phase that is possible, so in the true one. There no
 * weight is less than the exchange's, so F <= V. A weight only ever falls, whole in its own window and to nothing in the
 * next, so V does not rise. Clocks that drift move the phase, but less than a phase is widened by while a request counts.
 *
 * Share of the ceiling: 98 % of the sliding log's with a clock, 93 % without. With delays that average a twentieth of the
 * window that is 95 % and 90 %.
 */
export class SlidingCounter extends Limit {
  readonly #limit: number
  readonly #windowMs: number
  readonly #phaseMs: number
  readonly #exchange: ExchangeClock | undefined
  #steppedMs = Number.NEGATIVE_INFINITY
  /** A phase's earliest time is so much behind its beginning, and its latest so much ahead of it. */
  readonly #behindMs: number
  readonly #aheadMs: number
  readonly #coming = new Arrivals()
  /** Of each phase: the window that it is in now, at the earliest, and what was counted before, within and after it. */
  readonly #cells = new Float64Array(PHASES)
  readonly #before = new Float64Array(PHASES)
  readonly #within = new Float64Array(PHASES)
  readonly #after = new Float64Array(PHASES)
  /** The phases that are possible now: the first, and how many. */
  #first = 0
  #phases = PHASES

  constructor(options: SlidingCounterOptions) {
    super()
    const { clock = defaultClockMargin, exchange, limit, phaseMs = 0, windowMs } = options
    this.#limit = limit
    this.#windowMs = windowMs
    this.#phaseMs = phaseMs
    this.#exchange = exchange
    const wanderedMs = WINDOWS_COUNTED * windowMs * clock.drift
    this.#behindMs = wanderedMs + clock.tickMs
    this.#aheadMs = windowMs / PHASES + wanderedMs
  }

  override get capacity(): number {
    return this.#limit
  }

  protected override get spanMs(): number {
    return this.#windowMs
  }

  protected override count(cost: number, latestMs: number): void {
    this.#coming.add(latestMs, cost)
  }

  protected override counted(nowMs: number): number {
    if (this.#exchange !== undefined) this.#consult(this.#exchange, nowMs)
    for (; this.#coming.timeAt(0) <= nowMs; this.#coming.shift()) {
      for (let phase = 0; phase < PHASES; phase += 1) {
        this.#advance(phase, nowMs)
        this.#arrive(phase, this.#coming.timeAt(0), this.#coming.costAt(0))
      }
    }
    let most = 0
    for (let index = 0; index < this.#phases; index += 1) {
      const phase = (this.#first + index) % PHASES
      this.#advance(phase, nowMs)
      most = Math.max(most, this.#estimate(phase, nowMs))
    }
    return most + this.#coming.sum
  }

  protected override countedAtMost(room: number, nowMs: number): number {
    if (this.counted(nowMs) <= room) return nowMs
    const left = room - this.#coming.sum
    let atMs = left < 0 ? Number.POSITIVE_INFINITY : nowMs
    if (left >= 0)
      for (let index = 0; index < this.#phases; index += 1)
        atMs = Math.max(atMs, this.#atMost((this.#first + index) % PHASES, left))
    return Math.min(atMs, this.#coming.timeAt(0))
  }

  /** Which phases are possible, and whether the clock is still the one that was relied on. */
  #consult(exchange: ExchangeClock, nowMs: number): void {
    const leastMs = exchange.earliest(nowMs) - nowMs - this.#phaseMs
    const widthMs = exchange.latest(nowMs) - exchange.earliest(nowMs)
    const isKnown = widthMs < this.#windowMs
    const phaseMs = this.#windowMs / PHASES
    const intoMs = isKnown ? leastMs - this.#windowMs * Math.floor(leastMs / this.#windowMs) : 0
    this.#first = Math.floor(intoMs / phaseMs) % PHASES
    this.#phases = isKnown
      ? Math.min(PHASES, Math.floor((intoMs + widthMs) / phaseMs) - Math.floor(intoMs / phaseMs) + 1)
      : PHASES
    if (this.#steppedMs === exchange.steppedMs) return
    this.#steppedMs = exchange.steppedMs
    this.fill(this.#steppedMs)
  }

  #beginMs(phase: number): number {
    return (phase * this.#windowMs) / PHASES
  }

  /** The phase comes to the window that it is in now. */
  #advance(phase: number, nowMs: number): void {
    const cell = Math.floor((nowMs + this.#beginMs(phase) - this.#behindMs) / this.#windowMs)
    const passed = cell - (this.#cells[phase] ?? 0)
    if (passed <= 0) return
    this.#cells[phase] = cell
    this.#before[phase] = (passed === 1 ? this.#within[phase] : passed === 2 ? this.#after[phase] : 0) ?? 0
    this.#within[phase] = (passed === 1 ? this.#after[phase] : 0) ?? 0
    this.#after[phase] = 0
  }

  #arrive(phase: number, latestMs: number, cost: number): void {
    const cell = Math.floor((latestMs + this.#beginMs(phase) + this.#aheadMs) / this.#windowMs)
    const behind = (this.#cells[phase] ?? 0) - cell
    if (behind > 1) return
    const counts = behind === 1 ? this.#before : behind === 0 ? this.#within : this.#after
    counts[phase] = (counts[phase] ?? 0) + cost
  }

  #estimate(phase: number, nowMs: number): number {
    const shown = (nowMs + this.#beginMs(phase) - this.#behindMs) / this.#windowMs
    const share = Math.min(1, shown - (this.#cells[phase] ?? 0))
    return (this.#before[phase] ?? 0) * (1 - share) + (this.#within[phase] ?? 0) + (this.#after[phase] ?? 0)
  }

  /** When a phase's estimate is at most `room`, if nothing more comes. */
  #atMost(phase: number, room: number): number {
    let before = this.#before[phase] ?? 0
    let within = this.#within[phase] ?? 0
    let after = this.#after[phase] ?? 0
    let cell = this.#cells[phase] ?? 0
    for (; within + after > room; cell += 1) {
      before = within
      within = after
      after = 0
    }
    const left = room - within - after
    const share = left >= before ? 0 : 1 - left / before
    return (cell + share) * this.#windowMs - this.#beginMs(phase) + this.#behindMs
  }
}
