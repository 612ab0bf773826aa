/**
 * Counts by window of one second, from a first record on, in one pass and constant memory.
 *
 * Averages need only sums over the complete windows, which is everything but the newest window, for the log's
 * end lies in it. The smallest and the capped count need every window for itself, but only while records for it
 * may still come: the last 64 are kept open. A record that comes more than a minute late still counts in the
 * averages, but no longer in the figures that look at single windows; one older than the first record counts as
 * at it.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { OrderOutcome, OrdersCounted } from "../journal/LogEvent.ts"

/** A record that has a time. */
export type TimedEvent = OrderOutcome | OrdersCounted

export interface WindowFigures {
  /** From the first record to the last, in milliseconds. */
  readonly totalMs: number
  /** Complete windows; 1 for a log shorter than that, whose one window has everything in it. */
  readonly windows: number
  /** Sums over these windows. */
  readonly accepted: number
  readonly expiredInQueue: number
  readonly expiredInLimiter: number
  readonly created: number
  /** The smallest count of accepted orders in one of them. */
  readonly lowestAccepted: number
  /** The mean over them of the orders that left the queue, where each counts no more than the cap. */
  readonly meanLeftCapped: number
}

export interface Windows {
  readonly add: (event: TimedEvent) => void
  /** What the figures are so far. `unfinished` are the times of creation of orders without an outcome. */
  readonly figures: (unfinished: Iterable<number>) => WindowFigures
}

const WINDOW_MS = 1000
const OPEN_WINDOWS = 64

/** Counts of one kind: over the whole log, and in its newest window. */
interface Tally {
  all: number
  newest: number
}

const tally = (): Tally => ({ all: 0, newest: 0 })
const complete = (counts: Tally): number => counts.all - counts.newest

const windowOf = (sinceFirstMs: number): number => Math.floor(sinceFirstMs / WINDOW_MS)

/**
 * Counts the windows of a log whose first record came at `firstMs`.
 *
 * @param capPerWindow the most orders that can leave the queue in one window, as the exchange's limit has it
 */
export const makeGrid = (firstMs: number, capPerWindow: number): Windows => {
  const accepted = tally()
  const expiredInQueue = tally()
  const expiredInLimiter = tally()
  const created = tally()
  const tallies = [accepted, expiredInQueue, expiredInLimiter, created]
  /** Orders created before the first record: in no window. */
  let createdBefore = 0
  let leftAll = 0

  const openAccepted = new Float64Array(OPEN_WINDOWS)
  const openLeft = new Float64Array(OPEN_WINDOWS)
  let newest = 0
  let lastMs = 0
  let closedLowest = Infinity
  let closedLeftCapped = 0

  const countIn = (counts: Float64Array, window: number): number => counts[window % OPEN_WINDOWS] ?? 0
  const capped = (window: number): number => Math.min(capPerWindow, countIn(openLeft, window))
  const oldestOpen = (): number => Math.max(0, newest - OPEN_WINDOWS + 1)

  const advanceTo = (window: number): void => {
    const lastToClose = window - OPEN_WINDOWS
    for (let closing = oldestOpen(); closing <= Math.min(newest, lastToClose); closing += 1) {
      closedLowest = Math.min(closedLowest, countIn(openAccepted, closing))
      closedLeftCapped += capped(closing)
    }
    // A gap closes windows that never were open: nothing was in them.
    if (lastToClose > newest) closedLowest = 0
    for (let opening = Math.max(newest, lastToClose) + 1; opening <= window; opening += 1) {
      openAccepted[opening % OPEN_WINDOWS] = 0
      openLeft[opening % OPEN_WINDOWS] = 0
    }
    for (const counts of tallies) counts.newest = 0
    newest = window
  }

  const count = (counts: Tally, window: number): void => {
    counts.all += 1
    if (window >= newest) counts.newest += 1
  }

  const countOutcome = (event: OrderOutcome, window: number): void => {
    const isOpen = window >= oldestOpen()
    switch (event.outcome.outcome) {
      case "accepted":
        count(accepted, window)
        if (isOpen) openAccepted[window % OPEN_WINDOWS] = countIn(openAccepted, window) + 1
        break
      case "expired":
        count(event.outcome.place === "queue" ? expiredInQueue : expiredInLimiter, window)
        break
      case "rejected":
      case "unknown":
        break
      case "cancelled":
        return
    }
    leftAll += 1
    if (isOpen) openLeft[window % OPEN_WINDOWS] = countIn(openLeft, window) + 1
  }

  const countCreated = (createdAtMs: number): void => {
    const sinceFirst = elapsedMs(firstMs, createdAtMs)
    if (sinceFirst < 0) createdBefore += 1
    else count(created, windowOf(sinceFirst))
  }

  const shortLog = (unfinished: Iterable<number>): WindowFigures => ({
    totalMs: lastMs,
    windows: 1,
    accepted: accepted.all,
    expiredInQueue: expiredInQueue.all,
    expiredInLimiter: expiredInLimiter.all,
    created: createdBefore + created.all + [...unfinished].length,
    lowestAccepted: accepted.all,
    meanLeftCapped: Math.min(capPerWindow, leftAll),
  })

  return {
    add: (event) => {
      const sinceFirst = Math.max(0, elapsedMs(firstMs, event.atMs))
      const window = windowOf(sinceFirst)
      lastMs = Math.max(lastMs, sinceFirst)
      if (window > newest) advanceTo(window)
      if (event.type !== "outcome") return
      countOutcome(event, window)
      if (event.createdAtMs !== undefined) countCreated(event.createdAtMs)
    },
    figures: (unfinished) => {
      if (newest === 0) return shortLog(unfinished)
      let lowestAccepted = closedLowest
      let leftCapped = closedLeftCapped
      for (let window = oldestOpen(); window < newest; window += 1) {
        lowestAccepted = Math.min(lowestAccepted, countIn(openAccepted, window))
        leftCapped += capped(window)
      }
      let createdUnfinished = 0
      for (const createdAtMs of unfinished) {
        const sinceFirst = elapsedMs(firstMs, createdAtMs)
        if (sinceFirst >= 0 && windowOf(sinceFirst) < newest) createdUnfinished += 1
      }
      return {
        totalMs: lastMs,
        windows: newest,
        accepted: complete(accepted),
        expiredInQueue: complete(expiredInQueue),
        expiredInLimiter: complete(expiredInLimiter),
        created: complete(created) + createdUnfinished,
        lowestAccepted,
        meanLeftCapped: leftCapped / newest,
      }
    },
  }
}
