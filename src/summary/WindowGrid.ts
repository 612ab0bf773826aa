/**
 * Counts by window of one second in one pass and constant memory, for a log or a part of it. Windows are
 * numbered from the log's first record on.
 *
 * Averages need only sums over the complete windows, which is everything but the newest window, for the log's
 * end lies in it. The smallest and the capped count need every window for itself, but only while records for it
 * may still come: from this part, the last 64 windows; from the part before, the first 64. These two edges are
 * kept open, and what lies between them is summed up. A record that comes more than a minute late still counts
 * in the averages, but no longer in the figures that look at single windows; one older than the log's first
 * record counts as at it, and one that ends before it was created counts as created when it ended.
 */
import { Option } from "effect"
import { elapsedMs } from "../journal/elapsed.ts"
import type { OrderOutcome, TimedEvent } from "../journal/LogEvent.ts"
import type { Origin } from "./Origin.ts"

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

const WINDOW_MS = 1000
const OPEN_WINDOWS = 64

/** Counts of one kind: over all windows, and in the newest. */
interface Tally {
  all: number
  newest: number
}

/** Counts of 64 windows that follow one another; window k's stand at k modulo 64. */
interface Edge {
  readonly accepted: Float64Array
  readonly left: Float64Array
}

/** The windows of a part. Plain data: it can be sent to another thread. */
export interface WindowGrid {
  /** When the last record came, in milliseconds from the log's first. */
  lastMs: number
  /** The windows of the earliest record, late ones left out, and of the last. Infinite where there was none. */
  oldest: number
  newest: number
  readonly accepted: Tally
  readonly expiredInQueue: Tally
  readonly expiredInLimiter: Tally
  readonly created: Tally
  /** Orders created before the log's first record: in no window. */
  createdBefore: number
  /** From the oldest window on. */
  readonly head: Edge
  /** Up to the newest window, without those that are in the head. */
  readonly tail: Edge
  /** What lies between. Counted so that the order of adding up makes no difference to a float. */
  readonly middle: {
    lowestAccepted: number
    windowsAtCap: number
    leftBelowCap: number
  }
}

const emptyEdge = (): Edge => ({
  accepted: new Float64Array(OPEN_WINDOWS),
  left: new Float64Array(OPEN_WINDOWS),
})

export const emptyGrid = (): WindowGrid => ({
  lastMs: 0,
  oldest: Infinity,
  newest: -Infinity,
  accepted: { all: 0, newest: 0 },
  expiredInQueue: { all: 0, newest: 0 },
  expiredInLimiter: { all: 0, newest: 0 },
  created: { all: 0, newest: 0 },
  createdBefore: 0,
  head: emptyEdge(),
  tail: emptyEdge(),
  middle: { lowestAccepted: Infinity, windowsAtCap: 0, leftBelowCap: 0 },
})

const windowOf = (sinceFirstMs: number): number => Math.floor(sinceFirstMs / WINDOW_MS)

const isEmpty = (grid: WindowGrid): boolean => grid.newest < grid.oldest
const headEnd = (grid: WindowGrid): number => grid.oldest + OPEN_WINDOWS - 1
/** The first window that a record may still come for. */
const openFrom = (grid: WindowGrid): number => grid.newest - OPEN_WINDOWS + 1
const tailStart = (grid: WindowGrid): number => Math.max(headEnd(grid) + 1, openFrom(grid))
const hasMiddle = (grid: WindowGrid): boolean => tailStart(grid) > headEnd(grid) + 1
/** The edge in which an open window stands. */
const edgeOf = (grid: WindowGrid, window: number): Edge => (window <= headEnd(grid) ? grid.head : grid.tail)

const countIn = (counts: Float64Array, window: number): number => counts[window % OPEN_WINDOWS] ?? 0

const addTo = (edge: Edge, window: number, accepted: number, left: number): void => {
  const place = window % OPEN_WINDOWS
  edge.accepted[place] = (edge.accepted[place] ?? 0) + accepted
  edge.left[place] = (edge.left[place] ?? 0) + left
}

/** Sums up windows of the tail, which must be open. */
const close = (grid: WindowGrid, from: number, to: number, origin: Origin): void => {
  const { middle, tail } = grid
  for (let window = from; window <= to; window += 1) {
    const left = countIn(tail.left, window)
    middle.lowestAccepted = Math.min(middle.lowestAccepted, countIn(tail.accepted, window))
    if (left < origin.capPerSecond) middle.leftBelowCap += left
    else middle.windowsAtCap += 1
  }
}

