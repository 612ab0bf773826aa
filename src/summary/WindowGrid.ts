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
import { elapsedMs } from "../journal/elapsed.ts"
import type { OrderOutcome, TimedEvent } from "../journal/LogEvent.ts"
import type { Origin } from "./Origin.ts"

const WINDOW_MS = 1000
const OPEN_WINDOWS = 64

/** Counts of one kind: over all windows, and in the newest. */
export interface Tally {
  all: number
  newest: number
}

/** Counts of 64 windows that follow one another; window k's stand at k modulo 64. */
export interface Edge {
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

export const windowOf = (sinceFirstMs: number): number => Math.floor(sinceFirstMs / WINDOW_MS)

export const isEmpty = (grid: WindowGrid): boolean => grid.newest < grid.oldest
/** The last window of the head. */
export const headEnd = (grid: WindowGrid): number => grid.oldest + OPEN_WINDOWS - 1
/** The first window that a record may still come for. */
export const openFrom = (grid: WindowGrid): number => grid.newest - OPEN_WINDOWS + 1
/** The first open window that is not in the head. */
export const tailStart = (grid: WindowGrid): number => Math.max(headEnd(grid) + 1, openFrom(grid))
/** Whether windows were summed up. */
export const hasMiddle = (grid: WindowGrid): boolean => tailStart(grid) > headEnd(grid) + 1
/** The edge in which an open window stands. */
export const edgeOf = (grid: WindowGrid, window: number): Edge =>
  window <= headEnd(grid) ? grid.head : grid.tail

export const countIn = (counts: Float64Array, window: number): number => counts[window % OPEN_WINDOWS] ?? 0

export const addTo = (edge: Edge, window: number, accepted: number, left: number): void => {
  const place = window % OPEN_WINDOWS
  edge.accepted[place] = (edge.accepted[place] ?? 0) + accepted
  edge.left[place] = (edge.left[place] ?? 0) + left
}

/** Sums up windows of the tail, which must be open. */
export const close = (grid: WindowGrid, from: number, to: number, origin: Origin): void => {
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
export const reach = (grid: WindowGrid, window: number, origin: Origin): boolean => {
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
