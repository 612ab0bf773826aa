/**
 * What a user wants done: an order, before any API key or nonce is bound to it.
 */
import { Schema } from "effect"

/** An order's name: 1 to 64 characters, unique within a run, echoed back by the exchange as `req_id`. */
export const OrderId = Schema.String.check(
  Schema.isMinLength(1, { message: "an id needs at least 1 character" }),
  Schema.isMaxLength(64, { message: "an id has at most 64 characters" }),
)

/** Query parameters that travel with an order. The protocol's own three are never among them. */
export type OrderParams = Readonly<Record<string, string>>

/** An order as the dispatcher takes it. */
export interface Order {
  readonly id: string
  readonly params?: OrderParams
  /**
   * When the order was made, in milliseconds of the monotonic clock (see `Monotonic.nowMs`). Its time to
   * live counts from here. Left out, an order is made at the moment it is handed over.
   */
  readonly createdAtMs?: number
}
