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
 * A request's `latest` is known when its end is, or that of a ping after it was lost. So requests wait in a line until it is
 * known of all before them; those that follow one of which it never is wait for the journal's end. The bound may change
 * meanwhile: a send is judged by the one in force when it left.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import { type Latest, latestMsBy, NEVER_KNOWN } from "../journal/LoggedReach.ts"

/** The exchange's clock counts whole milliseconds. */
const CLOCK_MS = 1

/** Times are written in whole microseconds: two of them are half of one off each, at most. */
const ROUNDING_MS = 0.001

/** Whether a send came no earlier than it could. */
export const isSafe = (spareMs: number): boolean => spareMs >= -ROUNDING_MS

export interface TimedRequest {
  readonly sentMs: number
  /** The bound in force when it was sent, by which it is judged; undefined where none was known. */
  readonly boundMs: number | undefined
  /**
   * The latest moment at which the exchange can have counted it: undefined until that is known. {@link SpareTime} alone sets it.
   */
  latest: Latest | undefined
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

/** So many more than the limit are kept before the earliest are taken for later than they are. */
const MOST_MORE = 1000

export class SpareTime<A extends TimedRequest> {
  readonly #limit: number
  readonly #windowMs: number
  readonly #judged: (request: A, spareMs: number, limiting: A) => void
  /**
   * Of the requests that have left the line, those that may be among the `limit` latest by some bound: by the bound of the
   * request judged last, the earliest of them first.
   */
  readonly #latest: Array<{ readonly request: A; readonly latest: Latest }> = []
  #boundMs: number | undefined
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

  /** The requests that wait, of the first of which it is not known by when it has arrived. */
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

  /** It is known by when a request has arrived. It must have been sent; what is said a second time says nothing more. */
  known(request: A, latest: Latest): void {
    if (request.latest !== undefined) return
    request.latest = latest
    if (this.#line[0] === request) this.#advance()
  }

  /** Takes the first request in the line for one that may arrive for ever, and no longer waits for it. */
  giveUpFirst(): A | undefined {
    const first = this.#line[0]
    if (first !== undefined) this.known(first, NEVER_KNOWN)
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
      this.#isFirstJudged = request.latest === undefined
      if (request.latest === undefined) break
      this.#keep(request, request.latest)
      done += 1
    }
    if (done > 0) this.#line.splice(0, done)
  }

  /** Of all requests before it, it is known by when they have arrived. */
  #judge(request: A): void {
    if (request.boundMs !== this.#boundMs) {
      this.#boundMs = request.boundMs
      this.#sort()
    }
    const limiting = this.#latest.at(-this.#limit)
    if (limiting === undefined || this.#latest.length < this.#limit) return
    const leavesMs = this.#msOf(limiting.latest) + this.#windowMs + CLOCK_MS
    this.#judged(request, elapsedMs(leavesMs, request.sentMs), limiting.request)
  }

  #sort(): void {
    this.#latest.sort((one, other) => elapsedMs(this.#msOf(other.latest), this.#msOf(one.latest)))
  }

  #msOf(latest: Latest): number {
    return latestMsBy(latest, this.#boundMs)
  }

  /** It is among the latest as a rule, so its place is sought from the end. */
  #keep(request: A, latest: Latest): void {
    const ms = this.#msOf(latest)
    if (ms === Number.NEGATIVE_INFINITY) return
    const kept = this.#latest
    let place = kept.length
    for (; place > 0; place -= 1) {
      const before = kept[place - 1]
      if (before === undefined || this.#msOf(before.latest) <= ms) break
    }
    kept.splice(place, 0, { request, latest })
    while (kept.length > this.#limit && this.#isNeverLimiting(kept[0])) kept.shift()
    if (kept.length > this.#limit + MOST_MORE) this.#join()
  }

  /** Whether `limit` others are later whatever the bound. */
  #isNeverLimiting(first: { readonly latest: Latest } | undefined): boolean {
    if (first === undefined) return false
    const { atMostMs } = first.latest
    // From this moment on another is later even by a bound of 0: of one of which a ping has told, `fromMs` says nothing.
    const fromMs = Math.min(first.latest.fromMs, atMostMs)
    let earlier = this.#latest.length - 1 - this.#limit
    return this.#latest.every(({ latest }) => {
      if (latest.atMostMs < atMostMs || latest.fromMs < fromMs) earlier -= 1
      return earlier >= 0
    })
  }

  /** One less to keep: the second is taken to be as late as the first, too, by any bound. No run of this client comes near. */
  #join(): void {
    const [first, second] = this.#latest
    if (first === undefined || second === undefined) return
    const atMostMs = Math.max(first.latest.atMostMs, second.latest.atMostMs)
    const fromMs = Math.max(first.latest.fromMs, second.latest.fromMs)
    this.#latest.splice(0, 2, { request: second.request, latest: { atMostMs, fromMs } })
    this.#sort()
  }
}
