/**
 * Binance Spot over REST: orders are placed and cancelled at `/api/v3/order`. An order's fields are the call's own; its id
 * travels as `newClientOrderId`.
 *
 * github.com/binance/binance-spot-api-docs: rest-api.md, errors.md; read in November 2026.
 */
import { createHmac } from "node:crypto"
import type { Credentials } from "../../domain/ApiKey.ts"
import type { HttpMessage } from "../../http/Connection.ts"
import { KeyAndSecret, plainOf } from "../credentials.ts"
import { actionOf, encodeFields, type FieldRules, problemOfFields, sentFields } from "../fields.ts"
import type { Stamp, Venue, VenueOrder } from "../Venue.ts"
import type { VenueLimit } from "../VenueLimit.ts"
import { namesOrder, readBinance, tellsTime } from "./answer.ts"
import { binanceLimits } from "./limits.ts"

export interface BinanceOptions {
  /** Orders are executed. Otherwise each goes to `order/test`, which checks it and no more. Default false. */
  readonly isLive?: boolean
  /** So long after its timestamp Binance still takes a request: 1 to 60,000. Default 5000. */
  readonly recvWindowMs?: number | undefined
  /** In place of those that Binance documents. */
  readonly limits?: ReadonlyArray<VenueLimit>
}

/** A request's signature: HMAC-SHA256 in hex of its query, and of its body after it. */
export const binanceSignature = (payload: string, secret: string): string =>
  createHmac("sha256", secret).update(payload).digest("hex")

const OWN = ["timestamp", "recvWindow", "signature", "newClientOrderId"]

const RULES: FieldRules = {
  own: { place: OWN, cancel: OWN },
  needed: { place: ["symbol", "side", "type"], cancel: ["symbol", ["orderId", "origClientOrderId"]] },
  id: /^[\w.:/-]{1,36}$/,
  idInWords: "1 to 36 of the characters A-Z a-z 0-9 . : / _ -",
}

export const binance = (options: BinanceOptions = {}): Venue => {
  const { isLive = false, limits = binanceLimits, recvWindowMs = 5000 } = options
  const orderOf = (order: VenueOrder, credentials: Credentials, { timeMs }: Stamp): HttpMessage => {
    const { key, secret } = plainOf(credentials)
    const query = encodeFields([
      ["timestamp", String(timeMs)],
      ...sentFields(order),
      ["newClientOrderId", order.id],
      ["recvWindow", String(recvWindowMs)],
    ])
    const path = isLive ? "/api/v3/order" : "/api/v3/order/test"
    return {
      method: actionOf(order) === "place" ? "POST" : "DELETE",
      path: `${path}?${query}&signature=${binanceSignature(query, secret)}`,
      headers: { "X-MBX-APIKEY": key },
    }
  }
  return {
    name: "binance",
    url: new URL("https://api.binance.com"),
    credentials: KeyAndSecret,
    nonces: "none",
    isLive,
    lateMs: recvWindowMs,
    limits,
    problemOf: (order) =>
      problemOfFields(order, RULES) ??
      (isLive || actionOf(order) === "place"
        ? undefined
        : "cancels, which Binance does not check without doing it"),
    at: () => ({ orderOf, pingOf: () => ({ method: "GET", path: "/api/v3/time" }) }),
    read: (answer, { id }) => readBinance(answer, id, !isLive),
    isAnonymous: (answer) => !namesOrder(answer),
    answersPing: tellsTime,
  }
}
