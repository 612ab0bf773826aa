/**
 * What a report shows of a run besides its summary, gathered from its events in one pass and constant memory.
 */
import type { LogEvent, OrderOutcome, RequestReturned, Settings } from "../journal/LogEvent.ts"
import { type RefusalFigures, Refusals } from "../certificate/Refusals.ts"
import type { RejectReason } from "../domain/Outcome.ts"
import { addDuration, type Distribution, emptyDistribution } from "../summary/Distribution.ts"
import type { EventListener } from "../summary/LogOptions.ts"
import type { LogKind } from "../journal/LogReader.ts"
import { makeSpareTimes } from "./SpareTimes.ts"
import { type Point, Timeline } from "./Timeline.ts"

/** Plain data and histograms. Times are milliseconds from the run's first record. */
export interface RunRecord {
  readonly source: LogKind
  /** What ran; undefined where the log does not say. */
  readonly settings: Settings | undefined
  readonly points: ReadonlyArray<Point>
  readonly orderAge: Distribution
  readonly roundTrip: Distribution
  /** The smallest spare time of each key that ever filled a window. */
  readonly spareByKey: ReadonlyMap<string, number>
  /** Requests that were refused for the rate limit or because their key was blocked. */
  readonly exceeds: RefusalFigures | undefined
}

/** Tells of requests that were refused for the rate limit, or after that. Whether nonces could be overtaken a page does not judge. */
const tellRefusals = (refusals: Refusals, event: LogEvent): void => {
  if (event.type === "sent") refusals.sent(event.key, event.id, event.atMs)
  else if (event.type === "returned")
    tellEnd(refusals, event, event.reason === "not-sent" ? undefined : event.reason)
  else if (event.type === "outcome")
    tellEnd(refusals, event, event.outcome.outcome === "rejected" ? event.outcome.reason : undefined)
}

const tellEnd = (
  refusals: Refusals,
  event: OrderOutcome | RequestReturned,
  reason: RejectReason | undefined,
): void => {
  const { id, request } = event
  if (request === undefined || id === undefined) return
  refusals.ended(request.key, id, {
    settledMs: request.settledMs,
    hasLeft: request.ending !== "never-sent",
    isAccepted: event.type === "outcome" && event.outcome.outcome === "accepted",
    reason: reason === "nonce" ? undefined : reason,
  })
}

export interface RunRecorder extends EventListener {
  readonly record: () => RunRecord
}

/** Makes one for a log; feed it the log's events in the log's order. */
export const makeRunRecorder = (source: LogKind): RunRecorder => {
  const timeline = new Timeline()
  const orderAge = emptyDistribution()
  const roundTrip = emptyDistribution()
  const spareByKey = new Map<string, number>()
  let settings: Settings | undefined
  let refusals: Refusals | undefined

  const spareTimes = makeSpareTimes((key, sentMs, spareMs) => {
    timeline.spare(sentMs, spareMs)
    spareByKey.set(key, Math.min(spareByKey.get(key) ?? Infinity, spareMs))
  })

  const add = (event: LogEvent): void => {
    timeline.add(event)
    spareTimes.add(event)
    if (event.type === "settings") {
      settings = event
      refusals = new Refusals(event)
    } else if (refusals !== undefined) tellRefusals(refusals, event)
    if (event.type !== "outcome") return
    if (event.orderAgeMs !== undefined) addDuration(orderAge, event.orderAgeMs)
    if (event.roundTripMs !== undefined) addDuration(roundTrip, event.roundTripMs)
  }

  return {
    add,
    end: () => {
      spareTimes.end()
      timeline.end()
    },
    record: () => ({
      source,
      settings,
      points: timeline.points(),
      orderAge,
      roundTrip,
      spareByKey,
      exceeds: refusals?.figures,
    }),
  }
}
