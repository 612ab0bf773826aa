/** Which venues want a timestamp and no order of nonces, by the names that ccxt has for them. */
import type { Nonces } from "../../domain/LimitSpec.ts"
import type { NonceUnit } from "../../domain/NonceUnit.ts"

/** As ccxt signs for them: with the time, or with the time and a nonce of which only its being new counts. */
const TIMED: ReadonlySet<string> = new Set([
  "binance",
  "bitstamp",
  "bybit",
  "coinbase",
  "coinbaseexchange",
  "deribit",
  "kucoin",
  "okx",
  "upbit",
])

/** Whether a venue's nonces must rise. Where it is not known, they do: that is safe, and slower. */
export const ccxtNonces = (venue: string): Nonces => (TIMED.has(venue) ? "none" : "rising")

/** How many digits the time has in each unit, for the next 250 years. */
const UNITS: ReadonlyMap<number, NonceUnit> = new Map([
  [13, "ms"],
  [16, "us"],
  [19, "ns"],
])

/** What a nonce of ccxt's counts; undefined for one that cannot tell two requests apart, such as seconds, or is no time. */
export const ccxtNonceUnit = (nonce: number): NonceUnit | undefined =>
  UNITS.get(String(Math.floor(nonce)).length)
