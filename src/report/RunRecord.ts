/**
 * What a report shows of a log besides its summary, gathered from the log's events in one pass and constant memory.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent, OrderOutcome, Settings } from "../journal/LogEvent.ts"
import { addDuration, type Distribution, emptyDistribution } from "../summary/Distribution.ts"
import type { EventListener } from "../summary/LogOptions.ts"
import { makeOriginFinder, type OriginOptions } from "../summary/Origin.ts"
import { makeSpareTimes } from "./SpareTimes.ts"
import { makeTimeline, type Point } from "./Timeline.ts"

/** Plain data and histograms. Times are milliseconds from the log's first record. */
export interface RunRecord {
  readonly source: OriginOptions["source"]
  /** What ran; undefined where the log does not say. */
  readonly settings: Settings | undefined
  readonly points: ReadonlyArray<Point>
  readonly orderAge: Distribution
  readonly roundTrip: Distribution
  /** The smallest spare time of each key that ever filled a window. */
  readonly spareByKey: ReadonlyMap<string, number>
}

export interface RunRecorder extends EventListener {
  /** What came so far. */
  readonly record: () => RunRecord
}

/** Events that are held back until it is known where the log begins; only of a damaged one are there so many. */
const MOST_HELD = 100_000

/** Makes one for a log; feed it the log's events in the log's order. */
export const makeRunRecorder = (options: OriginOptions): RunRecorder => {
  const finder = makeOriginFinder(options)
  const timeline = makeTimeline()
  const orderAge = emptyDistribution()
  const roundTrip = emptyDistribution()
  const spareByKey = new Map<string, number>()
  let settings: Settings | undefined
  let held: Array<LogEvent> | undefined = []
  let lastMs = 0

  const sinceFirst = (atMs: number): number => elapsedMs(finder.origin().firstMs, atMs)

  const tellSpare = (key: string, sentMs: number, spareMs: number): void => {
    timeline.spare(sinceFirst(sentMs), spareMs)
    spareByKey.set(key, Math.min(spareByKey.get(key) ?? Infinity, spareMs))
  }

  const spareTimes = makeSpareTimes(tellSpare)

  const takeOutcome = (event: OrderOutcome): void => {
    const atMs = Math.max(0, sinceFirst(event.atMs))
    lastMs = Math.max(lastMs, atMs)
    const { outcome } = event
    if (outcome.outcome === "rejected") timeline.count(atMs, "refused")
    else if (outcome.outcome !== "cancelled") timeline.count(atMs, outcome.outcome)
    if (event.createdAtMs !== undefined) {
      const createdMs = sinceFirst(event.createdAtMs)
      if (createdMs >= 0) timeline.count(Math.min(atMs, createdMs), "created")
    }
    if (event.orderAgeMs !== undefined) {
      addDuration(orderAge, event.orderAgeMs)
      timeline.measure(atMs, "orderAge", event.orderAgeMs)
    }
    if (event.roundTripMs !== undefined) {
      addDuration(roundTrip, event.roundTripMs)
      timeline.measure(atMs, "roundTrip", event.roundTripMs)
    }
  }

  const take = (event: LogEvent): void => {
    if (event.type === "settings") settings = event
    spareTimes.add(event)
    if (event.type === "outcome") takeOutcome(event)
    else if (event.type === "returned" && event.reason !== "not-sent")
      timeline.count(sinceFirst(event.atMs), "refused")
    else if (event.type === "requests") {
      const atMs = Math.max(0, sinceFirst(event.atMs))
      lastMs = Math.max(lastMs, atMs)
      timeline.count(atMs, "created", event.count)
    }
  }

  const release = (): void => {
    const events = held ?? []
    held = undefined
    for (const event of events) take(event)
  }

  return {
    add: (event) => {
      if (held === undefined) return take(event)
      finder.add(event)
      held.push(event)
      if (finder.isKnown() || held.length >= MOST_HELD) release()
    },
    end: () => {
      release()
      spareTimes.end()
    },
    record: () => ({
      source: options.source,
      settings,
      points: timeline.points(lastMs),
      orderAge,
      roundTrip,
      spareByKey,
    }),
  }
}
