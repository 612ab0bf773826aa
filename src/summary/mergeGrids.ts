/**
 * Puts together the windows of two parts of a log.
 *
 * The earlier part's last open windows and the later's first may be the same seconds: they are added up one by
 * one, as if the later part's records had come right after the earlier's. What the later part has summed up lies
 * beyond that.
 */
import { Option } from "effect"
import type { Origin } from "./Origin.ts"
import {
  addTo,
  close,
  countIn,
  type Edge,
  edgeOf,
  hasMiddle,
  headEnd,
  isEmpty,
  openFrom,
  reach,
  type Tally,
  tailStart,
  type WindowGrid,
} from "./WindowGrid.ts"

const copyEdge = (edge: Edge): Edge => ({ accepted: edge.accepted.slice(), left: edge.left.slice() })

const mergeTally = (merged: Tally, earlier: Tally, later: Tally, laterBy: number): void => {
  merged.all = earlier.all + later.all
  merged.newest = (laterBy > 0 ? 0 : earlier.newest) + (laterBy < 0 ? 0 : later.newest)
}

/** Adds windows of the later part's edges. */
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
