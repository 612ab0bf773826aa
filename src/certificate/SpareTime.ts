/**
 * The argument of the window (docs/safety.md), request by request of one key.
 *
 * Suppose that `limit + 1` requests were counted within one window. When the last of them was sent, each of the others
 * could still be in the window: `latest + window >= sent`. So it is enough to see at each send that fewer than `limit` of
 * the requests before it could. The exchange counts whole milliseconds and lets a request pass when its clock shows more
 * than the window, hence a millisecond more.
 *
 * A send's spare time is how much earlier it could have been: the time since the `limit`-th latest of the requests
 * before it certainly left the window. Below zero the argument does not hold.
 *
 * A request's `latest` is known when its end is. So requests wait in a line until all before them have ended; those
 * that follow one that never ends wait for the journal's end.
 */
import { elapsedMs } from "../journal/elapsed.ts"

/** The exchange's clock counts whole milliseconds. */
const CLOCK_MS = 1

/** Times are written in whole microseconds: two of them are half of one off each, at most. */
const ROUNDING_MS = 0.001

/** Whether a send came no earlier than it could. */
export const isSafe = (spareMs: number): boolean => spareMs >= -ROUNDING_MS

export interface TimedRequest {
  readonly sentMs: number
  /**
   * The latest moment at which the exchange can have counted it: undefined until its end is known, -Infinity where it
   * never left, Infinity where no end came. {@link SpareTime} alone sets it.
   */
  latestMs: number | undefined
}

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

export class SpareTime<A extends TimedRequest> {
  readonly #limit: number
  readonly #windowMs: number
  readonly #judged: (request: A, spareMs: number, limiting: A) => void
  /** Of the requests that have left the line, the `limit` latest: the earliest of them first. */
  readonly #latest: Array<A> = []
  /** Requests that wait for the ends of those before them. */
  readonly #line: Array<A> = []
  #isFirstJudged = false

  /**
   * @param limit at least 1
   * @param judged is told of every request that found `limit` others before it, and which of these leaves the window last
   */
  constructor(limit: number, windowMs: number, judged: (request: A, spareMs: number, limiting: A) => void) {
    this.#limit = limit
    this.#windowMs = windowMs
    this.#judged = judged
  }

  /** The requests that wait, the first of which has not ended. */
  get line(): ReadonlyArray<A> {
    return this.#line
  }

  /** How many requests are kept in mind. */
  get kept(): number {
    return this.#line.length + this.#latest.length
  }

  /** Takes the key's next request. */
  sent(request: A): void {
    this.#line.push(request)
    this.#advance()
  }

  /** Takes a request's end. It must have been sent; a second end says nothing more. */
  ended(request: A, latestMs: number): void {
    if (request.latestMs !== undefined) return
    request.latestMs = latestMs
    if (this.#line[0] === request) this.#advance()
  }

  /** Takes the first request in the line for one that never ends, and no longer waits for it. */
  giveUpFirst(): A | undefined {
    const first = this.#line[0]
    if (first !== undefined) this.ended(first, Number.POSITIVE_INFINITY)
    return first
  }

  /** No end follows. */
  finish(): void {
    while (this.#line.length > 0) this.giveUpFirst()
  }

  #advance(): void {
    let done = 0
    for (const request of this.#line) {
      if (done > 0 || !this.#isFirstJudged) this.#judge(request)
      this.#isFirstJudged = request.latestMs === undefined
      if (request.latestMs === undefined) break
      this.#keep(request, request.latestMs)
      done += 1
    }
    if (done > 0) this.#line.splice(0, done)
  }

  /** All requests before it have ended. */
  #judge(request: A): void {
    const limiting = this.#latest.length < this.#limit ? undefined : this.#latest[0]
    if (limiting?.latestMs === undefined) return
    const leavesMs = limiting.latestMs + this.#windowMs + CLOCK_MS
    this.#judged(request, elapsedMs(leavesMs, request.sentMs), limiting)
  }

  /** It is among the latest as a rule, so its place is sought from the end. */
  #keep(request: A, latestMs: number): void {
    if (latestMs === Number.NEGATIVE_INFINITY) return
    const latest = this.#latest
    let place = latest.length
    while (place > 0 && (latest[place - 1]?.latestMs ?? 0) > latestMs) place -= 1
    latest.splice(place, 0, request)
    if (latest.length > this.#limit) latest.shift()
  }
}
