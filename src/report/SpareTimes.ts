/**
 * The spare time of every key's window, from a run's events, in constant memory. It is judged by what it ran with; what was sent before the part of it that is looked at does not count.
 */
import { areUsable, SpareTime, type TimedRequest } from "../certificate/SpareTime.ts"
import type { OrderSent, PingEvent, RequestTimes, Settings } from "../journal/LogEvent.ts"
import { LoggedReach, NEVER_SENT } from "../journal/LoggedReach.ts"
import type { EventListener } from "../summary/LogOptions.ts"

/** So many requests are kept, and as many that wait for an end: far more than any client has in flight. */
const MOST_KEPT = 100_000

interface Request extends TimedRequest {
  readonly id: string
  readonly key: string
}

/** @param tell is told of every request that found a window's worth of others before it */
export const makeSpareTimes = (
  tell: (key: string, sentMs: number, spareMs: number) => void,
): EventListener => {
  let reach: LoggedReach<Request> | undefined
  /** None where the log does not say what ran, or where that is more than can be kept in mind. */
  const keys = new Map<string, SpareTime<Request>>()
  /** Requests without an end, by their order's id. */
  const inFlight = new Map<string, Request>()

  const begin = (run: Settings): void => {
    reach = new LoggedReach(run)
    const { labels, limit, limits, windowMs } = run
    // Where there are limits, that window is none of the exchange's.
    if (limits !== undefined || !areUsable(run) || new Set(labels).size * limit > MOST_KEPT) return
    for (const key of labels) {
      const told = ({ sentMs }: Request, spareMs: number): void => tell(key, sentMs, spareMs)
      keys.set(key, new SpareTime(limit, windowMs, told))
    }
  }

  const sent = ({ atMs, id, key }: OrderSent): void => {
    const spareTime = keys.get(key)
    if (spareTime === undefined) return
    const request: Request = { id, key, sentMs: atMs, boundMs: reach?.boundMs, latest: undefined }
    inFlight.set(id, request)
    spareTime.sent(request)
    if (spareTime.line.length * keys.size <= MOST_KEPT) return
    // Its end is missing, or this is no log of a client.
    const first = spareTime.giveUpFirst()
    if (first !== undefined && inFlight.get(first.id) === first) inFlight.delete(first.id)
  }

  const ended = (id: string, times: RequestTimes | undefined): void => {
    const request = inFlight.get(id)
    if (request === undefined || reach === undefined) return
    inFlight.delete(id)
    // Of an order that was cancelled nothing had left.
    const latest = times === undefined ? NEVER_SENT : reach.ended(request, times)
    if (latest !== undefined) keys.get(request.key)?.known(request, latest)
  }

  const pinged = ({ atMs, begunMs, clearedMs }: PingEvent): void => {
    for (const [request, latest] of reach?.pinged(begunMs, clearedMs, atMs) ?? [])
      keys.get(request.key)?.known(request, latest)
  }

  return {
    add: (event) => {
      if (event.type === "settings") begin(event)
      else if (event.type === "sent") sent(event)
      else if (event.type === "reach") reach?.changed(event.boundMs)
      else if (event.type === "ping") pinged(event)
      else if (event.type === "returned") ended(event.id, event.request)
      else if (event.type === "left") {
        // How it ended is not looked at, so it is not known what the key's later requests found.
        const request = inFlight.get(event.id)
        if (request !== undefined) keys.delete(request.key)
      } else if (event.type === "outcome" && event.id !== undefined && event.outcome.outcome !== "expired")
        ended(event.id, event.request)
    },
    end: () => {
      for (const spareTime of keys.values()) spareTime.finish()
    },
  }
}
