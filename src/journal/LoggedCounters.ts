/**
 * How each rule counts what a log shows to have arrived, by the latest moments at which it can have. Times are milliseconds. This
 * shares no code with the limits that the client keeps.
 */
import { type BucketSpec, bucketOf, type LimitSpec } from "../domain/LimitSpec.ts"
import type { LoggedClock } from "./LoggedClock.ts"
import { ROUNDING_MS } from "./LoggedReach.ts"

/** A request that has arrived, or several as one. */
export interface Arrived {
  readonly latestMs: number
  readonly cost: number
}

/** The exchange's clock counts whole milliseconds. */
const CLOCK_MS = 1 - ROUNDING_MS

/** One counter of a limit. */
export interface LoggedCounter {
  /** No more than this may be counted. */
  readonly capacity: number
  readonly add: (arrived: Arrived) => void
  /** What it can count at most. Time does not go back. */
  readonly countedAt: (nowMs: number) => number
  /** The same were windows to begin anywhere; left out where it makes no difference. */
  readonly countedAnywhere?: (nowMs: number) => number
  /** What is kept of arrivals: no more of it is needed than it takes for those that come later than this. */
  readonly shorten: (untilMs: number) => void
  /** Arrivals that it keeps only because others before them may still come. */
  readonly waiting: number
}

/** Puts an arrival where its time is: mostly last. */
const insert = (arrivals: Array<Arrived>, arrived: Arrived, from: number): void => {
  let at = arrivals.length
  while (at > from && (arrivals[at - 1]?.latestMs ?? 0) > arrived.latestMs) at -= 1
  arrivals.splice(at, 0, arrived)
}

/** What has arrived within a span, the earliest first. */
class Recent {
  readonly #spanMs: number
  readonly #arrivals: Array<Arrived> = []
  #first = 0
  /** All costs together. */
  sum = 0

  constructor(spanMs: number) {
    this.#spanMs = spanMs
  }

