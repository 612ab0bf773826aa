/**
 * What the summary hears of a log, whoever wrote it. Times are milliseconds; only their differences mean
 * something.
 */
import type { LimitSpec } from "../domain/LimitSpec.ts"
import { DateTime, Option } from "effect"
import {
  type ExpiryPlace,
  type Footer,
  type Header,
  type JournalRecord,
  type KeyRetired,
  type OutcomeRecord,
  STANDARD_INPUT_SOURCE,
} from "./JournalRecord.ts"
import type { ReachCause } from "../domain/DispatchEvent.ts"
import type { Outcome, RejectReason } from "../domain/Outcome.ts"
import type { Ending } from "../domain/Transit.ts"
import type { LoggedTime } from "./LoggedClock.ts"
import { elapsedMs } from "./elapsed.ts"
import { endingOf, type RequestRecord } from "./endingOf.ts"

/** How an order ended, as a log says it: some say where it was when it expired. */
export type LoggedOutcome =
  | Exclude<Outcome, { readonly outcome: "expired" }>
  | { readonly outcome: "expired"; readonly place?: ExpiryPlace }

/** What ran: how many requests the exchange lets through. */
export interface Settings {
  readonly type: "settings"
  /** All limits, where `limit` in each window of a key is not all. Absent else. */
  readonly limits?: ReadonlyArray<LimitSpec>
  /** Whether nonces need not rise. Absent where they must. */
  readonly isUnordered?: boolean
  /** Whether orders were only checked, and none was executed. Absent where they were executed. */
  readonly checkOnly?: true
  /** Requests that a key may pass in one window; where there are `limits`, no fewer than these let through. */
  readonly limit: number
  readonly windowMs: number
  readonly keys: number
  readonly labels: ReadonlyArray<string>
  /** The longest incoming delay; undefined where it is not known. */
  readonly boundMs: number | undefined
  /** What the client adds to the window; undefined for a gate without a margin. */
  readonly marginMs: number | undefined
  readonly requestTimeoutMs: number
  /** An order's time to live; undefined for none. */
  readonly ttlMs: number | undefined
  /** How long the run was to go on; undefined where only the end of its orders says. */
  readonly durationMs: number | undefined
  /** Whether orders came at their own times, were all there from the beginning, or who knows when. */
  readonly orders: "at-their-times" | "from-the-beginning" | "unknown"
  /** Whether pings tell by when a request has arrived that was lost. Of version 1, whatever this says, time alone does. */
  readonly pings: boolean
  readonly version: number
  /** What decided when a key may send next. */
  readonly gate: string
  /** The wall clock's time when the log's times were 0, in milliseconds since 1970; undefined where it is no time. */
  readonly startedAtMs: number | undefined
}

/** An order left for the exchange. Its outcome may follow. */
export interface OrderSent {
  readonly type: "sent"
  readonly atMs: number
  readonly id: string
  readonly createdAtMs: number
  readonly key: string
  /** 1 for the order's first request. */
  readonly attempt: number
  /** What the order says that it costs; undefined where it says nothing. */
  readonly cost?: number | undefined
  /** The order's parameters that limits count by, as a query has them; undefined where there are none. */
  readonly scope?: string | undefined
}

/** One request's way, from its beginning to its answer or the moment of giving up. */
export interface RequestTimes {
  readonly key: string
  /** The moment before its first byte left. */
  readonly sentMs: number
  /** The moment all of it was handed to a connection's socket; undefined where it never was. */
  readonly writtenMs: number | undefined
  readonly settledMs: number
  readonly ending: Ending
  /** What its answer says of the exchange's clock. */
  readonly time?: LoggedTime
}

/** A request was refused for good, or never left, and its order went back to the line: no outcome. */
export interface RequestReturned {
  readonly type: "returned"
  readonly atMs: number
  readonly id: string
  readonly reason: RejectReason | "not-sent"
  readonly request: RequestTimes
}

/** An order reached its outcome. What the log does not say is undefined. */
export interface OrderOutcome {
  readonly type: "outcome"
  readonly atMs: number
  readonly outcome: LoggedOutcome
  /** The order's name, where `sent` events name it too. */
  readonly id: string | undefined
  /** The order's place in the order source's count. */
  readonly number: number | undefined
  /** Whether the order has a name that is no number, and no `id`. */
  readonly isNamed: boolean
  readonly createdAtMs: number | undefined
  /** From the order's creation to its last request. */
  readonly orderAgeMs: number | undefined
  /** From its last request to the complete answer. */
  readonly roundTripMs: number | undefined
  /** Its last request; undefined where there was none, or the log does not say. */
  readonly request: RequestTimes | undefined
}

export interface KeyLeft {
  readonly type: "key"
  readonly atMs: number
  readonly key: string
  readonly state: (typeof KeyRetired.Type)["state"]
  /** Why it was parked; undefined where it was not. */
  readonly reason: (typeof KeyRetired.Type)["reason"]
}

/** A key's nonces go on further ahead, because the exchange has seen a greater one. */
interface NonceJumped {
  readonly type: "nonce-jump"
  readonly atMs: number
  readonly key: string
}

export interface ReachEvent {
  readonly type: "reach"
  readonly atMs: number
  readonly boundMs: number
  readonly cause: ReachCause
}

