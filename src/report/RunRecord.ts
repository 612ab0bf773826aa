/**
 * What a report shows of a log besides its summary, gathered from the log's events in one pass and constant memory.
 */
import type { LogEvent, Settings } from "../journal/LogEvent.ts"
import { addDuration, type Distribution, emptyDistribution } from "../summary/Distribution.ts"
import type { EventListener } from "../summary/LogOptions.ts"
import type { LogKind } from "../journal/LogReader.ts"
import { makeSpareTimes } from "./SpareTimes.ts"
import { type Point, Timeline } from "./Timeline.ts"

/** Plain data and histograms. Times are milliseconds from the log's first record. */
export interface RunRecord {
  readonly source: LogKind
  /** What ran; undefined where the log does not say. */
  readonly settings: Settings | undefined
  readonly points: ReadonlyArray<Point>
  readonly orderAge: Distribution
  readonly roundTrip: Distribution
  /** The smallest spare time of each key that ever filled a window. */
  readonly spareByKey: ReadonlyMap<string, number>
}

export interface RunRecorder extends EventListener {
  /** What came, once there is no more. */
  readonly record: () => RunRecord
}

/** Makes one for a log; feed it the log's events in the log's order. */
export const makeRunRecorder = (source: LogKind): RunRecorder => {
  const timeline = new Timeline()
  const orderAge = emptyDistribution()
  const roundTrip = emptyDistribution()
  const spareByKey = new Map<string, number>()
  let settings: Settings | undefined

  const spareTimes = makeSpareTimes((key, sentMs, spareMs) => {
    timeline.spare(sentMs, spareMs)
    spareByKey.set(key, Math.min(spareByKey.get(key) ?? Infinity, spareMs))
  })

  const add = (event: LogEvent): void => {
    timeline.add(event)
    spareTimes.add(event)
    if (event.type === "settings") settings = event
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
    record: () => ({ source, settings, points: timeline.points(), orderAge, roundTrip, spareByKey }),
  }
}
