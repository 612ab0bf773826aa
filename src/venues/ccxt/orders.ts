/** Orders for an exchange of ccxt: the arguments of its calls as text, and back. Pure. */
import { Option, Predicate, Schema } from "effect"
import type { OrderParams } from "../../domain/Order.ts"
import { actionOf } from "../fields.ts"
import type { VenueOrder } from "../Venue.ts"
import type { CcxtExchange } from "./CcxtExchange.ts"

/** What `createOrder` takes. */
export type PlaceArguments = [
  symbol: string,
  type: string,
  side: string,
  amount: number | undefined,
  price?: number | null | undefined,
  params?: object,
]
/** What `cancelOrder` takes. */
export type CancelArguments = [id: string, symbol?: string | undefined, params?: object]

const paramsText = (params: object | undefined) =>
  params === undefined || Object.keys(params).length === 0 ? {} : { params: JSON.stringify(params) }

/** Bots leave out what an order does not need, or give null for it. */
const numberText = (name: string, given: number | null | undefined) =>
  given === undefined || given === null ? {} : { [name]: String(given) }

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text)

/** What `createOrder` is given, as an order's parameters. */
export const placing = (...[symbol, type, side, amount, price, params]: PlaceArguments): OrderParams => ({
  symbol,
  type,
  side,
  ...numberText("amount", amount),
  ...numberText("price", price),
  ...paramsText(params),
})

/** What `cancelOrder` is given, likewise. */
export const cancelling = (...[id, symbol, params]: CancelArguments): OrderParams => ({
  action: "cancel",
  id,
  ...(symbol === undefined ? {} : { symbol }),
  ...paramsText(params),
})

const readParams = Option.liftThrowable(
  Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))),
)

/** ccxt's own parameters of an order. */
export const paramsOf = ({ params }: VenueOrder): Readonly<Record<string, unknown>> =>
  Option.getOrElse(readParams(params?.["params"]), () => ({}))

/** Names that an order's id may go by in ccxt's parameters. */
const CLIENT_ID = "clientOrderId"

/** Has ccxt place or cancel an order. A new order's id goes with it, unless its parameters name another. */
export const callOf = <A>(exchange: CcxtExchange<A>, order: VenueOrder): Promise<A> => {
  const { amount, id = "", price, side = "", symbol = "", type = "" } = order.params ?? {}
  const params = paramsOf(order)
  if (actionOf(order) === "cancel")
    return exchange.cancelOrder(id, symbol === "" ? undefined : symbol, params)
  const named = { [CLIENT_ID]: order.id, ...params }
  return exchange.createOrder(symbol, type, side, numberOf(amount), numberOf(price), named)
}

/** Of what ccxt says of an order: the venue's id of it, and our own where it says that. */
export const idsOf = (placed: unknown): { readonly id: string; readonly clientOrderId: string } => {
  const textOf = (name: string) =>
    Predicate.hasProperty(placed, name) && Predicate.isString(placed[name]) ? placed[name] : ""
  return { id: textOf("id"), clientOrderId: textOf(CLIENT_ID) }
}
