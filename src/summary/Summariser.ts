/**
 * Turns a log's events into its summary: one pass, constant memory. The definitions are those of `Summary`.
 */
import type { LogEvent, TimedEvent } from "../journal/LogEvent.ts"
import type { LogKind } from "../journal/LogReader.ts"
import { longestWithout } from "./Acceptances.ts"
import { type Classic, classicFigures, countClassic, emptyClassic } from "./Classic.ts"
import { percentilesOf } from "./Distribution.ts"
import {
  countTransit,
  emptyTransitTimes,
  type LoggedTransit,
  makeTransitReader,
  type TransitTimes,
} from "./TransitTimes.ts"
import { keyFigures } from "./keyFigures.ts"
import { emptyTally, type LogTally, tallyEvent } from "./LogTally.ts"
import { createdByNumber, requestsPerSecond } from "./Numbering.ts"
import { isTimed, makeLogStartFinder, type LogStart, type LogContext } from "./LogStart.ts"
import { loggedRunOf } from "./loggedRun.ts"
import { reachFigures } from "./ReachTally.ts"
import type { Summary } from "./Summary.ts"
import { countByKey, countUnfinished } from "./Unfinished.ts"
import { utilisationOf } from "./utilisation.ts"
import { figuresOf, type WindowFigures } from "./windowFigures.ts"
import { countRecord, emptyWindows, type Windows } from "./Windows.ts"

/**
 * The tally of a log. Its size does not grow with the log: 64 windows, the names of at most 100,000 orders without
 * an outcome and of 10,000 keys, four histograms.
 */
interface Counts {
  readonly tally: LogTally
  readonly classic: Classic
  readonly windows: Windows
  readonly transit: TransitTimes
}

const requestsRate = (tally: LogTally, figures: WindowFigures, kind: LogKind): number =>
  kind === "python-client"
    ? requestsPerSecond(tally.numbering, figures.totalMs)
    : figures.created / figures.windows

const created = ({ numbering, orders, unfinished }: LogTally, kind: LogKind): number =>
  kind === "python-client"
    ? createdByNumber(numbering)
    : Object.values(orders).reduce((sum, count) => sum + count, 0) + countUnfinished(unfinished)

/**
 * The summary of a whole log, or of the part read so far. An order that was sent and has no outcome counts as
 * unknown.
 */
const summaryOf = ({ classic, tally, windows, transit }: Counts, start: LogStart): Summary => {
  const figures = figuresOf(windows, tally.unfinished.orders, start)
  const { orders, refusals } = tally
  const averageThroughput = figures.accepted / figures.windows
  const keys = keyFigures(tally.keys, countByKey(tally.unfinished), figures.totalMs, start)
  return {
    averageRequestsRate: requestsRate(tally, figures, start.kind),
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
      created: created(tally, start.kind),
      accepted: orders.accepted,
      rejected: orders.rejected,
      expired: orders.expired,
      unknown: orders.unknown + countUnfinished(tally.unfinished),
      cancelled: orders.cancelled,
    },
    unrecognisedLines: tally.unrecognisedLines,
    run: loggedRunOf(start, tally),
    queueWait: percentilesOf(tally.queueWait),
    orderAge: percentilesOf(tally.orderAge),
    writeDelay: percentilesOf(tally.writeDelay),
    roundTrip: percentilesOf(tally.roundTrip),
    losses: {
      ...tally.losses,
      unknown: { ...tally.losses.unknown, unfinished: countUnfinished(tally.unfinished) },
      cancelled: orders.cancelled,
    },
    utilisation: utilisationOf(averageThroughput, transit, start),
    longestWithoutAcceptance: longestWithout(tally.acceptances, start.firstMs, figures.totalMs),
    reach: reachFigures(tally.reach),
    nonceJumps: keys === null ? null : keys.reduce((sum, key) => sum + key.nonceJumps, 0),
    keys,
    classic: classicFigures(classic, tally, start),
  }
}

export interface Summariser {
  readonly add: (event: LogEvent) => void
  /**
   * The summary of the events so far; more may follow. An order that was sent and has no outcome counts as
   * unknown: in mid-run those in flight.
   */
  readonly finish: () => Summary
}

/** Makes a summariser for one log. Feed it the log's events in the log's order. */
export const makeSummariser = (options: LogContext): Summariser => {
  const finder = makeLogStartFinder(options)
  const tally = emptyTally()
  const classic = emptyClassic()
  let start: LogStart | undefined
  let counts: Counts = { tally, classic, windows: emptyWindows(), transit: emptyTransitTimes() }
  /** The records so far, until the start is known. */
  let prelude: Array<TimedEvent> = []
  let firstTransits: Array<LoggedTransit> = []

  const readTransit = makeTransitReader((transit) => {
    if (start === undefined) firstTransits.push(transit)
    else countTransit(counts.transit, transit, start)
  })

  /** Counts the events so far again: more may come before the start is known. */
  const countPrelude = (since: LogStart): void => {
    counts = { tally, classic, windows: emptyWindows(), transit: emptyTransitTimes() }
    for (const event of prelude) countRecord(counts.windows, event, since)
    for (const transit of firstTransits) countTransit(counts.transit, transit, since)
  }

  return {
    add: (event) => {
      tallyEvent(tally, event)
      countClassic(classic, event)
      readTransit(event)
      if (start !== undefined) {
        if (isTimed(event)) countRecord(counts.windows, event, start)
        return
      }
      finder.add(event)
      if (isTimed(event)) prelude.push(event)
      if (!finder.isKnown()) return
      start = finder.start()
      countPrelude(start)
      prelude = []
      firstTransits = []
    },
    finish: () => {
      if (start !== undefined) return summaryOf(counts, start)
      const soFar = finder.start()
      countPrelude(soFar)
      return summaryOf(counts, soFar)
    },
  }
}
