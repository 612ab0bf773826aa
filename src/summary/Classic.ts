/**
 * The classic form's figures: the arithmetic of the exercise's own analysis, line by line and in the log's order, in
 * constant memory.
 *
 * The first line opens a window. The first line at least a second after a window's opening closes it and opens the next.
 * The first line and every closing line are counted nowhere, and the last window, which nothing closed, in no average.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent, OrderOutcome } from "../journal/LogEvent.ts"
import type { LogStart } from "./LogStart.ts"
import type { LogTally } from "./LogTally.ts"
import { createdByNumber } from "./Numbering.ts"
import { countUnfinished } from "./Unfinished.ts"

const SECOND_MS = 1000

/** Of orders in a window, or in several. */
interface WindowCounts {
  accepted: number
  expiredInQueue: number
  expiredInLimiter: number
}

const noOrders = (): WindowCounts => ({ accepted: 0, expiredInQueue: 0, expiredInLimiter: 0 })

/** What was counted so far. Times are the log's own, NaN before its first line. */
export interface Classic {
  firstMs: number
  lastMs: number
  openedMs: number
  readonly open: WindowCounts
  readonly closed: WindowCounts
  closedWindows: number
  lowestAccepted: number
  exceeds: number
  bans: number
  nonceErrors: number
  /** Count lines, and the sum of what they count. */
  counts: number
  countSum: number
  /** Whole seconds from the first line to the latest. */
  seconds: number
  /** Orders created from the first line on, and those of them in the second that has begun. */
  created: number
  createdInNewest: number
}

export const emptyClassic = (): Classic => ({
  firstMs: Number.NaN,
  lastMs: Number.NaN,
  openedMs: Number.NaN,
  open: noOrders(),
  closed: noOrders(),
  closedWindows: 0,
  lowestAccepted: Infinity,
  exceeds: 0,
  bans: 0,
  nonceErrors: 0,
  counts: 0,
  countSum: 0,
  seconds: 0,
  created: 0,
  createdInNewest: 0,
})

const closeWindow = (classic: Classic, atMs: number): void => {
  const { closed, open } = classic
  classic.lowestAccepted = Math.min(classic.lowestAccepted, open.accepted)
  classic.closedWindows += 1
  classic.openedMs = atMs
  closed.accepted += open.accepted
  closed.expiredInQueue += open.expiredInQueue
  closed.expiredInLimiter += open.expiredInLimiter
  Object.assign(open, noOrders())
}

/** The second from the first line in which something happened; negative before it. */
const secondOf = ({ firstMs }: Classic, ms: number): number => Math.floor(elapsedMs(firstMs, ms) / SECOND_MS)

/** Whether so much time lies between the two. Rounded only where that may matter: this is asked of every line. */
const isAtLeast = (ms: number, fromMs: number, toMs: number): boolean => {
  const roughly = toMs - fromMs - ms
  return Math.abs(roughly) > 1 ? roughly > 0 : elapsedMs(fromMs, toMs) >= ms
}

/** Takes a line's time. Answers whether the line is counted. */
const takeLine = (classic: Classic, atMs: number): boolean => {
  classic.lastMs = atMs
  if (Number.isNaN(classic.firstMs)) {
    classic.firstMs = atMs
    classic.openedMs = atMs
    return false
  }
  if (isAtLeast((classic.seconds + 1) * SECOND_MS, classic.firstMs, atMs)) {
    classic.seconds = secondOf(classic, atMs)
    classic.createdInNewest = 0
  }
  if (!isAtLeast(SECOND_MS, classic.openedMs, atMs)) return true
  closeWindow(classic, atMs)
  return false
}

const countOutcome = (classic: Classic, { outcome }: OrderOutcome): void => {
  if (outcome.outcome === "accepted") classic.open.accepted += 1
  else if (outcome.outcome === "expired") {
    if (outcome.place === "limiter") classic.open.expiredInLimiter += 1
    else classic.open.expiredInQueue += 1
  } else if (outcome.outcome === "rejected") {
    if (outcome.reason === "rate-limit") classic.exceeds += 1
    if (outcome.reason === "blocked") classic.bans += 1
    if (outcome.reason === "nonce") classic.nonceErrors += 1
  }
}

