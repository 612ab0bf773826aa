/** Which venues want a timestamp and no order of nonces, by the names that ccxt has for them. */
import type { Nonces } from "../../domain/LimitSpec.ts"

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
