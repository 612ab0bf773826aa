/**
 * How long requests may still be on their way. Until then a request keeps a permit of its key, beyond the window, and holds up
 * the key's next request.
 *
 * The two are the same of a request that was answered in time. One that was lost keeps its permit until a ping shows that it has
 * arrived (by journals of version 1, until a bound after it was given up); but the key's next request went as soon as it could
 * not overtake it, a bound after it had been handed over.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent, RequestTimes } from "../journal/LogEvent.ts"
import { type Latest, latestMsBy, LoggedReach, overtakableMs } from "../journal/LoggedReach.ts"
import type { LogStart } from "./LogStart.ts"

/** Sums over requests that ended an order. */
export interface TransitTimes {
  requests: number
  /**
   * From their leaving to the latest moment at which the exchange can have counted them. In whole microseconds, so that
   * the sum does not depend on its order.
   */
  latestMicros: number
  /** From their leaving to the moment from which the key's next request could not overtake them. */
  nextMicros: number
}

/** In milliseconds. */
export interface MeanTransit {
  readonly latestMs: number
  readonly nextMs: number
}

/** A request that lasts longer is a damaged line. */
const LONGEST_MS = 86_400_000

export const emptyTransitTimes = (): TransitTimes => ({ requests: 0, latestMicros: 0, nextMicros: 0 })

/** How long one request was on its way. */
export interface LoggedTransit {
  readonly sentMs: number
  readonly latestMs: number
  readonly nextMs: number
}

/** An order's last request. */
interface LastRequest extends RequestTimes {
  /** The bound in force when it ended. */
  readonly boundMs: number | undefined
}

/** Makes a reader of a log's events that tells of every request that ended an order, as soon as its way is known. */
export const makeTransitReader = (tell: (transit: LoggedTransit) => void): ((event: LogEvent) => void) => {
  let reach: LoggedReach<LastRequest> | undefined

  const known = (request: LastRequest, latest: Latest): void => {
    const { boundMs, sentMs } = request
    tell({ sentMs, latestMs: latestMsBy(latest, boundMs), nextMs: overtakableMs(latest, request) })
  }

  const ended = (inForce: LoggedReach<LastRequest>, times: RequestTimes, { type }: LogEvent): void => {
    const request = { ...times, boundMs: inForce.boundMs }
    // Of one that did not end its order no more is asked than what its round trip tells.
    if (type === "returned" && times.ending === "lost") return
    const latest = inForce.ended(request, times)
    if (latest !== undefined && type === "outcome") known(request, latest)
  }

  return (event) => {
    switch (event.type) {
      case "settings":
        reach = new LoggedReach(event)
        return
      case "reach":
        return reach?.changed(event.boundMs)
      case "ping":
        for (const [request, latest] of reach?.pinged(event.begunMs, event.clearedMs, event.atMs) ?? [])
          known(request, latest)
        return
      case "returned":
      case "outcome":
        if (reach !== undefined && event.request !== undefined) ended(reach, event.request, event)
        return
      case "sent":
      case "key":
      case "nonce-jump":
      case "left":
      case "ended":
      case "requests":
      case "remark":
      case "unrecognised":
    }
  }
}

/** Counts a request from the log's first record on: its orders are counted from there on, too. */
export const countTransit = (
  times: TransitTimes,
  { latestMs, nextMs, sentMs }: LoggedTransit,
  { firstMs }: Pick<LogStart, "firstMs">,
): void => {
  const ms = elapsedMs(sentMs, latestMs)
  if (ms < 0 || ms > LONGEST_MS) return
  const fromMs = Math.max(sentMs, firstMs)
  const microsUntil = (toMs: number): number => Math.round(Math.max(0, elapsedMs(fromMs, toMs)) * 1000)
  times.requests += 1
  times.latestMicros += microsUntil(latestMs)
  times.nextMicros += microsUntil(nextMs)
}

/** Undefined if there was no request. */
export const meanTransit = ({ requests, latestMicros, nextMicros }: TransitTimes): MeanTransit | undefined =>
  requests === 0
    ? undefined
    : { latestMs: latestMicros / requests / 1000, nextMs: nextMicros / requests / 1000 }
