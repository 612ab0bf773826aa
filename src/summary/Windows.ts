/**
 * Counts by window of one second in one pass and constant memory. Windows are numbered from the log's first record on.
 *
 * Averages need only sums over the complete windows, which is everything but the newest window, for the log's
 * end lies in it. The smallest and the capped count need every window for itself, but only while records for it
 * may still come: the last 64 windows are kept open, and those before them summed up. A record that comes more than a
 * minute late still counts in the averages, but no longer in the figures that look at single windows; one older than
 * the log's first record counts as at it, and one that ends before it was created counts as created when it ended.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEnded, OrderOutcome, TimedEvent } from "../journal/LogEvent.ts"
import type { LogStart } from "./LogStart.ts"

const WINDOW_MS = 1000
const OPEN_WINDOWS = 64

/** Counts of one kind: over all windows, and in the newest. */
export interface Tally {
  all: number
  newest: number
}

export interface Windows {
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
  /** Orders accepted in each open window, and those that left the queue; window k's stand at k modulo 64. */
  readonly openAccepted: Float64Array
  readonly openLeft: Float64Array
  /** Over the windows that are no longer open. */
  readonly closed: {
    lowestAccepted: number
    windowsAtCap: number
    leftBelowCap: number
  }
}

export const emptyWindows = (): Windows => ({
  lastMs: 0,
  oldest: Infinity,
  newest: -Infinity,
  accepted: { all: 0, newest: 0 },
  expiredInQueue: { all: 0, newest: 0 },
  expiredInLimiter: { all: 0, newest: 0 },
  created: { all: 0, newest: 0 },
  createdBefore: 0,
  openAccepted: new Float64Array(OPEN_WINDOWS),
  openLeft: new Float64Array(OPEN_WINDOWS),
  closed: { lowestAccepted: Infinity, windowsAtCap: 0, leftBelowCap: 0 },
})

export const windowOf = (sinceFirstMs: number): number => Math.floor(sinceFirstMs / WINDOW_MS)

/** The first window that is still open. */
export const openFrom = ({ newest, oldest }: Windows): number => Math.max(oldest, newest - OPEN_WINDOWS + 1)

export const countIn = (counts: Float64Array, window: number): number => counts[window % OPEN_WINDOWS] ?? 0

const addTo = (counts: Float64Array, window: number): void => {
  counts[window % OPEN_WINDOWS] = countIn(counts, window) + 1
}

const advanceTo = (windows: Windows, window: number, { capPerSecond }: LogStart): void => {
  const { closed, newest, openAccepted, openLeft } = windows
  if (newest < windows.oldest) windows.oldest = window
  else {
    const lastToClose = window - OPEN_WINDOWS
    for (let closing = openFrom(windows); closing <= Math.min(newest, lastToClose); closing += 1) {
      const left = countIn(openLeft, closing)
      closed.lowestAccepted = Math.min(closed.lowestAccepted, countIn(openAccepted, closing))
      if (left < capPerSecond) closed.leftBelowCap += left
      else closed.windowsAtCap += 1
    }
    // A gap closes windows that never were open: nothing was in them.
    if (lastToClose > newest) closed.lowestAccepted = 0
    for (let opening = Math.max(newest, lastToClose) + 1; opening <= window; opening += 1) {
      openAccepted[opening % OPEN_WINDOWS] = 0
      openLeft[opening % OPEN_WINDOWS] = 0
    }
  }
  windows.newest = window
  for (const tally of [windows.accepted, windows.expiredInQueue, windows.expiredInLimiter, windows.created])
    tally.newest = 0
}

/** Makes room for a record in a window; whether the window is open. */
const reach = (windows: Windows, window: number, start: LogStart): boolean => {
  if (window > windows.newest) advanceTo(windows, window, start)
  if (window <= windows.newest - OPEN_WINDOWS) return false
  // Only while all windows are open can one come that is older than all.
  if (window < windows.oldest) windows.oldest = window
  return true
}

const count = (windows: Windows, tally: Tally, window: number): void => {
  tally.all += 1
  if (window === windows.newest) tally.newest += 1
}

const countOutcome = (windows: Windows, { outcome }: OrderOutcome, window: number, isOpen: boolean): void => {
  if (outcome.outcome === "cancelled") return
  const isAccepted = outcome.outcome === "accepted"
  if (isAccepted) count(windows, windows.accepted, window)
  else if (outcome.outcome === "expired")
    count(windows, outcome.place === "limiter" ? windows.expiredInLimiter : windows.expiredInQueue, window)
  if (!isOpen) return
  if (isAccepted) addTo(windows.openAccepted, window)
  addTo(windows.openLeft, window)
}

/** Counts a record of the log that begins at the start. What ended after the planned end is in no window; its order may be created in one. */
export const countRecord = (windows: Windows, event: TimedEvent, start: LogStart): void => {
  const atMs = Math.max(0, elapsedMs(start.firstMs, event.atMs))
  const sinceFirst = Math.min(atMs, start.plannedMs)
  const window = windowOf(sinceFirst)
  windows.lastMs = Math.max(windows.lastMs, sinceFirst)
  const isOpen = reach(windows, window, start)
  if (event.type !== "outcome") return
  if (atMs === sinceFirst) countOutcome(windows, event, window, isOpen)
  if (event.createdAtMs === undefined) return
  const createdSinceFirst = elapsedMs(start.firstMs, event.createdAtMs)
  if (createdSinceFirst < 0) windows.createdBefore += 1
  else count(windows, windows.created, Math.min(window, windowOf(createdSinceFirst)))
}

/** The run has ended: its windows go on until then, or until the planned end of one that failed before it. */
export const endWindows = (windows: Windows, { atMs, end }: LogEnded, start: LogStart): void => {
  if (atMs === undefined) return
  const { plannedMs } = start
  const endedMs = Math.max(0, elapsedMs(start.firstMs, atMs))
  const untilMs = end === "failed" && plannedMs !== Infinity ? plannedMs : Math.min(plannedMs, endedMs)
  windows.lastMs = Math.max(windows.lastMs, untilMs)
  reach(windows, windowOf(untilMs), start)
}
