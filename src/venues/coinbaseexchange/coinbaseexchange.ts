/**
 * Coinbase Exchange over REST: orders are placed at `/orders` and cancelled below it. An order's fields are the call's own; its
 * id travels as `client_oid`. It has no call that only checks an order.
 *
 * docs.cdp.coinbase.com/exchange/rest-api/authentication, .../requests; read in November 2026.
 */
import { createHmac } from "node:crypto"
import type { Credentials } from "../../domain/ApiKey.ts"
import type { HttpMessage } from "../../http/Connection.ts"
import { KeyBase64SecretAndPassphrase, plainOf } from "../credentials.ts"
import { actionOf, encodeFields, type FieldRules, problemOfFields, sentFields } from "../fields.ts"
import type { Stamp, Venue, VenueOrder } from "../Venue.ts"
import type { VenueLimit } from "../VenueLimit.ts"
import { namesOrder, readCoinbaseExchange, tellsTime } from "./answer.ts"
import { coinbaseExchangeLimits } from "./limits.ts"

export interface CoinbaseExchangeOptions {
  /** In place of the one that Coinbase documents. */
  readonly limits?: ReadonlyArray<VenueLimit>
}

/** CB-ACCESS-SIGN of a call: HMAC-SHA256, by the secret's bytes, of timestamp, method, path and body. */
export const coinbaseExchangeSignature = (
  timestamp: string,
  { body = "", method, path }: HttpMessage,
  secret: string,
): string =>
  createHmac("sha256", Buffer.from(secret, "base64"))
    .update(`${timestamp}${method}${path}${body}`)
    .digest("base64")

const RULES: FieldRules = {
  own: { place: ["client_oid"], cancel: [] },
  needed: { place: ["product_id", "side"], cancel: [["order_id", "client_oid"]] },
  id: /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i,
  idInWords: "a UUID",
}

/** Fields that are no text. */
const BOOLEANS: ReadonlySet<string> = new Set(["post_only"])

const bodyOf = (order: VenueOrder): string =>
  JSON.stringify({
    ...Object.fromEntries(
      sentFields(order).map(([name, text]) => [name, BOOLEANS.has(name) ? text === "true" : text]),
    ),
    client_oid: order.id,
  })

const cancelPath = (order: VenueOrder): string => {
  const { client_oid = "", order_id, product_id } = order.params ?? {}
  const which = order_id === undefined ? `client:${client_oid}` : order_id
  const query = product_id === undefined ? "" : `?${encodeFields([["product_id", product_id]])}`
  return `/orders/${encodeURIComponent(which).replace("%3A", ":")}${query}`
}

const unsigned = (order: VenueOrder): HttpMessage =>
  actionOf(order) === "cancel"
    ? { method: "DELETE", path: cancelPath(order) }
    : { method: "POST", path: "/orders", body: bodyOf(order) }

const orderOf = (order: VenueOrder, credentials: Credentials, { timeMs }: Stamp): HttpMessage => {
  const { key, passphrase, secret } = plainOf(credentials)
  const message = unsigned(order)
  const timestamp = String(timeMs / 1000)
  return {
    ...message,
    headers: {
      "CB-ACCESS-KEY": key,
      "CB-ACCESS-SIGN": coinbaseExchangeSignature(timestamp, message, secret),
      "CB-ACCESS-TIMESTAMP": timestamp,
      "CB-ACCESS-PASSPHRASE": passphrase,
      "Content-Type": "application/json",
      ...USER_AGENT,
    },
  }
}

/** It answers nobody who does not say what he is. */
const USER_AGENT = { "User-Agent": "paceline" }

export const coinbaseexchange = ({
  limits = coinbaseExchangeLimits,
}: CoinbaseExchangeOptions = {}): Venue => ({
  name: "coinbaseexchange",
  url: new URL("https://api.exchange.coinbase.com"),
  credentials: KeyBase64SecretAndPassphrase,
  nonces: "none",
  isLive: true,
  lateMs: 30_000,
  limits,
  problemOf: (order) => problemOfFields(order, RULES),
  at: () => ({ orderOf, pingOf: () => ({ method: "GET", path: "/time", headers: USER_AGENT }) }),
  read: readCoinbaseExchange,
  isAnonymous: (answer) => !namesOrder(answer),
  answersPing: tellsTime,
})
