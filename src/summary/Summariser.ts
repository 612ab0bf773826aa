/**
 * Turns a log's events into its summary: one pass, constant memory. The definitions are those of `Summary`.
 */
import type { Outcome, RejectReason } from "../orders/Outcome.ts"
import { makeDistribution } from "./Distribution.ts"
import type { LogEvent, OrderOutcome } from "../journal/LogEvent.ts"
import type { Summary } from "./Summary.ts"
import type { WindowFigures } from "./WindowGrid.ts"
import { makeWindows } from "./Windows.ts"

export interface SummariserOptions {
  /**
   * Who wrote the log. A journal tells when each order was created; a Python client numbers its orders and may
   * count them once a second.
   */
  readonly source: "journal" | "python-client"
  /** API keys, where the log does not say. */
  readonly keys: number
  /** Requests that a key may pass in a second, where the log does not say. */
  readonly limit: number
}

export interface Summariser {
  readonly add: (event: LogEvent) => void
  /**
   * The summary of what came so far; more may come after. An order that was sent and has no outcome counts as
   * unknown, so in mid-run that is what is in flight.
   */
  readonly finish: () => Summary
}

/** Orders without an outcome that are known by name: far more than can be in flight. Beyond, they only count. */
const MAX_UNFINISHED = 100_000

const SECOND_MS = 1000

/** Orders that were sent and have no outcome yet, with their times of creation. */
const makeUnfinished = () => {
  const createdAt = new Map<string, number>()
  let forgotten = 0
  return {
    sent: (id: string, createdAtMs: number): void => {
      createdAt.set(id, createdAtMs)
      if (createdAt.size <= MAX_UNFINISHED) return
      for (const oldest of createdAt.keys()) {
        createdAt.delete(oldest)
        forgotten += 1
        return
      }
    },
    ended: (id: string): void => {
      createdAt.delete(id)
    },
    count: (): number => createdAt.size + forgotten,
    times: (): Iterable<number> => createdAt.values(),
  }
}

/** How many orders a client made that numbers them and may count them once a second. */
const makeNumbering = () => {
  let smallest = Infinity
  let largest = -Infinity
  let counts = 0
  let countSum = 0
  const created = (): number => (smallest > largest ? 0 : largest - smallest + 1)
  return {
    numbered: (number: number): void => {
      smallest = Math.min(smallest, number)
      largest = Math.max(largest, number)
    },
    counted: (count: number): void => {
      counts += 1
      countSum += count
    },
    created,
    // A log with one time only is a window's length of it.
    rate: (totalMs: number): number =>
      counts > 0 ? countSum / counts : created() / ((totalMs || SECOND_MS) / SECOND_MS),
  }
}

/** Makes a summariser for one log. Feed it the log's events in the log's order. */
export const makeSummariser = (options: SummariserOptions): Summariser => {
  let capPerSecond = options.limit * options.keys
  const windows = makeWindows(() => capPerSecond)
  const unfinished = makeUnfinished()
  const numbering = makeNumbering()
  const orderAge = makeDistribution()
  const roundTrip = makeDistribution()
  const refusals: Record<RejectReason | "not-sent", number> = {
    "rate-limit": 0,
    blocked: 0,
    nonce: 0,
    "api-key": 0,
    exchange: 0,
    "not-sent": 0,
  }
  const orders: Record<Outcome["outcome"], number> = {
    accepted: 0,
    rejected: 0,
    expired: 0,
    unknown: 0,
    cancelled: 0,
  }
  let unrecognisedLines = 0

  const addOutcome = (event: OrderOutcome): void => {
    windows.add(event)
    orders[event.outcome.outcome] += 1
    if (event.outcome.outcome === "rejected") refusals[event.outcome.reason] += 1
    if (event.id !== undefined) unfinished.ended(event.id)
    if (event.number !== undefined) numbering.numbered(event.number)
    if (event.orderAgeMs !== undefined) orderAge.add(event.orderAgeMs)
    if (event.roundTripMs !== undefined) roundTrip.add(event.roundTripMs)
  }

  const created = (): number =>
    options.source === "python-client"
      ? numbering.created()
      : Object.values(orders).reduce((sum, count) => sum + count, 0) + unfinished.count()

  const requestsRate = (figures: WindowFigures): number =>
    options.source === "python-client" ? numbering.rate(figures.totalMs) : figures.created / figures.windows

  return {
    add: (event) => {
      switch (event.type) {
        case "settings":
          // A window of no length limits nothing.
          capPerSecond =
            event.windowMs > 0 ? ((event.limit * SECOND_MS) / event.windowMs) * event.keys : Infinity
          return
        case "sent":
          return unfinished.sent(event.id, event.createdAtMs)
        case "returned":
          refusals[event.reason] += 1
          return
        case "outcome":
          return addOutcome(event)
        case "requests":
          windows.add(event)
          return numbering.counted(event.count)
        case "unrecognised":
          unrecognisedLines += event.lines
      }
    },
    finish: () => {
      const figures = windows.figures(unfinished.times())
      return {
        averageRequestsRate: requestsRate(figures),
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
          created: created(),
          accepted: orders.accepted,
          rejected: orders.rejected,
          expired: orders.expired,
          unknown: orders.unknown + unfinished.count(),
          cancelled: orders.cancelled,
        },
        unrecognisedLines,
        orderAge: orderAge.percentiles(),
        roundTrip: roundTrip.percentiles(),
      }
    },
  }
}
