/**
 * What a report shows of a log besides its summary, gathered from the log's events in one pass and constant memory.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent, OrderOutcome, RequestTimes, Settings } from "../journal/LogEvent.ts"
import { addDuration, type Distribution, emptyDistribution } from "../summary/Distribution.ts"
import { latestMs } from "../summary/Held.ts"
import type { EventListener } from "../summary/LogReader.ts"
import { isTimed, makeOriginFinder, type OriginOptions } from "../summary/Origin.ts"
import { makeSpareTime, type SpareTime } from "./SpareTime.ts"
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

/** Far more than any client has. A damaged log may name any number. */
const MOST_KEYS = 1000
/** With more, a request's window would take more memory than a report may. */
const MOST_LIMIT = 10_000
/** How much longer than the request timeout it may take until a request is told of. */
const LATE_MS = 1000

/** Makes one for a log; feed it the log's events in the log's order. */
export const makeRunRecorder = (options: OriginOptions): RunRecorder => {
  const finder = makeOriginFinder(options)
  const timeline = makeTimeline()
  const orderAge = emptyDistribution()
  const roundTrip = emptyDistribution()
  const spareByKey = new Map<string, number>()
  let spareTimes = new Map<string, SpareTime>()
  let settings: Settings | undefined
  let held: Array<LogEvent> = []
  let lastMs = 0

  const sinceFirst = (atMs: number): number => elapsedMs(finder.origin().firstMs, atMs)

  const endWindows = (): void => {
    for (const spareTime of spareTimes.values()) spareTime.end()
    spareTimes = new Map()
  }

  const spareTimeOf = (
    key: string,
    { limit, requestTimeoutMs, windowMs }: Settings,
  ): SpareTime | undefined => {
    const known = spareTimes.get(key)
    if (known !== undefined || spareTimes.size >= MOST_KEYS || limit < 1 || limit > MOST_LIMIT) return known
    const made = makeSpareTime({
      limit,
      windowMs,
      lateMs: requestTimeoutMs + LATE_MS,
      tell: (sentMs, spareMs) => {
        timeline.spare(sinceFirst(sentMs), spareMs)
        spareByKey.set(key, Math.min(spareByKey.get(key) ?? Infinity, spareMs))
      },
    })
    spareTimes.set(key, made)
    return made
  }

  const passed = (request: RequestTimes | undefined, latest: number | undefined, atMs: number): void => {
    if (settings === undefined || request === undefined || latest === undefined) return
    spareTimeOf(request.key, settings)?.add({ sentMs: request.sentMs, latestMs: latest }, atMs)
  }

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
    if (settings !== undefined) passed(event.request, latestMs(event, settings), event.atMs)
  }

  const take = (event: LogEvent): void => {
    switch (event.type) {
      case "settings":
        endWindows()
        settings = event
        return
      case "outcome":
        return takeOutcome(event)
      case "returned": {
        if (event.reason === "not-sent") return
        timeline.count(sinceFirst(event.atMs), "refused")
        const { settledMs, writtenMs } = event.request
        const boundMs = settings?.boundMs
        const latest =
          writtenMs === undefined || boundMs === undefined
            ? settledMs
            : Math.min(settledMs, writtenMs + boundMs)
        return passed(event.request, latest, event.atMs)
      }
      case "requests": {
        const atMs = Math.max(0, sinceFirst(event.atMs))
        lastMs = Math.max(lastMs, atMs)
        timeline.count(atMs, "created", event.count)
        return
      }
      case "sent":
      case "key":
      case "nonce-jump":
      case "left":
      case "ended":
      case "unrecognised":
    }
  }

  const release = (): void => {
    const events = held
    held = []
    for (const event of events) take(event)
  }

  return {
    add: (event) => {
      if (finder.isKnown()) return take(event)
      finder.add(event)
      if (isTimed(event) || event.type === "settings" || event.type === "returned") held.push(event)
      if (finder.isKnown()) release()
    },
    end: () => {
      release()
      endWindows()
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
