/**
 * What the summary hears of a log, whoever wrote it. Times are milliseconds; only their differences mean
 * something.
 */
import type { JournalRecord, OutcomeRecord } from "./JournalRecord.ts"
import type { Outcome, RejectReason } from "../orders/Outcome.ts"
import { elapsedMs } from "./elapsed.ts"

/** What ran: how many requests the exchange lets through. */
export interface Settings {
  readonly type: "settings"
  /** Requests that a key may pass in one window. */
  readonly limit: number
  readonly windowMs: number
  /** How many API keys. */
  readonly keys: number
}

/** An order left for the exchange. Its outcome may follow. */
export interface OrderSent {
  readonly type: "sent"
  readonly id: string
  readonly createdAtMs: number
}

/** A request was refused for good, or never left, and its order went back to the line: no outcome. */
export interface RequestReturned {
  readonly type: "returned"
  readonly reason: RejectReason | "not-sent"
}

/** An order reached its outcome. What the log does not say is undefined. */
export interface OrderOutcome {
  readonly type: "outcome"
  readonly atMs: number
  readonly outcome: Outcome
  /** The order's name, where `sent` events name it too. */
  readonly id: string | undefined
  /** The order's place in the order source's count. */
  readonly number: number | undefined
  readonly createdAtMs: number | undefined
  /** From the order's creation to its last request. */
  readonly orderAgeMs: number | undefined
  /** From its last request to the complete answer. */
  readonly roundTripMs: number | undefined
}

/** A client says how many orders were created in the second before. */
export interface OrdersCounted {
  readonly type: "requests"
  readonly atMs: number
  readonly count: number
}

/** A record that has a time. */
export type TimedEvent = OrderOutcome | OrdersCounted

/** Lines that nothing could be read from. */
export interface Unrecognised {
  readonly type: "unrecognised"
  readonly lines: number
}

export type LogEvent = Settings | OrderSent | RequestReturned | OrderOutcome | OrdersCounted | Unrecognised

/** A round trip ends with an answer: giving up, and a connection that broke, are none. */
const wasAnswered = (record: OutcomeRecord): boolean =>
  record.outcome !== "unknown" || record.cause === "undecodable" || record.cause === "server-error"

const fromOutcome = (record: OutcomeRecord): OrderOutcome => {
  const request = record.outcome === "expired" || record.outcome === "cancelled" ? undefined : record
  return {
    type: "outcome",
    atMs: record.t,
    outcome: record,
    id: record.id,
    number: undefined,
    createdAtMs: record.createdAt,
    orderAgeMs: request === undefined ? undefined : elapsedMs(record.createdAt, request.sent),
    roundTripMs:
      request === undefined || !wasAnswered(record) ? undefined : elapsedMs(request.sent, request.settled),
  }
}

/** What a journal's record says to the summary; undefined for a record that says nothing to it. */
export const fromJournal = (record: JournalRecord): LogEvent | undefined => {
  switch (record.type) {
    case "header":
      return {
        type: "settings",
        limit: record.settings.limit,
        windowMs: record.settings.windowMs,
        keys: record.keys.length,
      }
    case "sent":
      return { type: "sent", id: record.id, createdAtMs: record.createdAt }
    case "returned":
      return { type: "returned", reason: record.reason }
    case "outcome":
      return fromOutcome(record)
    case "key":
    case "nonce-jump":
    case "footer":
      return undefined
  }
}
