/**
 * Turns a log's events into its summary: one pass, constant memory. The definitions are those of `Summary`.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEnded, LogEvent, TimedEvent } from "../journal/LogEvent.ts"
import type { LogKind } from "../journal/LogReader.ts"
import { longestWithout } from "./Acceptances.ts"
import { type Classic, classicFigures, countClassic, emptyClassic } from "./Classic.ts"
import { percentilesOf } from "./Distribution.ts"
import { LogOptimum, type OptimumInput } from "./LogOptimum.ts"
import { makeTransitReader } from "./TransitTimes.ts"
import { keyFigures, keysGoneOf } from "./keyFigures.ts"
import { LimitSpares } from "./LimitSpares.ts"
import { emptyTally, type LogTally, tallyEvent } from "./LogTally.ts"
import { createdByNumber, requestsPerSecond } from "./Numbering.ts"
import { isTimed, makeLogStartFinder, type LogStart, type LogContext, toldBy } from "./LogStart.ts"
import { loggedRunOf } from "./loggedRun.ts"
import { reachFigures } from "./ReachTally.ts"
import type { Summary } from "./Summary.ts"
import { countByKey, countUnfinished } from "./Unfinished.ts"
import { utilisationOf } from "./utilisation.ts"
import { figuresOf, type WindowFigures } from "./windowFigures.ts"
import { countRecord, emptyWindows, endWindows, windowOf, type Windows } from "./Windows.ts"

/**
 * The tally of a log. Its size does not grow with the log: 64 windows, the names of at most 100,000 orders without
 * an outcome and of 10,000 keys, four histograms.
 */
interface Counts {
  readonly tally: LogTally
  readonly classic: Classic
  readonly windows: Windows
  readonly optimum: LogOptimum
  /** The end of the run; undefined where the log does not tell, or it goes on. */
  readonly ended: LogEnded | undefined
}

/** Complete windows of the time in which the run took orders: it took none after it had failed. */
const windowsWithOrders = ({ ended, windows }: Counts, { firstMs }: LogStart): number => {
  const complete = Math.max(0, windows.newest)
  return ended?.atMs === undefined
    ? complete
    : Math.min(complete, Math.max(0, windowOf(elapsedMs(firstMs, ended.atMs))))
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
const summaryOf = (counts: Counts, start: LogStart): Summary => {
  const { classic, optimum, tally, windows } = counts
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
      unknown: toldBy(start.kind, orders.unknown + countUnfinished(tally.unfinished)),
      cancelled: toldBy(start.kind, orders.cancelled),
    },
    unrecognisedLines: tally.unrecognisedLines,
    run: loggedRunOf(start, tally.hasEnd),
    queueWait: percentilesOf(tally.queueWait),
    orderAge: percentilesOf(tally.orderAge),
    writeDelay: percentilesOf(tally.writeDelay),
    roundTrip: percentilesOf(tally.roundTrip),
    losses: {
      ...tally.losses,
      unknown: {
        timeout: toldBy(start.kind, tally.losses.unknown.timeout),
        "broken-connection": toldBy(start.kind, tally.losses.unknown["broken-connection"]),
        undecodable: tally.losses.unknown.undecodable,
        "server-error": tally.losses.unknown["server-error"],
        unfinished: toldBy(start.kind, countUnfinished(tally.unfinished)),
      },
      cancelled: toldBy(start.kind, orders.cancelled),
    },
    utilisation: utilisationOf(averageThroughput, optimum.perSecond(windowsWithOrders(counts, start)), start),
    longestWithoutAcceptance: longestWithout(tally.acceptances, start.firstMs, figures.totalMs),
    reach: reachFigures(tally.reach),
    nonceJumps: keys === null ? null : keys.reduce((sum, key) => sum + key.nonceJumps, 0),
    keysGone: keysGoneOf(keys, start),
    keys,
    classic: classicFigures(classic, tally, start),
  }
}

/** So many events are kept until the start is known: its records are at most 1024, its requests far fewer than this. */
const MAX_PRELUDE = 100_000

export interface Summariser {
  /** @param whole the event itself, where a part of it is looked at */
  readonly add: (event: LogEvent, whole?: LogEvent) => void
  /** Takes an event that is not looked at: what it takes of limits counts all the same. */
  readonly passOver: (event: LogEvent) => void
  /**
   * The summary of the events so far; more may follow. An order that was sent and has no outcome counts as
   * unknown: in mid-run those in flight.
   */
  readonly finish: () => Summary
}

/** An order's creation, from the first that the log tells of it: it leaves the queue then. */
const orderIn = (event: LogEvent, { unfinished }: LogTally): OptimumInput | undefined => {
  if (event.type === "sent" && event.attempt === 1) return { type: "order", createdMs: event.createdAtMs }
  if (event.type !== "outcome" || event.createdAtMs === undefined) return undefined
  return event.id !== undefined && unfinished.orders.has(event.id)
    ? undefined
    : { type: "order", createdMs: event.createdAtMs }
}

const isCounted = (event: LogEvent): event is TimedEvent | LogEnded =>
  isTimed(event) || event.type === "ended"

/** Makes a summariser for one log. Feed it the log's events in the log's order. */
export const makeSummariser = (options: LogContext): Summariser => {
  const finder = makeLogStartFinder(options)
  const tally = emptyTally()
  const classic = emptyClassic()
  const limits = new LimitSpares()
  let start: LogStart | undefined
  let counts: Counts | undefined
  /** The records so far, until the start is known, and the ways of requests. */
  let prelude: Array<TimedEvent | LogEnded | OptimumInput> = []

  const count = (into: Counts, event: TimedEvent | LogEnded | OptimumInput, since: LogStart): Counts => {
    if (event.type === "order" || event.type === "request") into.optimum.take(event)
    else if (event.type !== "ended") countRecord(into.windows, event, since)
    else {
      endWindows(into.windows, event, since)
      return { ...into, ended: event }
    }
    return into
  }

  /** Counts the events so far again: more may come before the start is known. */
  const countPrelude = (since: LogStart): Counts =>
    prelude.reduce<Counts>((into, event) => count(into, event, since), {
      tally,
      classic,
      windows: emptyWindows(),
      optimum: new LogOptimum(since),
      ended: undefined,
    })

  const take = (event: TimedEvent | LogEnded | OptimumInput): void => {
    if (start === undefined || counts === undefined) {
      // A log that tells of no end has no start, however long it is: then no optimum is played either.
      if (prelude.length < MAX_PRELUDE || (event.type !== "order" && event.type !== "request"))
        prelude.push(event)
    } else counts = count(counts, event, start)
  }

  const readTransit = makeTransitReader((passage) => take({ type: "request", passage }))

  return {
    add: (event, whole = event) => {
      limits.add(whole, true)
      const order = orderIn(event, tally)
      tallyEvent(tally, event)
      countClassic(classic, event)
      if (order !== undefined) take(order)
      readTransit(event)
      if (isCounted(event)) take(event)
      if (start !== undefined) return
      finder.add(event)
      if (!finder.isKnown()) return
      start = finder.start()
      counts = countPrelude(start)
      prelude = []
    },
    passOver: (event) => limits.add(event, false),
    finish: () => {
      const since = start ?? finder.start()
      const summary = summaryOf(counts ?? countPrelude(since), since)
      return limits.figures === undefined ? summary : { ...summary, limits: limits.figures }
    },
  }
}
