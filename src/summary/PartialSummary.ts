/**
 * The summary of a part of a log, in constant memory, such that the parts' summaries add up to the log's.
 *
 * Any division of a log into parts that follow one another will do, and any grouping of the merges; merging with
 * an empty part changes nothing. Every part must know the log's origin, which its first lines tell. A line
 * belongs to the part in which it begins.
 */
import { Option } from "effect"
import type { LogEvent, TimedEvent } from "../journal/LogEvent.ts"
import { longestWithout } from "./Acceptances.ts"
import { percentilesOf } from "./Distribution.ts"
import { countHeld, emptyHeld, type Held, mergeHeld } from "./Held.ts"
import { keyFigures } from "./keyFigures.ts"
import { emptyTally, type LogTally, mergeTallies, tallyEvent } from "./LogTally.ts"
import { createdByNumber, requestsPerSecond } from "./Numbering.ts"
import { isTimed, type Origin } from "./Origin.ts"
import { runSettingOf } from "./runSetting.ts"
import type { Summary } from "./Summary.ts"
import { countByKey, countUnfinished } from "./Unfinished.ts"
import { utilisationOf } from "./utilisation.ts"
import { mergeGrids } from "./mergeGrids.ts"
import { countRecord, emptyGrid, type WindowGrid } from "./WindowGrid.ts"
import { figuresOf, type WindowFigures } from "./windowFigures.ts"

/**
 * Plain data and histograms: it can be sent to another thread when its part is read to the end. Its size does
 * not grow with the log: at most 128 windows, 200,000 names of orders, 10,000 of keys, four histograms.
 */
export interface PartialSummary {
  readonly tally: LogTally
  readonly windows: WindowGrid
  readonly held: Held
}

/** @param isBeginning whether no part of the log comes before: it then need not tell which orders it names */
export const emptyPart = (isBeginning: boolean): PartialSummary => ({
  tally: emptyTally(isBeginning),
  windows: emptyGrid(),
  held: emptyHeld(),
})

/** Takes the part's next event. */
export const addEvent = (part: PartialSummary, event: LogEvent, origin: Origin): void => {
  tallyEvent(part.tally, event)
  if (isTimed(event)) addTimed(part, event, origin)
}

/** Takes of an event what can be counted only once the log's origin is known. */
export const addTimed = (
  part: Pick<PartialSummary, "windows" | "held">,
  event: TimedEvent,
  origin: Origin,
): void => {
  countRecord(part.windows, event, origin)
  if (event.type === "outcome" && origin.settings !== undefined)
    countHeld(part.held, event, origin.settings, origin)
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
    held: mergeHeld(earlier.held, later.held),
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
export const summaryOf = ({ tally, windows, held }: PartialSummary, origin: Origin): Summary => {
  const figures = figuresOf(windows, tally.unfinished.orders, origin)
  const { orders, refusals } = tally
  const averageThroughput = figures.accepted / figures.windows
  const keys = keyFigures(tally.keys, countByKey(tally.unfinished), figures.totalMs, origin)
  return {
    averageRequestsRate: requestsRate(tally, figures, origin.source),
    maxPossibleThroughput: figures.meanLeftCapped,
    averageThroughput,
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
    run: runSettingOf(origin, tally),
    queueWait: percentilesOf(tally.queueWait),
    orderAge: percentilesOf(tally.orderAge),
    writeDelay: percentilesOf(tally.writeDelay),
    roundTrip: percentilesOf(tally.roundTrip),
    losses: {
      ...tally.losses,
      unknown: { ...tally.losses.unknown, unfinished: countUnfinished(tally.unfinished) },
      cancelled: orders.cancelled,
    },
    utilisation: utilisationOf(averageThroughput, held, origin),
    longestWithoutAcceptance: longestWithout(tally.acceptances, origin.firstMs, figures.totalMs),
    nonceJumps: keys === null ? null : keys.reduce((sum, key) => sum + key.nonceJumps, 0),
    keys,
  }
}