const advanceTo = (grid: WindowGrid, window: number, origin: Origin): void => {
  if (isEmpty(grid)) {
    grid.oldest = window
  } else {
    const lastToClose = window - OPEN_WINDOWS
    close(grid, tailStart(grid), Math.min(grid.newest, lastToClose), origin)
    // A gap closes windows that never were open: nothing was in them.
    if (lastToClose > Math.max(grid.newest, headEnd(grid))) grid.middle.lowestAccepted = 0
    for (let opening = Math.max(grid.newest, lastToClose) + 1; opening <= window; opening += 1) {
      grid.tail.accepted[opening % OPEN_WINDOWS] = 0
      grid.tail.left[opening % OPEN_WINDOWS] = 0
    }
  }
  grid.newest = window
  grid.accepted.newest = 0
  grid.expiredInQueue.newest = 0
  grid.expiredInLimiter.newest = 0
  grid.created.newest = 0
}

/** Makes room for a record in a window; whether the window is open. */
const reach = (grid: WindowGrid, window: number, origin: Origin): boolean => {
  if (window > grid.newest) advanceTo(grid, window, origin)
  if (window < openFrom(grid)) return false
  // Only while all windows are open, hence in the head, can one come that is older than all.
  if (window < grid.oldest) grid.oldest = window
  return true
}

const count = (grid: WindowGrid, tally: Tally, window: number): void => {
  tally.all += 1
  if (window === grid.newest) tally.newest += 1
}

const countOutcome = (grid: WindowGrid, event: OrderOutcome, window: number, isOpen: boolean): void => {
  const { outcome } = event
  if (outcome.outcome === "cancelled") return
  const isAccepted = outcome.outcome === "accepted"
  if (isAccepted) count(grid, grid.accepted, window)
  else if (outcome.outcome === "expired")
    count(grid, outcome.place === "queue" ? grid.expiredInQueue : grid.expiredInLimiter, window)
  if (isOpen) addTo(edgeOf(grid, window), window, isAccepted ? 1 : 0, 1)
}

/** Counts a record of the log that begins at the origin. */
export const countRecord = (grid: WindowGrid, event: TimedEvent, origin: Origin): void => {
  const sinceFirst = Math.max(0, elapsedMs(origin.firstMs, event.atMs))
  const window = windowOf(sinceFirst)
  grid.lastMs = Math.max(grid.lastMs, sinceFirst)
  const isOpen = reach(grid, window, origin)
  if (event.type !== "outcome") return
  countOutcome(grid, event, window, isOpen)
  if (event.createdAtMs === undefined) return
  const createdSinceFirst = elapsedMs(origin.firstMs, event.createdAtMs)
  if (createdSinceFirst < 0) grid.createdBefore += 1
  else count(grid, grid.created, Math.min(window, windowOf(createdSinceFirst)))
}

const copyEdge = (edge: Edge): Edge => ({ accepted: edge.accepted.slice(), left: edge.left.slice() })

const mergeTally = (merged: Tally, earlier: Tally, later: Tally, laterBy: number): void => {
  merged.all = earlier.all + later.all
  merged.newest = (laterBy > 0 ? 0 : earlier.newest) + (laterBy < 0 ? 0 : later.newest)
}

/** Adds the later part's windows that both its edges know, from one window on. */
const addWindows = (
  merged: WindowGrid,
  later: WindowGrid,
  from: number,
  to: number,
  origin: Origin,
): void => {
  for (let window = from; window <= to; window += 1) {
    if (!reach(merged, window, origin)) continue
    const { accepted, left } = edgeOf(later, window)
    addTo(edgeOf(merged, window), window, countIn(accepted, window), countIn(left, window))
  }
}

/** Adds the later part's middle and tail, which lie beyond all that is in the earlier. */
const appendMiddleAndTail = (merged: WindowGrid, later: WindowGrid, origin: Origin): WindowGrid => {
  close(merged, tailStart(merged), merged.newest, origin)
  const { middle } = merged
  middle.lowestAccepted = Math.min(middle.lowestAccepted, later.middle.lowestAccepted)
  middle.windowsAtCap += later.middle.windowsAtCap
  middle.leftBelowCap += later.middle.leftBelowCap
  return { ...merged, newest: later.newest, tail: copyEdge(later.tail) }
}

const mergeWindows = (earlier: WindowGrid, later: WindowGrid, origin: Origin): WindowGrid => {
  const merged = {
    ...earlier,
    head: copyEdge(earlier.head),
    tail: copyEdge(earlier.tail),
    middle: { ...earlier.middle },
    accepted: { ...earlier.accepted },
    expiredInQueue: { ...earlier.expiredInQueue },
    expiredInLimiter: { ...earlier.expiredInLimiter },
    created: { ...earlier.created },
  }
  const open = openFrom(earlier)
  addWindows(merged, later, Math.max(later.oldest, open), Math.min(headEnd(later), later.newest), origin)
  if (hasMiddle(later) && open < tailStart(later)) return appendMiddleAndTail(merged, later, origin)
  addWindows(merged, later, Math.max(tailStart(later), open), later.newest, origin)
  return merged
}

