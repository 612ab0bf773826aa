/**
 * Counts a run's events interval by interval, and hands each interval on when it is complete: in constant memory, however
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

/** The intervals that something may still be counted in, by the time since the first one's beginning. */
class OpenIntervals {
  readonly #everyMs: number
  readonly #tell: (fromMs: number, counts: IntervalCounts) => void
  readonly #counts = new Map<number, IntervalCounts>()
  /** Of those that are open, whether anything was counted in them or not. */
  #oldest = 0
  #newest = -1
  /** Whether an interval was told since the log's beginning. */
  #hasTold = false

  constructor(everyMs: number, tell: (fromMs: number, counts: IntervalCounts) => void) {
    this.#everyMs = everyMs
    this.#tell = tell
  }

  /** The interval in which something happened. Those that are too old then are told. */
  reach(sinceMs: number): IntervalCounts {
    const index = Math.floor(Math.max(0, sinceMs) / this.#everyMs)
    if (this.#newest < this.#oldest) {
      this.#oldest = index
      this.#newest = index
    }
    if (index > this.#newest) {
      const openFrom = index - Math.ceil(LATE_MS / this.#everyMs)
      if (openFrom > this.#oldest) this.#tellUntil(openFrom)
      this.#newest = index
    }
    return this.#at(Math.max(this.#oldest, index))
  }

  /** The interval in which an order was created that is counted now; undefined before anything that is looked at happened. */
  whenCreated(sinceMs: number): IntervalCounts | undefined {
    const index = Math.floor(sinceMs / this.#everyMs)
    if (sinceMs < 0 || (index < this.#oldest && !this.#hasTold)) return undefined
    return this.#at(Math.max(this.#oldest, Math.min(this.#newest, index)))
  }

  /** Tells all. */
  end(): void {
    if (this.#newest >= this.#oldest) this.#tellUntil(this.#newest + 1)
  }

  #at(index: number): IntervalCounts {
    const known = this.#counts.get(index)
    if (known !== undefined) return known
    const counts = emptyCounts()
    this.#counts.set(index, counts)
    return counts
  }

  #tellOne(index: number): void {
    const counts = this.#counts.get(index) ?? emptyCounts()
    this.#counts.delete(index)
    this.#hasTold = true
    this.#tell(index * this.#everyMs, counts)
  }

  /** Tells the oldest intervals, so that those from `to` on remain. */
  #tellUntil(to: number): void {
    while (this.#oldest < to && this.#oldest <= this.#newest) {
      this.#tellOne(this.#oldest)
      this.#oldest += 1
    }
    // Nothing was in these.
    if (to - this.#oldest <= MOST_EMPTY) {
      for (let index = this.#oldest; index < to; index += 1) this.#tellOne(index)
    }
    this.#oldest = Math.max(this.#oldest, to)
  }
}

const create = (counts: IntervalCounts, howMany: number): void => {
  counts.created = (counts.created ?? 0) + howMany
}

/** A Python client counts the orders that it made in this time, at its end. */
const COUNTED_MS = 1000

const refuse = (counts: IntervalCounts, reason: RejectReason): void => {
  counts.refused += 1
  if (reason === "rate-limit") counts.exceeds += 1
}

/**
 * @param beginMs the time at which the intervals begin. What happened before counts in
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
  const open = new OpenIntervals(everyMs, tell)
  const reach = (atMs: number): IntervalCounts => open.reach(elapsedMs(beginMs(), atMs))

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
    const created =
      createdAtMs === undefined ? undefined : open.whenCreated(elapsedMs(beginMs(), createdAtMs))
    if (created !== undefined) create(created, 1)
  }

  /** Spreads a count over the second that it is of; what was created before the intervals begin is in none. */
  const countMade = (atMs: number, count: number): void => {
    reach(atMs)
    const sinceMs = elapsedMs(beginMs(), atMs) - COUNTED_MS
    let told = 0
    for (let fromMs = sinceMs; fromMs < sinceMs + COUNTED_MS;) {
      const toMs = Math.min((Math.floor(fromMs / everyMs) + 1) * everyMs, sinceMs + COUNTED_MS)
      const until = Math.round((count * (toMs - sinceMs)) / COUNTED_MS)
      const created = open.whenCreated(fromMs)
      if (created !== undefined) create(created, until - told)
      told = until
      fromMs = toMs
    }
  }

  return {
    add: (event: LogEvent) => {
      if (event.type === "outcome") countOutcome(event)
      else if (event.type === "returned" && event.reason !== "not-sent")
        refuse(reach(event.atMs), event.reason)
      else if (event.type === "requests") countMade(event.atMs, event.count)
    },
    end: () => {
      open.end()
    },
  }
}
