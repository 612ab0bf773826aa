/**
 * The figures of a log's windows.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogStart } from "./LogStart.ts"
import type { Unfinished } from "./Unfinished.ts"
import { countIn, openFrom, type Tally, windowOf, type Windows } from "./Windows.ts"

export interface WindowFigures {
  /** From the first record to the last, or to the end of the run, in milliseconds. */
  readonly totalMs: number
  /** Complete windows; a log shorter than a window has one, with everything in it. */
  readonly windows: number
  /** Sums over these windows. */
  readonly accepted: number
  readonly expiredInQueue: number
  readonly expiredInLimiter: number
  readonly created: number
  /** The smallest count of accepted orders in a window. */
  readonly lowestAccepted: number
  /** Orders that left the queue, on average over the windows; a window counts no more than the cap. */
  readonly meanLeftCapped: number
}

const complete = (tally: Tally): number => tally.all - tally.newest

/** All is in window 0, and counts though that is not complete. */
const figuresOfShortLog = (
  windows: Windows,
  unfinished: Unfinished["orders"],
  start: LogStart,
): WindowFigures => ({
  totalMs: windows.lastMs,
  windows: 1,
  accepted: windows.accepted.all,
  expiredInQueue: windows.expiredInQueue.all,
  expiredInLimiter: windows.expiredInLimiter.all,
  created: windows.createdBefore + windows.created.all + unfinished.size,
  lowestAccepted: windows.accepted.all,
  meanLeftCapped: Math.min(start.capPerSecond, countIn(windows.openLeft, 0)),
})

/**
 * The figures of a whole log, or of the part that was read so far.
 *
 * @param unfinished orders without an outcome
 */
export const figuresOf = (
  windows: Windows,
  unfinished: Unfinished["orders"],
  start: LogStart,
): WindowFigures => {
  if (windows.newest <= 0) return figuresOfShortLog(windows, unfinished, start)
  const { closed, openAccepted, openLeft } = windows
  // No record, no order.
  let lowestAccepted = windows.oldest > 0 ? 0 : closed.lowestAccepted
  let { leftBelowCap, windowsAtCap } = closed
  for (let window = openFrom(windows); window < windows.newest; window += 1) {
    const left = countIn(openLeft, window)
    lowestAccepted = Math.min(lowestAccepted, countIn(openAccepted, window))
    if (left < start.capPerSecond) leftBelowCap += left
    else windowsAtCap += 1
  }
  let createdUnfinished = 0
  for (const { createdAtMs } of unfinished.values()) {
    const sinceFirst = elapsedMs(start.firstMs, createdAtMs)
    if (sinceFirst >= 0 && windowOf(sinceFirst) < windows.newest) createdUnfinished += 1
  }
  // A cap may be infinite, but then no window is at it.
  const leftAtCap = windowsAtCap === 0 ? 0 : windowsAtCap * start.capPerSecond
  return {
    totalMs: windows.lastMs,
    windows: windows.newest,
    accepted: complete(windows.accepted),
    expiredInQueue: complete(windows.expiredInQueue),
    expiredInLimiter: complete(windows.expiredInLimiter),
    created: complete(windows.created) + createdUnfinished,
    lowestAccepted,
    meanLeftCapped: (leftBelowCap + leftAtCap) / windows.newest,
  }
}