  add(arrived: Arrived): void {
    insert(this.#arrivals, arrived, this.#first)
    this.sum += arrived.cost
  }

  /** Forgets what is older now, and what had arrived before `passedMs`. */
  forget(nowMs: number, passedMs = Number.NEGATIVE_INFINITY): void {
    for (;;) {
      const oldest = this.#arrivals[this.#first]
      if (oldest === undefined) break
      if (nowMs < oldest.latestMs + this.#spanMs + CLOCK_MS && oldest.latestMs >= passedMs) break
      this.sum -= oldest.cost
      this.#first += 1
    }
    if (2 * this.#first <= this.#arrivals.length) return
    this.#arrivals.splice(0, this.#first)
    this.#first = 0
  }

  get size(): number {
    return this.#arrivals.length - this.#first
  }

  /** Counted from the latest one. */
  at(index: number): Arrived | undefined {
    return index < this.size ? this.#arrivals[this.#arrivals.length - 1 - index] : undefined
  }
}

/** What arrived more than a window ago counts no more. */
class InAnyWindow implements LoggedCounter {
  readonly capacity: number
  readonly waiting = 0
  readonly #recent: Recent

  constructor(limit: number, windowMs: number) {
    this.capacity = limit
    this.#recent = new Recent(windowMs)
  }

  add(arrived: Arrived): void {
    this.#recent.add(arrived)
  }

  countedAt(nowMs: number): number {
    this.#recent.forget(nowMs)
    return this.#recent.sum
  }

  shorten(): void {}
}

/** Nor does what arrived in a window before that of now. */
class InEachWindow extends InAnyWindow {
  readonly #windowMs: number
  readonly #clock: LoggedClock
  readonly #inThis: Recent

  constructor(limit: number, windowMs: number, clock: LoggedClock) {
    super(limit, windowMs)
    this.#windowMs = windowMs
    this.#clock = clock
    this.#inThis = new Recent(windowMs)
  }

  override add(arrived: Arrived): void {
    super.add(arrived)
    this.#inThis.add(arrived)
  }

  override countedAt(nowMs: number): number {
    if (this.#clock.isContradictory) return this.countedAnywhere(nowMs)
    this.#inThis.forget(nowMs, this.#clock.passedMs(this.#windowMs, nowMs))
    return this.#inThis.sum
  }

  countedAnywhere(nowMs: number): number {
    return super.countedAt(nowMs)
  }
}

/** Arrivals one after the other, the latest first. */
class Walk {
  readonly #recent: Recent
  readonly #nowMs: number
  #next = 0
  /** Of those that it has passed. */
  cost = 0

  constructor(recent: Recent, nowMs: number) {
    this.#recent = recent
    this.#nowMs = nowMs
  }

  /** How old the next one is; Infinity where there is none. */
  get nextMs(): number {
    const next = this.#recent.at(this.#next)
    return next === undefined ? Number.POSITIVE_INFINITY : Math.max(0, this.#nowMs - next.latestMs)
  }

  pass(ageMs: number): void {
    while (this.nextMs <= ageMs) this.passOne()
  }

  passOne(): void {
    this.cost += this.#recent.at(this.#next)?.cost ?? 0
    this.#next += 1
  }
}

/**
 * This window's count and of the last one's the share that a window up to now covers. Of all times ago that the window can have
 * begun, the estimate is greatest at the shortest, or where one more request is just within it, or within the last.
 */
class InTwoWindows implements LoggedCounter {
  readonly capacity: number
  readonly waiting = 0
  readonly #windowMs: number
  readonly #clock: LoggedClock
  readonly #recent: Recent

  constructor(limit: number, windowMs: number, clock: LoggedClock) {
    this.capacity = limit
    this.#windowMs = windowMs
    this.#clock = clock
    this.#recent = new Recent(2 * windowMs)
  }

  add(arrived: Arrived): void {
    this.#recent.add(arrived)
  }

  countedAt(nowMs: number): number {
    return this.#most(nowMs, ...(this.#clock.begunMs(this.#windowMs, nowMs) ?? []))
  }

  countedAnywhere(nowMs: number): number {
    return this.#most(nowMs)
  }

  /** The window began at least `leastMs` ago, and at most `moreMs` more; less than nothing ago is in the window before. */
  #most(nowMs: number, leastMs = 0, moreMs = this.#windowMs): number {
    const windowMs = this.#windowMs
    this.#recent.forget(nowMs)
    const inThis = new Walk(this.#recent, nowMs)
    const inBoth = new Walk(this.#recent, nowMs)
    inThis.pass(0)
    inBoth.pass(windowMs)
    let most = 0
    // Either sum changes at these beginnings alone, and between them the last window's share falls.
    for (let begunMs = 0; begunMs < windowMs;) {
      // In whole milliseconds less of this window has passed.
      const share = 1 - Math.max(0, begunMs - CLOCK_MS) / windowMs
      if ((begunMs - leastMs + windowMs) % windowMs <= moreMs)
        most = Math.max(most, inThis.cost + (inBoth.cost - inThis.cost) * share)
      const [ofThis, ofBoth] = [inThis.nextMs, inBoth.nextMs - windowMs]
      begunMs = Math.min(ofThis, ofBoth, begunMs < leastMs ? leastMs : windowMs)
      if (ofThis <= begunMs) inThis.passOne()
      if (ofBoth <= begunMs) inBoth.passOne()
    }
    return most
  }

  shorten(): void {}
}

/** A level that each arrival raises and time lowers. In steps it may be one step above what it is evenly. */
class InBucket implements LoggedCounter {
  readonly capacity: number
  readonly #perSecond: number
  #arrivals: Array<Arrived> = []

  constructor(spec: BucketSpec) {
    const { capacity, perSecond, step = 0 } = bucketOf(spec)
    const isWhole = step === 0 || (1 % step === 0 && capacity % step === 0)
    this.capacity = isWhole ? capacity : capacity - step
    this.#perSecond = perSecond
  }

  get waiting(): number {
    return this.#arrivals.length
  }

  add(arrived: Arrived): void {
    insert(this.#arrivals, arrived, 0)
  }

  #fill(arrivals: ReadonlyArray<Arrived>, nowMs: number): Arrived {
    let level = 0
    let atMs = Number.NEGATIVE_INFINITY
    for (const { cost, latestMs } of arrivals) {
      const arrivedMs = Math.min(nowMs, latestMs + CLOCK_MS)
      level = (level === 0 ? 0 : Math.max(0, level - ((arrivedMs - atMs) * this.#perSecond) / 1000)) + cost
      atMs = arrivedMs
    }
    return { cost: level, latestMs: atMs }
  }

  countedAt(nowMs: number): number {
    const { cost, latestMs } = this.#fill(this.#arrivals, nowMs)
    return cost === 0 ? 0 : Math.max(0, cost - ((nowMs - latestMs) * this.#perSecond) / 1000)
  }

  shorten(untilMs: number): void {
    const later = this.#arrivals.findIndex(({ latestMs }) => latestMs > untilMs)
    const early = later === -1 ? this.#arrivals : this.#arrivals.slice(0, later)
    if (early.length < 2) return
    const { cost, latestMs } = this.#fill(early, Number.POSITIVE_INFINITY)
    this.#arrivals = [{ cost, latestMs: latestMs - CLOCK_MS }, ...this.#arrivals.slice(early.length)]
  }
}

export const loggedCounter = (spec: LimitSpec, clock: LoggedClock): LoggedCounter => {
  switch (spec.rule) {
    case "log":
      return new InAnyWindow(spec.limit, spec.windowMs)
    case "fixed":
      return new InEachWindow(spec.limit, spec.windowMs, clock)
    case "counter":
      return new InTwoWindows(spec.limit, spec.windowMs, clock)
    case "bucket":
      return new InBucket(spec)
  }
}
