/**
 * The figures that a log's windows amount to.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { Origin } from "./Origin.ts"
import type { Unfinished } from "./Unfinished.ts"
import { countIn, edgeOf, headEnd, type Tally, tailStart, type WindowGrid, windowOf } from "./WindowGrid.ts"

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

const complete = (tally: Tally): number => tally.all - tally.newest

/** All is in window 0, and counts though that is not complete. */
const figuresOfShortLog = (
  grid: WindowGrid,
  unfinished: Unfinished["orders"],
  origin: Origin,
): WindowFigures => ({
  totalMs: grid.lastMs,
  windows: 1,
  accepted: grid.accepted.all,
  expiredInQueue: grid.expiredInQueue.all,
  expiredInLimiter: grid.expiredInLimiter.all,
  created: grid.createdBefore + grid.created.all + unfinished.size,
  lowestAccepted: grid.accepted.all,
  meanLeftCapped: Math.min(origin.capPerSecond, countIn(grid.head.left, 0)),
})

/**
 * The figures of a whole log, or of what came of it so far.
 *
 * @param unfinished orders without an outcome
 */
export const figuresOf = (
  grid: WindowGrid,
  unfinished: Unfinished["orders"],
  origin: Origin,
): WindowFigures => {
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
  for (const { createdAtMs } of unfinished.values()) {
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
