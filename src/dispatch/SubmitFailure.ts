/**
 * Why `submit` did not end in an acceptance: what the exchange or the network made of the request, or that
 * the order never got that far.
 */
import { Schema } from "effect"
import type { InvalidOrder } from "../domain/Order.ts"
import type { SubmitError } from "../domain/SubmitError.ts"
import type { StateUnwritable } from "../keys/StateError.ts"

/** What kept orders from leaving, in words. */
const OUTAGES = {
  unreachable: "the exchange could not be reached",
  failing: "the exchange gave no usable answer",
  "turned-away": "the exchange, or something before it, turned everything away",
  "asks-to-wait": "the exchange asked to wait",
}

/** The time to live ran out before the order could be sent. Not executed. */
export class OrderExpired extends Schema.TaggedError<OrderExpired>()("OrderExpired", {
  orderId: Schema.String,
  /** Why nothing was sent when it expired; undefined where the exchange was well, and the order was late or others came first. */
  outage: Schema.UndefinedOr(
    Schema.Struct({
      kind: Schema.Literals(["unreachable", "turned-away", "failing", "asks-to-wait"]),
      /** The platform's error code, such as ECONNREFUSED, where no connection could be had. */
      code: Schema.UndefinedOr(Schema.String),
    }),
  ),
}) {
  override get message() {
    const expired = `order ${this.orderId}: expired in the queue before it could be sent`
    if (this.outage === undefined) return expired
    const { code, kind } = this.outage
    return `${expired}: ${OUTAGES[kind]}${code === undefined ? "" : ` (${code})`}`
  }
}

/** The order was withdrawn, or the dispatcher stopped, before it was sent. Not executed. */
export class OrderCancelled extends Schema.TaggedError<OrderCancelled>()("OrderCancelled", {
  orderId: Schema.String,
  reason: Schema.Literals(["withdrawn", "stopped"]),
}) {
  override get message() {
    const why = this.reason === "stopped" ? "because the dispatcher has stopped" : "by its caller"
    return `order ${this.orderId}: cancelled before it was sent, ${why}`
  }
}

/** An order with this id is queued or under way. Nothing was done. */
export class DuplicateOrder extends Schema.TaggedError<DuplicateOrder>()("DuplicateOrder", {
  orderId: Schema.String,
}) {
  override get message() {
    return `order ${this.orderId}: an order with this id is already on its way`
  }
}

/** No key is left that can send: all are parked, blocked or unknown to the exchange. */
export class NoUsableKey extends Schema.TaggedError<NoUsableKey>()("NoUsableKey", {
  /** A state is `parked`, `blocked`, `unknown`, `out of step` where no nonce is accepted, or `refused` where no order is. */
  keys: Schema.Array(Schema.Struct({ label: Schema.String, state: Schema.String })),
}) {
  override get message() {
    const states = this.keys.map(({ label, state }) => `${label} ${state}`).join(", ")
    return `no usable key is left (${states})`
  }
}

/** Orders in a row were refused in the same words, with every key: what is wrong is not in the orders. */
export class EverythingRefused extends Schema.TaggedError<EverythingRefused>()("EverythingRefused", {
  orders: Schema.Int,
  /** What the exchange said, shortened to 200 characters. */
  said: Schema.String,
}) {
  override get message() {
    return `the exchange refused ${this.orders} orders in a row with the same words (${this.said}), and nothing more was sent`
  }
}

/** No connection to the exchange could be had for too long. */
export class ExchangeUnreachable extends Schema.TaggedError<ExchangeUnreachable>()("ExchangeUnreachable", {
  code: Schema.String,
  seconds: Schema.Finite,
}) {
  override get message() {
    return `the exchange has been unreachable for ${this.seconds.toFixed(this.seconds < 1 ? 1 : 0)} s (${this.code})`
  }
}

/** The log threw, or died: nothing is sent that cannot be written down. */
export class LogFailed extends Schema.TaggedError<LogFailed>()("LogFailed", {
  /** What the log threw, shortened to 200 characters. */
  problem: Schema.String,
}) {
  override get message() {
    return `what happens cannot be written down any more (${this.problem})`
  }
}

/** Why a dispatcher cannot go on. */
export type DispatchFailure =
  EverythingRefused | NoUsableKey | ExchangeUnreachable | StateUnwritable | LogFailed

/** Why an order was not accepted, or not taken. */
export type SubmitFailure =
  SubmitError | InvalidOrder | OrderExpired | OrderCancelled | DuplicateOrder | DispatchFailure
