/**
 * What happened in a log, interval by interval, in constant memory: when there are too many intervals, each two
 * become one. Times are milliseconds from the log's first record.
 */
import { createHistogram, type RecordableHistogram } from "node:perf_hooks"

const SHORTEST_MS = 1000
/** More points than a chart can show. */
const MOST_INTERVALS = 600

/** Percentiles over one interval, in milliseconds, exact to one percent. */
export interface Band {
  readonly p50: number
  readonly p99: number
}

/** What is counted in an interval. */
export interface Counts {
  /** Orders created. */
  created: number
  accepted: number
  /** Requests that were refused, whether that ended their order or not. */
  refused: number
  expired: number
  unknown: number
}

export interface Point extends Readonly<Counts> {
  readonly fromMs: number
  readonly toMs: number
  /** Null where nothing was measured. */
  readonly orderAge: Band | null
  readonly roundTrip: Band | null
  /** The smallest spare time of any key; null where no window was full. */
  readonly spareMs: number | null
}

interface Interval extends Counts {
  orderAge: RecordableHistogram | undefined
  roundTrip: RecordableHistogram | undefined
  spareMs: number
}

export interface Timeline {
  readonly count: (atMs: number, what: keyof Counts, howMany?: number) => void
  readonly measure: (atMs: number, what: "orderAge" | "roundTrip", ms: number) => void
  readonly spare: (atMs: number, ms: number) => void
  /**
   * The intervals up to the last record, without gaps. The rest after the last complete one belongs to it, so that
   * no rate is of a moment only.
   */
  readonly points: (lastMs: number) => ReadonlyArray<Point>
}

const MICROS_PER_TICK = 100
const TICKS_PER_MS = 1000 / MICROS_PER_TICK
/** Ten minutes. What lasts longer counts as that long. */
const MOST_TICKS = 600_000 * TICKS_PER_MS

/** Coarser than the log's own distributions, because there are hundreds: 16 KB each. */
const emptyHistogram = (): RecordableHistogram =>
  createHistogram({ lowest: 1, highest: MOST_TICKS, figures: 2 })

const emptyInterval = (): Interval => ({
  created: 0,
  accepted: 0,
  refused: 0,
  expired: 0,
  unknown: 0,
  orderAge: undefined,
  roundTrip: undefined,
  spareMs: Infinity,
})

const addHistogram = (
  into: RecordableHistogram | undefined,
  other: RecordableHistogram | undefined,
): RecordableHistogram | undefined => {
  if (into === undefined || other === undefined) return into ?? other
  into.add(other)
  return into
}

/** Adds what is in the other interval, which is not to be used any more unless it was copied. */
const absorb = (into: Interval, other: Interval): void => {
  into.created += other.created
  into.accepted += other.accepted
  into.refused += other.refused
  into.expired += other.expired
  into.unknown += other.unknown
  into.orderAge = addHistogram(into.orderAge, other.orderAge)
  into.roundTrip = addHistogram(into.roundTrip, other.roundTrip)
  into.spareMs = Math.min(into.spareMs, other.spareMs)
}

/** In an interval of its own: those that are added up stay as they are. */
const sumOf = (intervals: ReadonlyArray<Interval>): Interval => {
  const sum = { ...emptyInterval(), orderAge: emptyHistogram(), roundTrip: emptyHistogram() }
  for (const interval of intervals) absorb(sum, interval)
  return sum
}

const bandOf = (histogram: RecordableHistogram | undefined): Band | null =>
  histogram === undefined || histogram.count === 0
    ? null
    : { p50: histogram.percentile(50) / TICKS_PER_MS, p99: histogram.percentile(99) / TICKS_PER_MS }

const pointOf = (interval: Interval, fromMs: number, toMs: number): Point => ({
  ...interval,
  fromMs,
  toMs,
  orderAge: bandOf(interval.orderAge),
  roundTrip: bandOf(interval.roundTrip),
  spareMs: interval.spareMs === Infinity ? null : interval.spareMs,
})

export const makeTimeline = (): Timeline => {
  let everyMs = SHORTEST_MS
  let intervals: Array<Interval> = []
  /** Empty ones to be used again: garbage of theirs is not seen by the collector, and would pile up. */
  const spareHistograms: Array<RecordableHistogram> = []

  const spareHistogram = (
    histogram: RecordableHistogram | undefined,
    kept: RecordableHistogram | undefined,
  ) => {
    if (histogram === undefined || histogram === kept) return
    histogram.reset()
    spareHistograms.push(histogram)
  }

  const coarsen = (): void => {
    everyMs *= 2
    const halved: Array<Interval> = []
    for (const [index, interval] of intervals.entries()) {
      const before = halved.at(-1)
      if (index % 2 === 1 && before !== undefined) {
        absorb(before, interval)
        spareHistogram(interval.orderAge, before.orderAge)
        spareHistogram(interval.roundTrip, before.roundTrip)
      } else halved.push(interval)
    }
    intervals = halved
  }

  const indexOf = (atMs: number): number => Math.floor(Math.max(0, atMs) / everyMs)

  const at = (atMs: number): Interval => {
    while (indexOf(atMs) >= MOST_INTERVALS) coarsen()
    const index = indexOf(atMs)
    while (intervals.length <= index) intervals.push(emptyInterval())
    return intervals[index] ?? emptyInterval()
  }

  return {
    count: (atMs, what, howMany = 1) => {
      at(atMs)[what] += howMany
    },
    measure: (atMs, what, ms) => {
      // A negative duration is only in a damaged log.
      if (ms < 0) return
      const interval = at(atMs)
      const histogram = interval[what] ?? spareHistograms.pop() ?? emptyHistogram()
      interval[what] = histogram
      histogram.record(Math.max(1, Math.min(MOST_TICKS, Math.round(ms * TICKS_PER_MS))))
    },
    spare: (atMs, ms) => {
      const interval = at(atMs)
      interval.spareMs = Math.min(interval.spareMs, ms)
    },
    points: (lastMs) => {
      at(lastMs)
      const complete = Math.max(1, Math.floor(lastMs / everyMs))
      const kept = intervals.slice(0, complete)
      const rest = intervals.slice(complete)
      const last = kept.pop()
      if (last !== undefined) kept.push(sumOf([last, ...rest]))
      return kept.map((interval, index) =>
        pointOf(
          interval,
          index * everyMs,
          index === complete - 1 ? Math.max(lastMs, index * everyMs + 1) : (index + 1) * everyMs,
        ),
      )
    },
  }
}
