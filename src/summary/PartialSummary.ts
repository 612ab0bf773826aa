/**
 * The summary of a part of a log, in constant memory, such that the parts' summaries add up to the log's.
 *
 * Any division of a log into parts that follow one another will do, and any grouping of the merges; merging with
 * an empty part changes nothing. Every part must know the log's origin, which its first lines tell. A line
 * belongs to the part in which it begins.
 */
import { Option } from "effect"
import type { LogEvent } from "../journal/LogEvent.ts"
import { percentilesOf } from "./Distribution.ts"
import { emptyTally, type LogTally, mergeTallies, tallyEvent } from "./LogTally.ts"
import { createdByNumber, requestsPerSecond } from "./Numbering.ts"
import { isTimed, type Origin } from "./Origin.ts"
import type { Summary } from "./Summary.ts"
import { countUnfinished } from "./Unfinished.ts"
import { mergeGrids } from "./mergeGrids.ts"
import { countRecord, emptyGrid, type WindowGrid } from "./WindowGrid.ts"
import { figuresOf, type WindowFigures } from "./windowFigures.ts"

/**
 * Plain data and histograms: it can be sent to another thread when its part is read to the end. Its size does
 * not grow with the log: at most 128 windows, 200,000 names of orders, two histograms.
 */
export interface PartialSummary {
  readonly tally: LogTally
  readonly windows: WindowGrid
}

/** @param isBeginning whether no part of the log comes before: it then need not tell which orders it names */
export const emptyPart = (isBeginning: boolean): PartialSummary => ({
  tally: emptyTally(isBeginning),
  windows: emptyGrid(),
})

/** Takes the part's next event. */
export const addEvent = (part: PartialSummary, event: LogEvent, origin: Origin): void => {
  tallyEvent(part.tally, event)
  if (isTimed(event)) countRecord(part.windows, event, origin)
}

/**
 * The summary of a part and the part right after it: exactly that of both read in one pass, as long as no more
 * than 100,000 orders are unfinished at once. Changes neither; to be used in their place.
 *
 * None for parts that can only be read in one pass: see `mergeGrids`.
 */
export const mergeParts = (
  earlier: PartialSummary,
  later: PartialSummary,
  origin: Origin,
): Option.Option<PartialSummary> =>
  Option.map(mergeGrids(earlier.windows, later.windows, origin), (windows) => ({
    tally: mergeTallies(earlier.tally, later.tally),
    windows,
  }))

const requestsRate = (tally: LogTally, figures: WindowFigures, source: Origin["source"]): number =>
  source === "python-client"
    ? requestsPerSecond(tally.numbering, figures.totalMs)
    : figures.created / figures.windows

const created = ({ numbering, orders, unfinished }: LogTally, source: Origin["source"]): number =>
  source === "python-client"
    ? createdByNumber(numbering)
    : Object.values(orders).reduce((sum, count) => sum + count, 0) + countUnfinished(unfinished)

/**
 * The summary of a whole log, or of what came of it so far. An order that was sent and has no outcome counts as
 * unknown.
 */
export const summaryOf = ({ tally, windows }: PartialSummary, origin: Origin): Summary => {
  const figures = figuresOf(windows, tally.unfinished.createdAtMs.values(), origin)
  const { orders, refusals } = tally
  return {
    averageRequestsRate: requestsRate(tally, figures, origin.source),
    maxPossibleThroughput: figures.meanLeftCapped,
    averageThroughput: figures.accepted / figures.windows,
    lowestThroughput: figures.lowestAccepted,
    averageIgnoredFromQueue: figures.expiredInQueue / figures.windows,
    averageLimitedByLimiter: figures.expiredInLimiter / figures.windows,
    exceeds: refusals["rate-limit"],
    bans: refusals.blocked,
    nonceErrors: refusals.nonce,
    totalTimeMs: figures.totalMs,
    windows: figures.windows,
    orders: {
      created: created(tally, origin.source),
      accepted: orders.accepted,
      rejected: orders.rejected,
      expired: orders.expired,
      unknown: orders.unknown + countUnfinished(tally.unfinished),
      cancelled: orders.cancelled,
    },
    unrecognisedLines: tally.unrecognisedLines,
    orderAge: percentilesOf(tally.orderAge),
    roundTrip: percentilesOf(tally.roundTrip),
  }
}