/** Whether the earlier part ends among windows that the later has summed up already. */
const endsInMiddle = (earlier: WindowGrid, later: WindowGrid): boolean =>
  hasMiddle(later) && earlier.newest > headEnd(later) && openFrom(earlier) < tailStart(later)

/**
 * The windows of a part and the part right after it: exactly those of both read in one pass. Changes neither.
 *
 * None where the later part begins more than a minute before the earlier ends, as in a log to which a second run
 * was appended, and goes on far beyond that: which of its records come too late can then no longer be told. Such
 * parts must be read in one pass.
 */
export const mergeGrids = (
  earlier: WindowGrid,
  later: WindowGrid,
  origin: Origin,
): Option.Option<WindowGrid> => {
  if (isEmpty(later)) return Option.some(earlier)
  if (isEmpty(earlier)) return Option.some(later)
  if (endsInMiddle(earlier, later)) return Option.none()
  const merged = mergeWindows(earlier, later, origin)
  const laterBy = later.newest - earlier.newest
  merged.lastMs = Math.max(earlier.lastMs, later.lastMs)
  merged.createdBefore = earlier.createdBefore + later.createdBefore
  mergeTally(merged.accepted, earlier.accepted, later.accepted, laterBy)
  mergeTally(merged.expiredInQueue, earlier.expiredInQueue, later.expiredInQueue, laterBy)
  mergeTally(merged.expiredInLimiter, earlier.expiredInLimiter, later.expiredInLimiter, laterBy)
  mergeTally(merged.created, earlier.created, later.created, laterBy)
  return Option.some(merged)
}

const complete = (tally: Tally): number => tally.all - tally.newest

/** All is in window 0, and counts though that is not complete. */
const figuresOfShortLog = (
  grid: WindowGrid,
  unfinished: Iterable<number>,
  origin: Origin,
): WindowFigures => ({
  totalMs: grid.lastMs,
  windows: 1,
  accepted: grid.accepted.all,
  expiredInQueue: grid.expiredInQueue.all,
  expiredInLimiter: grid.expiredInLimiter.all,
  created: grid.createdBefore + grid.created.all + [...unfinished].length,
  lowestAccepted: grid.accepted.all,
  meanLeftCapped: Math.min(origin.capPerSecond, countIn(grid.head.left, 0)),
})

/**
 * The figures of a whole log, or of what came of it so far.
 *
 * @param unfinished the times of creation of orders without an outcome
 */
export const figuresOf = (grid: WindowGrid, unfinished: Iterable<number>, origin: Origin): WindowFigures => {
  if (grid.newest <= 0) return figuresOfShortLog(grid, unfinished, origin)
  const { middle } = grid
  // No record, no order.
  let lowestAccepted = grid.oldest > 0 ? 0 : middle.lowestAccepted
  let { leftBelowCap, windowsAtCap } = middle
  const look = (from: number, to: number): void => {
    for (let window = from; window <= to; window += 1) {
      const { accepted, left } = edgeOf(grid, window)
      lowestAccepted = Math.min(lowestAccepted, countIn(accepted, window))
      if (countIn(left, window) < origin.capPerSecond) leftBelowCap += countIn(left, window)
      else windowsAtCap += 1
    }
  }
  look(grid.oldest, Math.min(headEnd(grid), grid.newest - 1))
  look(tailStart(grid), grid.newest - 1)
  let createdUnfinished = 0
  for (const createdAtMs of unfinished) {
    const sinceFirst = elapsedMs(origin.firstMs, createdAtMs)
    if (sinceFirst >= 0 && windowOf(sinceFirst) < grid.newest) createdUnfinished += 1
  }
  // A cap may be infinite, but then no window is at it.
  const leftAtCap = windowsAtCap === 0 ? 0 : windowsAtCap * origin.capPerSecond
  return {
    totalMs: grid.lastMs,
    windows: grid.newest,
    accepted: complete(grid.accepted),
    expiredInQueue: complete(grid.expiredInQueue),
    expiredInLimiter: complete(grid.expiredInLimiter),
    created: complete(grid.created) + createdUnfinished,
    lowestAccepted,
    meanLeftCapped: (leftBelowCap + leftAtCap) / grid.newest,
  }
}
