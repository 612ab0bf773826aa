/**
 * What a log adds up to, whenever it happened.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent, OrderOutcome, OrderSent, RequestTimes } from "../journal/LogEvent.ts"
import type { Outcome, RejectReason } from "../domain/Outcome.ts"
import { type Acceptances, countAcceptance, emptyAcceptances } from "./Acceptances.ts"
import { addDuration, type Distribution, emptyDistribution } from "./Distribution.ts"
import { type KeyTallies, tallyKeys } from "./KeyTally.ts"
import { countLoss, emptyLosses, type Losses } from "./Losses.ts"
import { emptyNumbering, type Numbering, orderCounted, ordersCounted } from "./Numbering.ts"
import { emptyReachTally, type ReachTally, tallyReach } from "./ReachTally.ts"
import { emptyUnfinished, orderCameBack, orderEnded, orderSent, type Unfinished } from "./Unfinished.ts"

export interface LogTally {
  readonly orders: Record<Outcome["outcome"], number>
  /** Requests that were refused, whether that ended their order or not. */
  readonly refusals: Record<RejectReason | "not-sent", number>
  readonly losses: Losses
  readonly keys: KeyTallies
  readonly acceptances: Acceptances
  readonly unfinished: Unfinished
  readonly numbering: Numbering
  readonly queueWait: Distribution
  readonly orderAge: Distribution
  readonly writeDelay: Distribution
  readonly roundTrip: Distribution
  hasEnd: boolean
  unrecognisedLines: number
  /** The end that was planned for the run, in the log's times; Infinity where none was. */
  plannedMs: number
  readonly reach: ReachTally
}

export const emptyTally = (): LogTally => ({
  orders: { accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 },
  refusals: { "rate-limit": 0, blocked: 0, nonce: 0, "api-key": 0, clock: 0, exchange: 0, "not-sent": 0 },
  losses: emptyLosses(),
  keys: new Map(),
  acceptances: emptyAcceptances(),
  unfinished: emptyUnfinished(),
  numbering: emptyNumbering(),
  queueWait: emptyDistribution(),
  orderAge: emptyDistribution(),
  writeDelay: emptyDistribution(),
  roundTrip: emptyDistribution(),
  hasEnd: false,
  unrecognisedLines: 0,
  plannedMs: Number.POSITIVE_INFINITY,
  reach: emptyReachTally(),
})

const tallySent = (tally: LogTally, event: OrderSent): void => {
  orderSent(tally.unfinished, event.id, { createdAtMs: event.createdAtMs, key: event.key })
  if (event.attempt === 1) addDuration(tally.queueWait, elapsedMs(event.createdAtMs, event.atMs))
}

const tallyWritten = (tally: LogTally, { sentMs, writtenMs }: RequestTimes): void => {
  if (writtenMs !== undefined) addDuration(tally.writeDelay, elapsedMs(sentMs, writtenMs))
}

const tallyOutcome = (tally: LogTally, event: OrderOutcome): void => {
  tally.orders[event.outcome.outcome] += 1
  countLoss(tally.losses, event.outcome)
  if (event.outcome.outcome === "accepted") countAcceptance(tally.acceptances, event.atMs)
  if (event.request !== undefined) tallyWritten(tally, event.request)
  if (event.outcome.outcome === "rejected") tally.refusals[event.outcome.reason] += 1
  if (event.id !== undefined) orderEnded(tally.unfinished, event.id)
  orderCounted(tally.numbering, event)
  if (event.orderAgeMs !== undefined) addDuration(tally.orderAge, event.orderAgeMs)
  if (event.roundTripMs !== undefined) addDuration(tally.roundTrip, event.roundTripMs)
}

export const tallyEvent = (tally: LogTally, event: LogEvent): void => {
  if (event.type === "settings") tally.plannedMs = event.durationMs ?? Number.POSITIVE_INFINITY
  tallyKeys(tally.keys, event, tally.plannedMs, (id) => tally.unfinished.orders.get(id)?.key)
  switch (event.type) {
    case "key":
    case "nonce-jump":
    case "ping":
    case "others":
    case "remark":
    case "settings":
      return
    case "reach":
      return tallyReach(tally.reach, event)
    case "ended":
      tally.hasEnd ||= event.atMs !== undefined
      return
    case "sent":
      return tallySent(tally, event)
    case "returned":
      tally.refusals[event.reason] += 1
      orderCameBack(tally.unfinished, event.id)
      return tallyWritten(tally, event.request)
    case "outcome":
      return tallyOutcome(tally, event)
    case "left":
      return orderEnded(tally.unfinished, event.id)
    case "requests":
      return ordersCounted(tally.numbering, event.count)
    case "unrecognised":
      tally.unrecognisedLines += event.lines
  }
}