/** A journal's count lines are the orders created in each second, by when they were. */
const countCreated = (classic: Classic, createdAtMs: number): void => {
  const { firstMs, seconds } = classic
  if (!isAtLeast(0, firstMs, createdAtMs)) return
  classic.created += 1
  if (isAtLeast(seconds * SECOND_MS, firstMs, createdAtMs)) classic.createdInNewest += 1
}

export const countClassic = (classic: Classic, event: LogEvent): void => {
  if (event.type === "outcome") {
    if (takeLine(classic, event.atMs)) countOutcome(classic, event)
    if (event.createdAtMs !== undefined) countCreated(classic, event.createdAtMs)
  } else if (event.type === "requests") {
    if (!takeLine(classic, event.atMs)) return
    classic.counts += 1
    classic.countSum += event.count
  } else if (event.type === "remark" || event.type === "unrecognised") {
    if (event.lineMs !== undefined) takeLine(classic, event.lineMs)
  }
}

/** The ten figures, as the exercise's own analysis has them. */
export interface ClassicFigures {
  readonly averageRequestsRate: number
  readonly maxPossibleThroughput: number
  /** Whether that is the exchange's limit. */
  readonly isAtCap: boolean
  readonly averageThroughput: number
  readonly lowestThroughput: number
  readonly averageIgnoredFromQueue: number
  readonly averageLimitedByLimiter: number
  readonly exceeds: number
  readonly bans: number
  readonly nonceErrors: number
  readonly totalTimeMs: number
}

/** Orders by the time from the first line to the last; a log of one time counts as a second. */
const byTime = (orders: number, totalMs: number): number =>
  orders / ((totalMs === 0 ? SECOND_MS : totalMs) / SECOND_MS)

const rateOfPythonLog = ({ counts, countSum }: Classic, tally: LogTally, totalMs: number): number =>
  counts > 0 ? countSum / counts : byTime(createdByNumber(tally.numbering), totalMs)

const rateOfJournal = (classic: Classic, tally: LogTally, totalMs: number): number => {
  if (classic.seconds === 0) {
    const ended = Object.values(tally.orders).reduce((sum, count) => sum + count, 0)
    return byTime(ended + countUnfinished(tally.unfinished), totalMs)
  }
  let created = classic.created - classic.createdInNewest
  for (const { createdAtMs } of tally.unfinished.orders.values()) {
    const second = secondOf(classic, createdAtMs)
    if (second >= 0 && second < classic.seconds) created += 1
  }
  return created / classic.seconds
}

/** The figures of the lines so far. With no closed window, all of them are one. */
export const classicFigures = (
  classic: Classic,
  tally: LogTally,
  { capPerSecond, kind }: LogStart,
): ClassicFigures => {
  const { closed, closedWindows, firstMs, lastMs, lowestAccepted, open } = classic
  const hasClosed = closedWindows > 0
  const counted = hasClosed ? closed : open
  const windows = hasClosed ? closedWindows : 1
  const totalMs = Number.isNaN(firstMs) ? 0 : elapsedMs(firstMs, lastMs)
  const rate = (kind === "journal" ? rateOfJournal : rateOfPythonLog)(classic, tally, totalMs)
  const isAtCap = rate >= capPerSecond
  return {
    averageRequestsRate: rate,
    maxPossibleThroughput: isAtCap ? capPerSecond : rate,
    isAtCap,
    averageThroughput: counted.accepted / windows,
    lowestThroughput: hasClosed ? lowestAccepted : open.accepted,
    averageIgnoredFromQueue: counted.expiredInQueue / windows,
    averageLimitedByLimiter: counted.expiredInLimiter / windows,
    exceeds: classic.exceeds,
    bans: classic.bans,
    nonceErrors: classic.nonceErrors,
    totalTimeMs: totalMs,
  }
}
