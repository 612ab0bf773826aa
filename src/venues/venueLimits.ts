/**
 * The limits on orders of venues that many use, by the names that ccxt has for them: also of venues that have no folder here.
 * Each is a default: whoever has other numbers from the venue writes them in its place.
 *
 * @example
 * const [perInstrument] = venueLimits.okx
 */
import { binanceLimits } from "./binance/limits.ts"
import { coinbaseExchangeLimits } from "./coinbaseexchange/limits.ts"
import { exerciseLimits } from "./exercise/limits.ts"
import { krakenLimits } from "./kraken/limits.ts"
import type { VenueLimit } from "./VenueLimit.ts"

const READ = "2026-11"
const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

const bybit: ReadonlyArray<VenueLimit> = [
  {
    name: "spot orders",
    limit: { rule: "log", limit: 20, windowMs: SECOND_MS, scope: "account" },
    excess: "retCode 10006",
    source: "bybit-exchange.github.io/docs/v5/rate-limit",
    read: READ,
    unknown: "Futures and options have 10, each group of calls a counter of its own: here all share one",
  },
  {
    name: "address",
    limit: { rule: "log", limit: 600, windowMs: 5 * SECOND_MS, scope: "ip" },
    excess: "403: wait 10 minutes",
    source: "bybit-exchange.github.io/docs/v5/rate-limit",
    read: READ,
    unknown: "Whether its window is fixed or rolling: the sliding log is right for both",
  },
]

const okx: ReadonlyArray<VenueLimit> = [
  {
    name: "instrument",
    limit: { rule: "log", limit: 60, windowMs: 2 * SECOND_MS, scope: "account", field: "instId" },
    excess: "50011",
    source: "www.okx.com/docs-v5",
    read: READ,
    unknown: "Whether its window is fixed or rolling; options count by instrument family",
  },
  {
    name: "sub-account",
    // Cancels have limits of their own.
    limit: { rule: "log", limit: 1000, windowMs: 2 * SECOND_MS, scope: "account", costs: { cancel: 0 } },
    excess: "50061",
    source: "www.okx.com/help/fill-ratio-sub-account-rate-limit",
    read: READ,
    unknown: "Whether its window is fixed or rolling; a low fill ratio may lower it",
  },
]

const coinbase: ReadonlyArray<VenueLimit> = [
  {
    name: "private",
    limit: { rule: "log", limit: 30, windowMs: SECOND_MS, scope: "account" },
    excess: "429",
    source: "client code (nautilus) and api-evangelist's descriptions of Coinbase Advanced Trade",
    read: READ,
    unknown: "The venue's own rule: 30 a second is all that is said",
  },
]

const deribit: ReadonlyArray<VenueLimit> = [
  {
    name: "matching engine",
    limit: { rule: "bucket", limit: 20, decay: 5, decayMs: SECOND_MS, scope: "account" },
    excess: "10028, and the session ends",
    source: "docs.deribit.com/articles/rate-limits",
    read: READ,
    unknown: "The account's tier, up to 30 a second and 100 at once: get_account_summary tells it",
  },
]

const kucoin: ReadonlyArray<VenueLimit> = [
  {
    name: "spot pool",
    limit: { rule: "log", limit: 4000, windowMs: 30 * SECOND_MS, scope: "account" },
    excess: "429000: wait as gw-ratelimit-reset says",
    source: "www.kucoin.com/docs-new/rate-limit",
    read: READ,
    unknown: "The weight of a call, which its page tells: 1 is assumed. VIP tiers have up to 40,000",
  },
]

const upbit: ReadonlyArray<VenueLimit> = [
  {
    name: "order",
    // Cancels belong to the default group, of 30.
    limit: { rule: "log", limit: 12, windowMs: SECOND_MS, scope: "account", costs: { cancel: 0 } },
    excess: "429, then 418 for a time that grows",
    source: "docs.upbit.com/kr/reference/rate-limits",
    read: READ,
    unknown: "Whether the window still opens with the first request, as an older page says",
  },
  {
    name: "default",
    limit: { rule: "log", limit: 30, windowMs: SECOND_MS, scope: "account", costs: { place: 0 } },
    excess: "429, then 418 for a time that grows",
    source: "docs.upbit.com/kr/reference/rate-limits",
    read: READ,
    unknown: "Which group cancelling belongs to",
  },
]

const gemini: ReadonlyArray<VenueLimit> = [
  {
    name: "private",
    limit: { rule: "bucket", limit: 5, decay: 10, decayMs: SECOND_MS, scope: "account" },
    excess: "up to 5 wait at the venue, then 429",
    source: "developer.gemini.com/rate-limit",
    read: READ,
    unknown: "How it counts exactly: 600 a minute with 5 that wait reads as a leaky bucket of 10 a second",
  },
]

const bitstamp: ReadonlyArray<VenueLimit> = [
  {
    name: "second",
    limit: { rule: "log", limit: 400, windowMs: SECOND_MS, scope: "account" },
    excess: "400.002",
    source: "client code (hummingbot) and api-evangelist's descriptions of Bitstamp",
    read: READ,
    unknown: "Whether its window is fixed or rolling",
  },
  {
    name: "ten minutes",
    limit: { rule: "log", limit: 10_000, windowMs: 10 * MINUTE_MS, scope: "account" },
    excess: "400.002",
    source: "client code (hummingbot) and api-evangelist's descriptions of Bitstamp",
    read: READ,
    unknown: "Whether its window is fixed or rolling",
  },
]

const bitfinex: ReadonlyArray<VenueLimit> = [
  {
    name: "address",
    limit: { rule: "log", limit: 10, windowMs: MINUTE_MS, scope: "ip" },
    excess: "ERR_RATE_LIMIT: the call is blocked for 10 to 60 s",
    source: "docs.bitfinex.com/docs/requirements-and-limitations",
    read: READ,
    unknown:
      "The number of each call: 10 to 90 a minute, of which the least is assumed; the exact logic may change",
  },
]

/** Venues whose limits are known here. */
export type LimitedVenue =
  | "exercise"
  | "kraken"
  | "binance"
  | "bybit"
  | "okx"
  | "coinbaseexchange"
  | "coinbase"
  | "deribit"
  | "kucoin"
  | "upbit"
  | "gemini"
  | "bitstamp"
  | "bitfinex"

export const venueLimits: Readonly<Record<LimitedVenue, ReadonlyArray<VenueLimit>>> = {
  exercise: exerciseLimits,
  kraken: krakenLimits("starter"),
  binance: binanceLimits,
  bybit,
  okx,
  coinbaseexchange: coinbaseExchangeLimits,
  coinbase,
  deribit,
  kucoin,
  upbit,
  gemini,
  bitstamp,
  bitfinex,
}
