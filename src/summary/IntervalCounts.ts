/**
 * Counts a log's events interval by interval, and hands each interval on when it is complete: in constant memory, however
 * long the log is.
 *
 * Lines may come late, and an order's creation is known only when it ends. So an interval is kept open for a minute
 * beyond its end; what comes later counts in the oldest that is still open. Orders count with their outcome: those
 * without one are in no interval.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent, OrderOutcome } from "../journal/LogEvent.ts"
import type { RejectReason } from "../domain/Outcome.ts"
import { addDuration, type Distribution } from "./Distribution.ts"
import type { EventListener } from "./LogOptions.ts"

const COUNTED = ["accepted", "rejected", "expired", "unknown", "cancelled", "refused", "exceeds"] as const

/**
 * What is counted in an interval: orders by their outcome; requests that were `refused`, whether that ended their order
 * or not; and those of them that were refused for the rate limit, the `exceeds`.
 */
export interface IntervalCounts extends Record<(typeof COUNTED)[number], number> {
  /** Orders created; null where the log does not say. */
  created: number | null
  /** Undefined where nothing was measured. */
  orderAge: Distribution | undefined
  roundTrip: Distribution | undefined
}

export const emptyCounts = (): IntervalCounts => ({
  created: null,
  accepted: 0,
  rejected: 0,
  expired: 0,
  unknown: 0,
  cancelled: 0,
  refused: 0,
  exceeds: 0,
  orderAge: undefined,
  roundTrip: undefined,
})

/** Adds another interval's counts. Its distributions are not. */
export const addCounts = (into: IntervalCounts, other: IntervalCounts): void => {
  for (const name of COUNTED) into[name] += other[name]
  if (other.created !== null) into.created = (into.created ?? 0) + other.created
}

const LATE_MS = 60_000
/** A longer gap is left out: a damaged line may say any time. */
const MOST_EMPTY = 100_000

/**
 * @param beginMs the time at which the intervals of the run that the log has come to begin. What happened before counts in
 * the first, but for the creation of orders
 * @param distribution an empty distribution
 * @param tell is given each interval, in order and without gaps, from the first in which something happened
 */
export const countIntervals = (
  everyMs: number,
  beginMs: () => number,
  distribution: () => Distribution,
  tell: (fromMs: number, counts: IntervalCounts) => void,
): EventListener => {
  const openFor = Math.ceil(LATE_MS / everyMs)
  const open = new Map<number, IntervalCounts>()
  /** The intervals that are open, whether anything was counted in them or not. */
  let oldest = 0
  let newest = -1
  /** Whether an interval was told since the log's beginning. */
  let hasTold = false

  const tellOne = (index: number): void => {
    const counts = open.get(index) ?? emptyCounts()
    open.delete(index)
    hasTold = true
    tell(index * everyMs, counts)
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

  const countsAt = (index: number): IntervalCounts => {
    const known = open.get(index)
    if (known !== undefined) return known
    const counts = emptyCounts()
    open.set(index, counts)
    return counts
  }

  /** The counts of the interval in which something happened. */
  const reach = (atMs: number): IntervalCounts => {
    const index = Math.floor(Math.max(0, elapsedMs(beginMs(), atMs)) / everyMs)
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

  const create = (counts: IntervalCounts, howMany: number): void => {
    counts.created = (counts.created ?? 0) + howMany
  }

  const countCreated = (createdAtMs: number): void => {
    const sinceMs = elapsedMs(beginMs(), createdAtMs)
    const index = Math.floor(sinceMs / everyMs)
    // Before anything that is looked at happened.
    if (sinceMs < 0 || (index < oldest && !hasTold)) return
    create(countsAt(Math.max(oldest, Math.min(newest, index))), 1)
  }

  const refuse = (counts: IntervalCounts, reason: RejectReason): void => {
    counts.refused += 1
    if (reason === "rate-limit") counts.exceeds += 1
  }

  const measure = (counts: IntervalCounts, what: "orderAge" | "roundTrip", ms: number | undefined): void => {
    // A negative duration is only in a damaged log.
    if (ms !== undefined && ms >= 0) addDuration((counts[what] ??= distribution()), ms)
  }

  const countOutcome = ({ atMs, createdAtMs, orderAgeMs, outcome, roundTripMs }: OrderOutcome): void => {
    const counts = reach(atMs)
    counts[outcome.outcome] += 1
    if (outcome.outcome === "rejected") refuse(counts, outcome.reason)
    measure(counts, "orderAge", orderAgeMs)
    measure(counts, "roundTrip", roundTripMs)
    if (createdAtMs !== undefined) countCreated(createdAtMs)
  }

  return {
    add: (event: LogEvent) => {
      // A further run's times begin again.
      if (event.type === "settings") end()
      else if (event.type === "outcome") countOutcome(event)
      else if (event.type === "returned" && event.reason !== "not-sent")
        refuse(reach(event.atMs), event.reason)
      else if (event.type === "requests") create(reach(event.atMs), event.count)
    },
    end,
  }
}
