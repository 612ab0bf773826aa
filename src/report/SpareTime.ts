/**
 * How far a key's sends stayed from what the window argument (docs/safety.md) allows, from its requests' times.
 *
 * A request may be sent at s when at most `limit - 1` of those sent before can still be in the exchange's window
 * then: when the limit-th largest of their latest arrivals, L, is a window ago. Its spare time is
 * s - (L + window): how much earlier it could have been sent. Below zero the argument does not hold.
 */

/** One request, and the latest moment at which the exchange can have counted it. In milliseconds. */
export interface Passed {
  readonly sentMs: number
  readonly latestMs: number
}

export interface SpareTimeOptions {
  /** Requests that a key may pass in a window. */
  readonly limit: number
  readonly windowMs: number
  /**
   * The longest time from a request's sending to its being told of: no request sent earlier than that before the
   * newest that was told of is still to come.
   */
  readonly lateMs: number
  /** Is told of every request that found a window's worth of others before it. */
  readonly tell: (sentMs: number, spareMs: number) => void
}

/** The spare time of one key's requests. */
export interface SpareTime {
  /** Takes a request. They come in the order in which they ended. */
  readonly add: (request: Passed, nowMs: number) => void
  /** There are no more. */
  readonly end: () => void
}

/** More are never under way; beyond, the oldest is looked at although one before it may still come. */
const MOST_WAITING = 10_000

/** Puts a value into an ascending array, behind its equals. */
const insert = <A>(sorted: Array<A>, value: A, key: (value: A) => number): void => {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >>> 1
    const there = sorted[middle]
    if (there !== undefined && key(there) <= key(value)) from = middle + 1
    else to = middle
  }
  sorted.splice(from, 0, value)
}

export const makeSpareTime = ({ limit, windowMs, lateMs, tell }: SpareTimeOptions): SpareTime => {
  /** In the order in which they were sent. */
  const waiting: Array<Passed> = []
  /** The `limit` largest latest arrivals so far, ascending. */
  const latest: Array<number> = []

  const judge = ({ latestMs, sentMs }: Passed): void => {
    const [smallest] = latest
    if (latest.length === limit && smallest !== undefined) tell(sentMs, sentMs - (smallest + windowMs))
    insert(latest, latestMs, (ms) => ms)
    if (latest.length > limit) latest.shift()
  }

  const judgeBefore = (atMs: number): void => {
    let judged = 0
    for (const request of waiting) {
      if (request.sentMs >= atMs && waiting.length - judged <= MOST_WAITING) break
      judge(request)
      judged += 1
    }
    waiting.splice(0, judged)
  }

  return {
    add: (request, nowMs) => {
      insert(waiting, request, ({ sentMs }) => sentMs)
      judgeBefore(nowMs - lateMs)
    },
    end: () => {
      judgeBefore(Infinity)
    },
  }
}
