/**
 * What happened in a log, interval by interval, in constant memory: when there are too many intervals, each two
 * become one. Times are milliseconds from the log's first record.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent } from "../journal/LogEvent.ts"
import { coarseDistribution, type Distribution, distributionPool } from "../summary/Distribution.ts"
import { addCounts, countIntervals, emptyCounts, type IntervalCounts } from "../summary/IntervalCounts.ts"

const SHORTEST_MS = 1000
/** More points than a chart can show. */
const MOST_INTERVALS = 600

/** Percentiles over one interval, in milliseconds, exact to one percent. */
export interface Band {
  readonly p50: number
  readonly p99: number
}

/** Orders created, and by their outcome; and requests that were refused, whether that ended their order or not. */
export type Counts = Readonly<Record<"created" | "accepted" | "refused" | "expired" | "unknown", number>>

export interface Point extends Counts {
  readonly fromMs: number
  readonly toMs: number
  /** Null where nothing was measured. */
  readonly orderAge: Band | null
  readonly roundTrip: Band | null
  /** The smallest spare time of any key; null where no window was full. */
  readonly spareMs: number | null
}

interface Interval extends IntervalCounts {
  spareMs: number
}

export interface Timeline {
  /** Takes the log's next event. */
  readonly add: (event: LogEvent) => void
  /** Takes the spare time of a request. */
  readonly spare: (sentMs: number, spareMs: number) => void
  /** There are no more. */
  readonly end: () => void
  /**
   * The intervals up to the last record, without gaps. The rest after the last complete one belongs to it, so that
   * no rate is of a moment only. Known when there are no more events.
   */
  readonly points: () => ReadonlyArray<Point>
}

const bandOf = (distribution: Distribution | undefined): Band | null => {
  if (distribution === undefined) return null
  const { histogram, unitsPerMs } = distribution
  return { p50: histogram.percentile(50) / unitsPerMs, p99: histogram.percentile(99) / unitsPerMs }
}

const emptyInterval = (): Interval => ({ ...emptyCounts(), spareMs: Infinity })

export const makeTimeline = (): Timeline => {
  const distributions = distributionPool(coarseDistribution)
  let everyMs = SHORTEST_MS
  let intervals: Array<Interval> = []
  let firstMs = Infinity
  let lastMs = 0

  const joinDistributions = (
    into: IntervalCounts,
    what: "orderAge" | "roundTrip",
    other: IntervalCounts,
  ): void => {
    const added = other[what]
    if (into[what] === undefined || added === undefined) into[what] ??= added
    else {
      into[what].histogram.add(added.histogram)
      distributions.give(added)
    }
  }

  /** Adds what is in the other interval, which is not to be used any more. */
  const join = (into: Interval, other: IntervalCounts, spareMs: number): void => {
    addCounts(into, other)
    joinDistributions(into, "orderAge", other)
    joinDistributions(into, "roundTrip", other)
    into.spareMs = Math.min(into.spareMs, spareMs)
  }

  const widen = (): void => {
    everyMs *= 2
    intervals = intervals.filter((interval, index) => {
      const before = intervals[index - 1]
      if (index % 2 === 0 || before === undefined) return true
      join(before, interval, interval.spareMs)
      return false
    })
  }

  const indexOf = (sinceFirstMs: number): number => Math.floor(sinceFirstMs / everyMs)

  const at = (sinceFirstMs: number): Interval => {
    while (indexOf(sinceFirstMs) >= MOST_INTERVALS) widen()
    while (intervals.length <= indexOf(sinceFirstMs)) intervals.push(emptyInterval())
    return intervals[indexOf(sinceFirstMs)] ?? emptyInterval()
  }

  /** Before the first record is at it. */
  const sinceFirst = (atMs: number): number => Math.max(0, elapsedMs(firstMs, atMs))

  const counts = countIntervals(
    SHORTEST_MS,
    () => firstMs,
    distributions.take,
    (fromMs, told) => join(at(fromMs), told, Infinity),
  )

  return {
    add: (event) => {
      if (event.type === "outcome" || event.type === "requests") {
        if (firstMs === Infinity) firstMs = event.atMs
        lastMs = Math.max(lastMs, sinceFirst(event.atMs))
      }
      counts.add(event)
    },
    spare: (sentMs, spareMs) => {
      const interval = at(sinceFirst(sentMs))
      interval.spareMs = Math.min(interval.spareMs, spareMs)
    },
    end: () => {
      counts.end()
      at(lastMs)
      const complete = Math.max(1, Math.floor(lastMs / everyMs))
      const last = intervals[complete - 1]
      for (const rest of intervals.splice(complete)) if (last !== undefined) join(last, rest, rest.spareMs)
    },
    points: () =>
      intervals.map(
        ({ accepted, created, expired, orderAge, refused, roundTrip, spareMs, unknown }, index) => ({
          fromMs: index * everyMs,
          toMs:
            index === intervals.length - 1 ? Math.max(lastMs, index * everyMs + 1) : (index + 1) * everyMs,
          created: created ?? 0,
          accepted,
          refused,
          expired,
          unknown,
          orderAge: bandOf(orderAge),
          roundTrip: bandOf(roundTrip),
          spareMs: spareMs === Infinity ? null : spareMs,
        }),
      ),
  }
}
