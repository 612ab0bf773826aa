/**
 * What a part of a log adds up to, whenever it happened.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent, OrderOutcome, OrderSent, RequestTimes } from "../journal/LogEvent.ts"
import type { Outcome, RejectReason } from "../domain/Outcome.ts"
import { acceptedAt, type Acceptances, mergeAcceptances } from "./Acceptances.ts"
import { addDuration, type Distribution, emptyDistribution, mergeDistributions } from "./Distribution.ts"
import { type KeyTallies, mergeKeys, tallyKeys } from "./KeyTally.ts"
import { countLoss, emptyLosses, type Losses, mergeLosses } from "./Losses.ts"
import { emptyNumbering, mergeNumberings, type Numbering, orderNumbered, ordersCounted } from "./Numbering.ts"
import {
  emptyUnfinished,
  mergeUnfinished,
  orderCameBack,
  orderEnded,
  orderSent,
  type Unfinished,
} from "./Unfinished.ts"

/** Plain data and histograms: it can be sent to another thread. */
export interface LogTally {
  readonly orders: Record<Outcome["outcome"], number>
  /** Requests that were refused, whether that ended their order or not. */
  readonly refusals: Record<RejectReason | "not-sent", number>
  readonly losses: Losses
  readonly keys: KeyTallies
  acceptances: Acceptances
  readonly unfinished: Unfinished
  readonly numbering: Numbering
  readonly queueWait: Distribution
  readonly orderAge: Distribution
  readonly writeDelay: Distribution
  readonly roundTrip: Distribution
  /** Runs of which the log has the header, and those of which it has the end. */
  runsBegun: number
  runsEnded: number
  unrecognisedLines: number
}

/** @param isBeginning whether no part of the log comes before */
export const emptyTally = (isBeginning: boolean): LogTally => ({
  orders: { accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 },
  refusals: { "rate-limit": 0, blocked: 0, nonce: 0, "api-key": 0, exchange: 0, "not-sent": 0 },
  losses: emptyLosses(),
  keys: new Map(),
  acceptances: null,
  unfinished: emptyUnfinished(isBeginning),
  numbering: emptyNumbering(),
  queueWait: emptyDistribution(),
  orderAge: emptyDistribution(),
  writeDelay: emptyDistribution(),
  roundTrip: emptyDistribution(),
  runsBegun: 0,
  runsEnded: 0,
  unrecognisedLines: 0,
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
  if (event.outcome.outcome === "accepted")
    tally.acceptances = mergeAcceptances(tally.acceptances, acceptedAt(event.atMs))
  if (event.request !== undefined) tallyWritten(tally, event.request)
  if (event.outcome.outcome === "rejected") tally.refusals[event.outcome.reason] += 1
  if (event.id !== undefined) orderEnded(tally.unfinished, event.id)
  if (event.number !== undefined) orderNumbered(tally.numbering, event.number)
  if (event.orderAgeMs !== undefined) addDuration(tally.orderAge, event.orderAgeMs)
  if (event.roundTripMs !== undefined) addDuration(tally.roundTrip, event.roundTripMs)
}

export const tallyEvent = (tally: LogTally, event: LogEvent): void => {
  tallyKeys(tally.keys, event)
  switch (event.type) {
    case "key":
    case "nonce-jump":
      return
    case "settings":
      tally.runsBegun += 1
      return
    case "ended":
      if (event.atMs !== undefined) tally.runsEnded += 1
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

/** The tally of a part and the part right after it. */
export const mergeTallies = (earlier: LogTally, later: LogTally): LogTally => ({
  orders: {
    accepted: earlier.orders.accepted + later.orders.accepted,
    rejected: earlier.orders.rejected + later.orders.rejected,
    expired: earlier.orders.expired + later.orders.expired,
    unknown: earlier.orders.unknown + later.orders.unknown,
    cancelled: earlier.orders.cancelled + later.orders.cancelled,
  },
  refusals: {
    "rate-limit": earlier.refusals["rate-limit"] + later.refusals["rate-limit"],
    blocked: earlier.refusals.blocked + later.refusals.blocked,
    nonce: earlier.refusals.nonce + later.refusals.nonce,
    "api-key": earlier.refusals["api-key"] + later.refusals["api-key"],
    exchange: earlier.refusals.exchange + later.refusals.exchange,
    "not-sent": earlier.refusals["not-sent"] + later.refusals["not-sent"],
  },
  losses: mergeLosses(earlier.losses, later.losses),
  keys: mergeKeys(earlier.keys, later.keys),
  acceptances: mergeAcceptances(earlier.acceptances, later.acceptances),
  unfinished: mergeUnfinished(earlier.unfinished, later.unfinished),
  numbering: mergeNumberings(earlier.numbering, later.numbering),
  queueWait: mergeDistributions(earlier.queueWait, later.queueWait),
  orderAge: mergeDistributions(earlier.orderAge, later.orderAge),
  writeDelay: mergeDistributions(earlier.writeDelay, later.writeDelay),
  roundTrip: mergeDistributions(earlier.roundTrip, later.roundTrip),
  runsBegun: earlier.runsBegun + later.runsBegun,
  runsEnded: earlier.runsEnded + later.runsEnded,
  unrecognisedLines: earlier.unrecognisedLines + later.unrecognisedLines,
})
