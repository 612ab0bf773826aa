/**
 * The argument of the window (docs/safety.md), request after request of one key.
 *
 * Had `limit + 1` requests been counted within one window, then at the moment when the last of them was sent each of the
 * others could still be in the window: `latest + window >= sent`. So it is enough to see at each send that of the
 * requests before it fewer than `limit` could. The exchange counts whole milliseconds and lets a request pass when its clock
 * shows more than the window, hence a millisecond more.
 *
 * A send's spare time is how much earlier it could have been: the time since the `limit`-th latest of the requests
 * before it has certainly left the window. Below zero the argument does not hold.
 *
 * A request's `latest` is known when its end is, so requests wait in a line until all those before them have ended; those
 * that follow one that never ends wait for the journal's end.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import { Latest } from "./Latest.ts"

/** The exchange's clock counts whole milliseconds. */
const CLOCK_MS = 1

/** Times are written in whole microseconds: two of them are half of one off each, at most. */
const ROUNDING_MS = 0.001

/** Whether a send came no earlier than it could. */
export const isSafe = (spareMs: number): boolean => spareMs >= -ROUNDING_MS

/** A request on its way through the argument. */
export class Passing {
  readonly sentMs: number
  /**
   * The latest moment at which the exchange can have counted it: Infinity while its end is not known, -Infinity
   * where it never left.
   */
  latestMs = Number.POSITIVE_INFINITY
  hasEnded = false
  /** Whether it has been held against the requests before it. */
  isJudged = false

  constructor(sentMs: number) {
    this.sentMs = sentMs
  }
}

/** Is told of every request that found `limit` others before it, and which of these was the last to leave the window. */
export type Judge<A> = (request: A, spareMs: number, limiting: A) => void

/** Whether these are settings that a run can keep. */
export const areUsable = (settings: {
  readonly limit: number
  readonly windowMs: number
  readonly boundMs?: number | null | undefined
  readonly requestTimeoutMs: number
}): boolean =>
  settings.limit >= 1 &&
  settings.windowMs >= 0 &&
  (settings.boundMs ?? 0) >= 0 &&
  settings.requestTimeoutMs >= 0

/** The spare time of a request that found one in its way that has no end, and may be counted at any time. */
export const NEVER_MS = elapsedMs(Number.POSITIVE_INFINITY, 0)

/** Requests that are done with and still in the line, before it is moved up. */
const MOST_DONE = 100

export class SpareTime<A extends Passing> {
  readonly #windowMs: number
  readonly #judged: Judge<A>
  readonly #latest: Latest<A>
  /** Requests that wait for the ends of those before them. */
  readonly #line: Array<A> = []
  /** Where the line begins: what is before it is done with. */
  #head = 0

  /** @param limit at least 1 */
  constructor(limit: number, windowMs: number, judged: Judge<A>) {
    this.#windowMs = windowMs
    this.#judged = judged
    this.#latest = new Latest(limit)
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#line.length - this.#head
  }

  /** How many requests are kept in mind. */
  get kept(): number {
    return this.waiting + this.#latest.size
  }

  /** The requests that wait, the first of which has not ended. */
  line(): ReadonlyArray<A> {
    return this.#line.slice(this.#head)
  }

  /** Takes the key's next request. */
  sent(request: A): void {
    this.#line.push(request)
    this.#advance()
  }

  /** A request's end was read. It must have been sent. */
  ended(request: A, latestMs: number): void {
    if (request.hasEnded) return
    request.latestMs = latestMs
    request.hasEnded = true
    if (this.#line[this.#head] === request) this.#advance()
  }

  /** Waits no longer for the end of the first request in the line, and takes it for one that never ends. */
  giveUpFirst(): A | undefined {
    const first = this.#line[this.#head]
    if (first === undefined) return undefined
    first.hasEnded = true
    this.#advance()
    return first
  }

  /** No end follows. */
  finish(): void {
    while (this.waiting > 0) this.giveUpFirst()
  }

  #advance(): void {
    for (let request = this.#line[this.#head]; request !== undefined; request = this.#line[this.#head]) {
      if (!request.isJudged) this.#judge(request)
      if (!request.hasEnded) break
      if (request.latestMs !== Number.NEGATIVE_INFINITY) this.#latest.add(request)
      this.#head += 1
    }
    // Not at every step: that would be dear while the line is long.
    if (this.#head < MOST_DONE && 2 * this.#head < this.#line.length) return
    this.#line.splice(0, this.#head)
    this.#head = 0
  }

  /** All requests before it have ended. */
  #judge(request: A): void {
    request.isJudged = true
    const limiting = this.#latest.limiting
    if (limiting === undefined) return
    const leavesMs = limiting.latestMs + this.#windowMs + CLOCK_MS
    this.#judged(request, elapsedMs(leavesMs, request.sentMs), limiting)
  }
}
