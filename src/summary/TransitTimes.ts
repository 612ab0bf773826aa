/**
 * How long requests may still be on their way. Until then a request keeps a permit of its key, beyond the window, and holds up
 * the key's next request.
 *
 * The two are the same of a request that was answered in time. One that was lost keeps its permit until a ping shows that it has
 * arrived (by journals of version 1, until a bound after it was given up); but the key's next request went as soon as it could
 * not overtake it, a bound after it had been handed over.
 */
import type { LogEvent, RequestTimes } from "../journal/LogEvent.ts"
import { type Latest, latestMsBy, LoggedReach, overtakableMs } from "../journal/LoggedReach.ts"
import { elapsedMs } from "../journal/elapsed.ts"
import type { Passage } from "./SafeClient.ts"

/** A request that lasts longer is a damaged line. */
const LONGEST_MS = 86_400_000

interface LastRequest extends RequestTimes {
  /** The bound in force when it ended. */
  readonly boundMs: number | undefined
  readonly isAccepted: boolean
}

/** Whether its order is accepted where nobody breaks a rule of the exchange. */
const wouldBeAccepted = (event: LogEvent): boolean => {
  if (event.type !== "outcome") return false
  const { outcome } = event
  if (outcome.outcome === "rejected") return ["rate-limit", "nonce", "blocked"].includes(outcome.reason)
  return outcome.outcome === "accepted"
}

/** Makes a reader of a log's events that tells of every request that ended an order, as soon as its way is known. */
export const makeTransitReader = (tell: (passage: Passage) => void): ((event: LogEvent) => void) => {
  let reach: LoggedReach<LastRequest> | undefined

  const known = (request: LastRequest, latest: Latest): void => {
    const { boundMs, isAccepted, sentMs, settledMs } = request
    const latestMs = elapsedMs(sentMs, latestMsBy(latest, boundMs))
    if (latestMs < 0 || latestMs > LONGEST_MS) return
    tell({
      settledMs: elapsedMs(sentMs, settledMs),
      latestMs,
      nextMs: Math.max(0, elapsedMs(sentMs, overtakableMs(latest, request))),
      isAccepted,
    })
  }

  const ended = (inForce: LoggedReach<LastRequest>, times: RequestTimes, event: LogEvent): void => {
    const { type } = event
    const request = { ...times, boundMs: inForce.boundMs, isAccepted: wouldBeAccepted(event) }
    // Of one that did not end its order no more is asked than what its round trip tells.
    if (type === "returned" && times.ending === "lost") return
    const latest = inForce.ended(request, times)
    if (latest !== undefined && type === "outcome") known(request, latest)
  }

  return (event) => {
    if (event.type === "settings") reach = new LoggedReach(event)
    if (reach === undefined) return
    if (event.type === "reach") reach.changed(event.boundMs)
    if (event.type === "ping")
      for (const [request, latest] of reach.pinged(event.begunMs, event.clearedMs, event.atMs))
        known(request, latest)
    if ((event.type === "returned" || event.type === "outcome") && event.request !== undefined)
      ended(reach, event.request, event)
  }
}