export interface PingEvent {
  readonly type: "ping"
  readonly atMs: number
  readonly begunMs: number
  /** What was given up before it began has arrived by then, or never will. */
  readonly clearedMs: number
  readonly time?: LoggedTime
}

/** The exchange has counted requests that are none of the run's. */
interface OthersCounted {
  readonly type: "others"
  readonly atMs: number
  readonly limit: string
  readonly cost: number
}

/** An order that was sent reached an outcome that is not looked at. */
interface OrderLeft {
  readonly type: "left"
  readonly id: string
}

export interface LogEnded {
  readonly type: "ended"
  /** Left out where the log breaks off, and does not say when. */
  readonly atMs?: number
  /** Left out where nobody knows. */
  readonly end?: (typeof Footer.Type)["end"]
}

/** A client says how many orders were created in the second before. */
export interface OrdersCounted {
  readonly type: "requests"
  readonly atMs: number
  readonly count: number
}

export type TimedEvent = OrderOutcome | OrdersCounted

/** A Python client's line that is recognised, and tells nothing that is counted. */
export interface Remark {
  readonly type: "remark"
  readonly lineMs: number
}

export interface Unrecognised {
  readonly type: "unrecognised"
  readonly lines: number
  /** Its time, where it is one line of a Python client's log that has one. */
  readonly lineMs?: number
}

export type LogEvent =
  | Settings
  | OrderSent
  | RequestReturned
  | OrderOutcome
  | OrdersCounted
  | KeyLeft
  | NonceJumped
  | ReachEvent
  | PingEvent
  | OthersCounted
  | OrderLeft
  | LogEnded
  | Remark
  | Unrecognised

/** A round trip ends with an answer: giving up, and a connection that broke, are none. */
const wasAnswered = (record: OutcomeRecord): boolean =>
  record.outcome !== "unknown" || record.cause === "undecodable" || record.cause === "server-error"

const timeOf = ({ clock, tick = 1 }: LoggedTime) => (clock === undefined ? {} : { time: { clock, tick } })

const timesOf = (request: RequestRecord): RequestTimes => ({
  key: request.key,
  sentMs: request.sent,
  writtenMs: request.written,
  settledMs: request.settled,
  ending: endingOf(request),
  ...timeOf(request),
})

const fromOutcome = (record: OutcomeRecord): OrderOutcome => {
  const request = record.outcome === "expired" || record.outcome === "cancelled" ? undefined : record
  return {
    type: "outcome",
    atMs: record.t,
    outcome: record,
    id: record.id,
    number: undefined,
    isNamed: false,
    createdAtMs: record.createdAt,
    orderAgeMs: request === undefined ? undefined : elapsedMs(record.createdAt, request.sent),
    roundTripMs:
      request === undefined || !wasAnswered(record) ? undefined : elapsedMs(request.sent, request.settled),
    request: request === undefined ? undefined : timesOf(request),
  }
}

const ordersOf = ({ load, source }: (typeof Header.Type)["settings"]): Settings["orders"] => {
  if (load !== null) return "at-their-times"
  return source === STANDARD_INPUT_SOURCE ? "unknown" : "from-the-beginning"
}

const fromHeader = ({ keys, settings, startedAt, version }: typeof Header.Type): Settings => ({
  type: "settings",
  ...(settings.limits === undefined ? {} : { limits: settings.limits }),
  ...(settings.nonces === "none" ? { isUnordered: true } : {}),
  ...(settings.checkOnly === undefined ? {} : { checkOnly: settings.checkOnly }),
  limit: settings.limit,
  windowMs: settings.windowMs,
  keys: keys.length,
  labels: keys,
  boundMs: settings.boundMs ?? undefined,
  marginMs: settings.marginMs ?? undefined,
  requestTimeoutMs: settings.requestTimeoutMs,
  ttlMs: settings.ttlMs ?? undefined,
  durationMs: settings.durationMs ?? undefined,
  orders: ordersOf(settings),
  version,
  pings: settings.pings ?? true,
  gate: settings.gate,
  startedAtMs: Option.getOrUndefined(Option.map(DateTime.make(startedAt), DateTime.toEpochMillis)),
})

export const fromJournal = (record: JournalRecord): LogEvent => {
  switch (record.type) {
    case "header":
      return fromHeader(record)
    case "sent":
      return {
        type: "sent",
        atMs: record.t,
        id: record.id,
        createdAtMs: record.createdAt,
        key: record.key,
        attempt: record.attempt,
        cost: record.cost,
        scope: record.scope,
      }
    case "returned":
      return {
        type: "returned",
        atMs: record.t,
        id: record.id,
        reason: record.reason,
        request: timesOf(record),
      }
    case "outcome":
      return fromOutcome(record)
    case "key":
      return {
        type: "key",
        atMs: record.t,
        key: record.key,
        state: record.state,
        reason: record.reason,
      }
    case "nonce-jump":
      return { type: "nonce-jump", atMs: record.t, key: record.key }
    case "reach":
      return { type: "reach", atMs: record.t, boundMs: record.boundMs, cause: record.cause }
    case "others":
      return { type: "others", atMs: record.t, limit: record.limit, cost: record.cost }
    case "ping":
      return {
        type: "ping",
        atMs: record.t,
        begunMs: record.begun,
        clearedMs: record.cleared,
        ...timeOf(record),
      }
    case "footer":
      return { type: "ended", atMs: record.t, end: record.end }
  }
}
