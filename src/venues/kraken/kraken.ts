/**
 * Kraken Spot over REST: AddOrder and CancelOrder. An order's fields are the call's own; its id travels as `cl_ord_id`.
 *
 * docs.kraken.com/api/docs/guides/spot-rest-auth, docs.kraken.com/api/docs/rest-api/add-order; read in November 2026.
 */
import { createHash, createHmac } from "node:crypto"
import type { Credentials } from "../../domain/ApiKey.ts"
import type { NonceUnit } from "../../domain/NonceUnit.ts"
import type { HttpMessage } from "../../http/Connection.ts"
import { KeyAndBase64Secret, plainOf } from "../credentials.ts"
import { actionOf, encodeFields, type FieldRules, problemOfFields, sentFields } from "../fields.ts"
import type { Stamp, Venue, VenueOrder } from "../Venue.ts"
import type { VenueLimit } from "../VenueLimit.ts"
import { readKraken } from "./answer.ts"
import { krakenLimits, type KrakenTier } from "./limits.ts"

export interface KrakenOptions {
  /** Orders are executed. Otherwise each asks Kraken to check it and no more (`validate`). Default false. */
  readonly isLive?: boolean
  /** What nonces count: as the other clients which have used the key count, or finer. Default `ms`. */
  readonly nonceUnit?: NonceUnit | undefined
  /** So long after it was sent Kraken still matches an order: 500 to 60,000. Default 5000. */
  readonly deadlineMs?: number | undefined
  /** Default `starter`. */
  readonly tier?: KrakenTier | undefined
  /** In place of the tier's. */
  readonly limits?: ReadonlyArray<VenueLimit>
}

/** API-Sign of a call: HMAC-SHA512, by the secret's bytes, of its path and of the SHA-256 of nonce and body. */
export const krakenSignature = (path: string, nonce: string, body: string, secret: string): string =>
  createHmac("sha512", Buffer.from(secret, "base64"))
    .update(path)
    .update(createHash("sha256").update(nonce).update(body).digest())
    .digest("base64")

const RULES: FieldRules = {
  own: { place: ["nonce", "cl_ord_id", "deadline", "validate"], cancel: ["nonce"] },
  // A cancel's pair says which counter it counts in; it is not sent.
  needed: { place: ["pair", "type", "ordertype", "volume"], cancel: ["pair", ["txid", "cl_ord_id"]] },
  id: /^(?:[\x21-\x7e]{1,18}|[\da-f]{32}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i,
  idInWords: "at most 18 characters without blanks, or a UUID",
}

const PATHS = { place: "/0/private/AddOrder", cancel: "/0/private/CancelOrder" } as const

const fieldsOf = (
  order: VenueOrder,
  { timeMs }: Stamp,
  { deadlineMs, isLive }: { readonly deadlineMs: number; readonly isLive: boolean },
): ReadonlyArray<readonly [string, string]> =>
  actionOf(order) === "cancel"
    ? sentFields(order, ["pair"])
    : [
        ...sentFields(order),
        ["cl_ord_id", order.id],
        ["deadline", new Date(timeMs + deadlineMs).toISOString()],
        ...(isLive ? [] : [["validate", "true"] as const]),
      ]

/** `XBT/USD`, `XXBTZUSD` and `BTCUSD` are XBTUSD. */
const pairOf = (name: string): string =>
  name
    .toUpperCase()
    .replace("/", "")
    .replace(/^X(\w{3})[XZ](\w{3})$/, "$1$2")
    .replace("BTC", "XBT")
    .replace("DOGE", "XDG")

export const kraken = (options: KrakenOptions = {}): Venue => {
  const { deadlineMs = 5000, isLive = false, nonceUnit, tier = "starter" } = options
  const orderOf = (order: VenueOrder, credentials: Credentials, stamp: Stamp): HttpMessage => {
    const { key, secret } = plainOf(credentials)
    const { nonce } = stamp
    const path = PATHS[actionOf(order)]
    const body = encodeFields([["nonce", nonce], ...fieldsOf(order, stamp, { deadlineMs, isLive })])
    const headers = {
      "API-Key": key,
      "API-Sign": krakenSignature(path, nonce, body, secret),
      "Content-Type": "application/x-www-form-urlencoded",
    }
    return { method: "POST", path, headers, body }
  }
  return {
    name: "kraken",
    url: new URL("https://api.kraken.com"),
    credentials: KeyAndBase64Secret,
    nonces: "rising",
    nonceUnit,
    isLive,
    limits: options.limits ?? krakenLimits(tier),
    problemOf: (order) =>
      problemOfFields(order, RULES) ??
      (isLive || actionOf(order) === "place"
        ? undefined
        : "cancels, which Kraken does not check without doing it"),
    nameOf: pairOf,
    at: () => ({ orderOf, pingOf: () => ({ method: "GET", path: "/0/public/Time" }) }),
    read: (answer, order, wallMs) => readKraken(answer, actionOf(order), wallMs),
    // No answer names its order.
    isAnonymous: () => true,
    answersPing: (answer) => readKraken(answer, "place", 0).time !== undefined,
  }
}
