/**
 * What happened in a log, interval by interval, in constant memory: when there are too many intervals, each two
 * become one. Times are milliseconds from the log's first record.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent } from "../journal/LogEvent.ts"
import { coarseDistribution, type Distribution, distributionPool, valueAt } from "../summary/Distribution.ts"
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
  /** For how long of it all orders that were created are in the log: those of a killed run's queue are not, and a run's end makes none. */
  readonly createdMs: number
  /** Null where nothing was measured. */
  readonly orderAge: Band | null
  readonly roundTrip: Band | null
  /** The smallest spare time of any key; null where no window was full. */
  readonly spareMs: number | null
}

interface Interval extends IntervalCounts {
  spareMs: number
}

const bandOf = (distribution: Distribution | undefined): Band | null => {
  if (distribution === undefined) return null
  const { histogram, unitsPerMs } = distribution
  return { p50: valueAt(histogram, 500) / unitsPerMs, p99: valueAt(histogram, 990) / unitsPerMs }
}

const emptyInterval = (): Interval => ({ ...emptyCounts(), spareMs: Infinity })

export class Timeline {
  readonly #distributions = distributionPool(coarseDistribution)
  readonly #counter = countIntervals(
    SHORTEST_MS,
    () => this.#firstMs,
    this.#distributions.take,
    (fromMs, counts) => this.#join(this.#at(fromMs), counts, Infinity),
  )
  #everyMs = SHORTEST_MS
  #intervals: Array<Interval> = []
  #firstMs = Infinity
  #lastMs = 0
  /** The last creation in the log, and the end of the run where the log tells it: orders were created until then. */
  #lastCreatedMs = 0
  #endedMs: number | undefined
  #plannedMs = Infinity

  add(event: LogEvent): void {
    if (event.type === "outcome" || event.type === "requests") {
      if (this.#firstMs === Infinity) this.#firstMs = event.atMs
      this.#lastMs = Math.max(this.#lastMs, this.#sinceFirst(event.atMs))
    }
    if (event.type === "outcome" && event.createdAtMs !== undefined)
      this.#lastCreatedMs = Math.max(this.#lastCreatedMs, this.#sinceFirst(event.createdAtMs))
    // A Python client counts its orders at the end of each second.
    if (event.type === "requests")
      this.#lastCreatedMs = Math.max(this.#lastCreatedMs, this.#sinceFirst(event.atMs))
    if (event.type === "settings") this.#plannedMs = event.durationMs ?? Infinity
    if (event.type === "ended" && event.atMs !== undefined)
      this.#endedMs = this.#sinceFirst(Math.min(event.atMs, this.#plannedMs))
    this.#counter.add(event)
  }

  spare(sentMs: number, spareMs: number): void {
    const interval = this.#at(this.#sinceFirst(sentMs))
    interval.spareMs = Math.min(interval.spareMs, spareMs)
  }

  /** There are no more. The rest after the last complete interval joins it, so that no rate is of a moment only. */
  end(): void {
    this.#counter.end()
    this.#at(this.#lastMs)
    const complete = Math.max(1, Math.floor(this.#lastMs / this.#everyMs))
    const last = this.#intervals[complete - 1]
    for (const rest of this.#intervals.splice(complete))
      if (last !== undefined) this.#join(last, rest, rest.spareMs)
  }

  /** The intervals up to the last record, without gaps. Known when there are no more events. */
  points(): ReadonlyArray<Point> {
    const last = this.#intervals.length - 1
    return this.#intervals.map((interval, index): Point => {
      const { accepted, created, expired, orderAge, refused, roundTrip, spareMs, unknown } = interval
      const fromMs = index * this.#everyMs
      return {
        fromMs,
        toMs: index === last ? Math.max(this.#lastMs, fromMs + SHORTEST_MS) : fromMs + this.#everyMs,
        createdMs: this.#createdMs(fromMs, index === last),
        created: created ?? 0,
        accepted,
        refused,
        expired,
        unknown,
        orderAge: bandOf(orderAge),
        roundTrip: bandOf(roundTrip),
        spareMs: spareMs === Infinity ? null : spareMs,
      }
    })
  }

  #createdMs(fromMs: number, isLast: boolean): number {
    const untilMs = this.#endedMs ?? this.#lastCreatedMs
    const knownMs = Math.max(0, elapsedMs(fromMs, untilMs))
    return isLast ? knownMs : Math.min(knownMs, this.#everyMs)
  }

  /** Anything before the first record counts as at it. */
  #sinceFirst(atMs: number): number {
    return Math.max(0, elapsedMs(this.#firstMs, atMs))
  }

  #at(sinceFirstMs: number): Interval {
    while (sinceFirstMs >= MOST_INTERVALS * this.#everyMs) this.#widen()
    const index = Math.floor(sinceFirstMs / this.#everyMs)
    while (this.#intervals.length <= index) this.#intervals.push(emptyInterval())
    return this.#intervals[index] ?? emptyInterval()
  }

  /** Makes one interval of each two. */
  #widen(): void {
    this.#everyMs *= 2
    this.#intervals = this.#intervals.filter((interval, index, all) => {
      const before = all[index - 1]
      if (index % 2 === 0 || before === undefined) return true
      this.#join(before, interval, interval.spareMs)
      return false
    })
  }

  /** Adds the other interval's counts; the other one must not be used any more. */
  #join(into: Interval, other: IntervalCounts, spareMs: number): void {
    addCounts(into, other)
    this.#joinDistributions(into, "orderAge", other)
    this.#joinDistributions(into, "roundTrip", other)
    into.spareMs = Math.min(into.spareMs, spareMs)
  }

  #joinDistributions(into: IntervalCounts, what: "orderAge" | "roundTrip", other: IntervalCounts): void {
    const added = other[what]
    if (into[what] === undefined || added === undefined) {
      into[what] ??= added
      return
    }
    into[what].histogram.add(added.histogram)
    this.#distributions.give(added)
  }
}
