/**
 * A log's figures interval by interval, each told as soon as it is complete: in constant memory, however long the
 * log is.
 *
 * Lines may come late, and an order's creation is known only when it ends. So an interval is kept open for a minute
 * beyond its end; what comes later counts in the oldest that is still open. Orders count with their outcome: those
 * without one are in no interval.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent, OrderOutcome } from "../journal/LogEvent.ts"
import {
  addDuration,
  type Distribution,
  emptyDistribution,
  type Percentiles,
  percentilesOf,
} from "./Distribution.ts"
import { coveredMs, type LogSpan } from "./LogSpans.ts"
import type { Origin } from "./Origin.ts"

/** Counts are of orders, by the time of their creation or of their outcome. */
export interface Interval {
  /** Where it begins, in milliseconds from the beginning of the log's times. */
  readonly fromMs: number
  /** The same by the clock, in milliseconds since 1970; null where the log does not say. */
  readonly atMs: number | null
  readonly everyMs: number
  /** How much of it the log tells of and is looked at: less than all of it at either end. */
  readonly coveredMs: number
  /** Null where the log does not say. */
  readonly created: number | null
  readonly accepted: number
  readonly rejected: number
  readonly expired: number
  readonly unknown: number
  readonly cancelled: number
  /** Rate-limit errors. */
  readonly exceeds: number
  readonly orderAge: Percentiles | null
  readonly roundTrip: Percentiles | null
}

export interface Intervals {
  /** Takes the log's next event. */
  readonly add: (event: LogEvent) => void
  /** The log has ended: tells the intervals that are still open. */
  readonly end: () => void
}

const LATE_MS = 60_000
/** A longer gap is left out: a damaged line may say any time. */
const MOST_EMPTY = 100_000

interface Counts {
  created: number | null
  readonly ended: Record<OrderOutcome["outcome"]["outcome"], number>
  exceeds: number
  readonly orderAge: Distribution
  readonly roundTrip: Distribution
}

const emptyCounts = (): Counts => ({
  created: null,
  ended: { accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 },
  exceeds: 0,
  orderAge: emptyDistribution(),
  roundTrip: emptyDistribution(),
})

/** Histograms are used again: there would be many thousands of them. */
const clear = (counts: Counts): void => {
  counts.created = null
  counts.exceeds = 0
  Object.assign(counts.ended, { accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 })
  for (const distribution of [counts.orderAge, counts.roundTrip]) {
    distribution.histogram.reset()
    distribution.maxMs = 0
  }
}

/**
 * @param current the time of the run that the log has come to
 * @param tell is given each interval, in order and without gaps, from the first in which something happened
 */
export const makeIntervals = (
  everyMs: number,
  source: Origin["source"],
  current: () => LogSpan,
  tell: (interval: Interval) => void,
): Intervals => {
  const openFor = Math.ceil(LATE_MS / everyMs)
  const spare: Array<Counts> = []
  const open = new Map<number, Counts>()
  /** The intervals that are open, whether anything was counted in them or not. */
  let oldest = 0
  let newest = -1
  /** Whether an interval was told since the log's beginning. */
  let hasTold = false
  let span = current()

  const tellOne = (index: number): void => {
    const counts = open.get(index) ?? spare.pop() ?? emptyCounts()
    open.delete(index)
    hasTold = true
    const { ended, exceeds, orderAge, roundTrip } = counts
    const { beginMs, clockMs } = span
    const fromMs = index * everyMs
    tell({
      fromMs,
      atMs: clockMs === undefined ? null : clockMs + fromMs,
      everyMs,
      coveredMs: coveredMs(span, beginMs + fromMs, beginMs + fromMs + everyMs),
      created: counts.created ?? (source === "journal" ? 0 : null),
      ...ended,
      exceeds,
      orderAge: percentilesOf(orderAge),
      roundTrip: percentilesOf(roundTrip),
    })
    clear(counts)
    spare.push(counts)
  }

  /** Tells the oldest intervals, so that those from `to` on remain. */
  const tellUntil = (to: number): void => {
    while (oldest < to && oldest <= newest) {
      tellOne(oldest)
      oldest += 1
    }
    // Nothing was in these.
    if (to - oldest <= MOST_EMPTY) for (let index = oldest; index < to; index += 1) tellOne(index)
    oldest = Math.max(oldest, to)
  }

  const end = (): void => {
    if (newest >= oldest) tellUntil(newest + 1)
    newest = -1
    oldest = 0
    hasTold = false
  }

  const indexOf = (atMs: number): number => Math.floor(Math.max(0, elapsedMs(span.beginMs, atMs)) / everyMs)

  const countsAt = (index: number): Counts => {
    const known = open.get(index)
    if (known !== undefined) return known
    const counts = spare.pop() ?? emptyCounts()
    open.set(index, counts)
    return counts
  }

  /** The counts of the interval in which something happened. */
  const reach = (atMs: number): Counts => {
    const index = indexOf(atMs)
    if (newest < oldest) {
      oldest = index
      newest = index
    }
    if (index > newest) {
      if (index - openFor > oldest) tellUntil(index - openFor)
      newest = index
    }
    return countsAt(Math.max(oldest, index))
  }

  const countCreated = (createdAtMs: number): void => {
    const index = indexOf(createdAtMs)
    // Before anything that is looked at happened.
    if (index < oldest && !hasTold) return
    const counts = countsAt(Math.max(oldest, Math.min(newest, index)))
    counts.created = (counts.created ?? 0) + 1
  }

  const countOutcome = (event: OrderOutcome): void => {
    const counts = reach(event.atMs)
    counts.ended[event.outcome.outcome] += 1
    if (event.outcome.outcome === "rejected" && event.outcome.reason === "rate-limit") counts.exceeds += 1
    if (event.orderAgeMs !== undefined) addDuration(counts.orderAge, event.orderAgeMs)
    if (event.roundTripMs !== undefined) addDuration(counts.roundTrip, event.roundTripMs)
    if (event.createdAtMs !== undefined) countCreated(event.createdAtMs)
  }

  return {
    add: (event) => {
      switch (event.type) {
        case "settings":
          // A further run, whose times begin again.
          end()
          span = current()
          return
        case "outcome":
          return countOutcome(event)
        case "returned":
          if (event.reason === "rate-limit") reach(event.atMs).exceeds += 1
          return
        case "requests": {
          const counts = reach(event.atMs)
          counts.created = (counts.created ?? 0) + event.count
          return
        }
        case "sent":
        case "key":
        case "nonce-jump":
        case "left":
        case "ended":
        case "unrecognised":
      }
    },
    end,
  }
}
