/**
 * How an order ends. Every order ends in exactly one outcome.
 */
import { Schema } from "effect"

/** Why an exchange refused an order for good. `clock`: it takes our clock for wrong; `exchange` is any definite refusal not named otherwise. */
export const RejectReason = Schema.Literals([
  "rate-limit",
  "blocked",
  "nonce",
  "api-key",
  "clock",
  "exchange",
])
export type RejectReason = typeof RejectReason.Type

/** Why nobody can say whether an order was executed. */
export const UnknownCause = Schema.Literals(["timeout", "broken-connection", "undecodable", "server-error"])
export type UnknownCause = typeof UnknownCause.Type

/**
 * - `accepted`: the exchange took the order.
 * - `rejected`: it refused the order definitely; the order was not executed.
 * - `expired`: the time to live ran out before the order was sent; it was not executed.
 * - `unknown`: sent, no usable answer: it may have been executed, and is never sent again by itself.
 * - `cancelled`: still queued when the run was stopped or its caller withdrew it; it was not executed.
 */
export const Outcome = Schema.Union([
  Schema.Struct({
    outcome: Schema.tag("accepted"),
    /** What the exchange says of it besides, such as a transaction id: text by name. */
    data: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  }),
  Schema.Struct({
    outcome: Schema.tag("rejected"),
    reason: RejectReason,
    /** What the exchange said of an order that it refused for `exchange`, without credentials; absent where it said nothing. */
    said: Schema.optionalKey(Schema.String),
  }),
  Schema.Struct({ outcome: Schema.tag("expired") }),
  Schema.Struct({ outcome: Schema.tag("unknown"), cause: UnknownCause }),
  Schema.Struct({ outcome: Schema.tag("cancelled") }),
])
export type Outcome = typeof Outcome.Type

/** How many orders were made, and how many ended how. */
export type OrderCounts = Record<"created" | Outcome["outcome"], number>

export const noOrders = (): OrderCounts => {
  return { created: 0, accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 }
}
