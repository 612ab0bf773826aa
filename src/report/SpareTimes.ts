/** The spare time of every key's window in a run, from the log's events, in constant memory. */
import type { LogEvent, Settings } from "../journal/LogEvent.ts"
import { areUsable, Passing, SpareTime } from "../certificate/SpareTime.ts"
import { latestMs } from "../summary/Held.ts"

export interface SpareTimes {
  readonly add: (event: LogEvent) => void
  /** There are no more. */
  readonly end: () => void
}

/** Requests that are kept in mind, and as many that wait for an end: far more than any client has under way. */
const MOST_KEPT = 100_000

class Request extends Passing {
  readonly id: string
  readonly key: string

  constructor(id: string, key: string, sentMs: number) {
    super(sentMs)
    this.id = id
    this.key = key
  }
}

/** Where there is nothing to keep, or more than can be kept in mind. */
const noSpareTimes: SpareTimes = { add: () => {}, end: () => {} }

/**
 * What was sent before the part of the log that is looked at does not count.
 *
 * @param tell is told of every request that found a window's worth of others before it
 */
export const makeSpareTimes = (
  settings: Settings,
  tell: (key: string, sentMs: number, spareMs: number) => void,
): SpareTimes => {
  const keys = new Set(settings.labels)
  if (!areUsable(settings) || keys.size * settings.limit > MOST_KEPT) return noSpareTimes
  const mostWaiting = Math.floor(MOST_KEPT / keys.size)
  const spareTimes = new Map(
    Array.from(keys, (key) => [
      key,
      new SpareTime<Request>(settings.limit, settings.windowMs, ({ sentMs }, spareMs) => {
        tell(key, sentMs, spareMs)
      }),
    ]),
  )
  /** Requests without an end, by their order's id. */
  const underWay = new Map<string, Request>()

  const sent = (id: string, key: string, atMs: number): void => {
    const spareTime = spareTimes.get(key)
    if (spareTime === undefined) return
    const request = new Request(id, key, atMs)
    underWay.set(id, request)
    spareTime.sent(request)
    if (spareTime.waiting <= mostWaiting) return
    // Its end is missing, or this is no log of a client.
    const first = spareTime.giveUpFirst()
    if (first !== undefined && underWay.get(first.id) === first) underWay.delete(first.id)
  }

  const ended = (id: string, latest: number): void => {
    const request = underWay.get(id)
    if (request === undefined) return
    underWay.delete(id)
    spareTimes.get(request.key)?.ended(request, latest)
  }

  /** How it ended is not looked at, and so it is not known what those after it found. */
  const left = (id: string): void => {
    const request = underWay.get(id)
    if (request !== undefined) spareTimes.delete(request.key)
  }

  return {
    add: (event) => {
      if (event.type === "sent") sent(event.id, event.key, event.atMs)
      else if (event.type === "returned") ended(event.id, latestMs(event.request, settings))
      else if (event.type === "left") left(event.id)
      else if (event.type === "outcome" && event.id !== undefined && event.outcome.outcome !== "expired")
        ended(
          event.id,
          // One that was cancelled had not left.
          event.request === undefined ? Number.NEGATIVE_INFINITY : latestMs(event.request, settings),
        )
    },
    end: () => {
      for (const spareTime of spareTimes.values()) spareTime.finish()
    },
  }
}
