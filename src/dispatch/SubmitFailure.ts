/**
 * Why `submit` did not end in an acceptance: what the exchange or the network made of the request, or that
 * the order never got that far.
 */
import { Schema } from "effect"
import { ExpiryPlace } from "../domain/Outcome.ts"
import type { SubmitError } from "../domain/SubmitError.ts"
import type { StateUnwritable } from "../keys/StateError.ts"

/** The time to live ran out before the order could be sent. Not executed. */
export class OrderExpired extends Schema.TaggedError<OrderExpired>()("OrderExpired", {
  orderId: Schema.String,
  place: ExpiryPlace,
}) {
  override get message() {
    return `order ${this.orderId}: expired in the ${this.place} before it could be sent`
  }
}

/** The dispatcher stopped, or has stopped, before the order was sent. Not executed. */
export class OrderCancelled extends Schema.TaggedError<OrderCancelled>()("OrderCancelled", {
  orderId: Schema.String,
}) {
  override get message() {
    return `order ${this.orderId}: cancelled before it was sent, because the dispatcher has stopped`
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
  /** A state is `parked`, `blocked`, `unknown`, or `out of step` where no nonce is accepted. */
  keys: Schema.Array(Schema.Struct({ label: Schema.String, state: Schema.String })),
}) {
  override get message() {
    const states = this.keys.map(({ label, state }) => `${label} ${state}`).join(", ")
    return `no usable key is left (${states})`
  }
}

/** No connection to the exchange could be had for too long. */
export class ExchangeUnreachable extends Schema.TaggedError<ExchangeUnreachable>()("ExchangeUnreachable", {
  code: Schema.String,
  seconds: Schema.Finite,
}) {
  override get message() {
    return `the exchange has been unreachable for ${this.seconds.toFixed(0)} s (${this.code})`
  }
}

/** Why a dispatcher cannot go on. */
export type DispatchFailure = NoUsableKey | ExchangeUnreachable | StateUnwritable

export type SubmitFailure = SubmitError | OrderExpired | OrderCancelled | DuplicateOrder | DispatchFailure
