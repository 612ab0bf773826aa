/** What the emulated Binance counts, and how it names that: in its errors, its headers and its `exchangeInfo`. */
import type { EmulatedLimit } from "../Emulated.ts"

const INTERVALS_MS = { SECOND: 1000, MINUTE: 60_000, DAY: 86_400_000 } as const

interface BinanceLimit {
  /** By which its counter is asked for. */
  readonly name: string
  readonly rateLimitType: "REQUEST_WEIGHT" | "RAW_REQUESTS" | "ORDERS"
  readonly interval: keyof typeof INTERVALS_MS
  readonly intervalNum: number
  readonly limit: number
}

export const WEIGHT: BinanceLimit = {
  name: "weight",
  rateLimitType: "REQUEST_WEIGHT",
  interval: "MINUTE",
  intervalNum: 1,
  limit: 6000,
}

export const RAW_REQUESTS: BinanceLimit = {
  name: "raw requests",
  rateLimitType: "RAW_REQUESTS",
  interval: "MINUTE",
  intervalNum: 5,
  limit: 300_000,
}

export const ORDERS: ReadonlyArray<BinanceLimit> = [
  { name: "orders", rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 100 },
  { name: "orders of a day", rateLimitType: "ORDERS", interval: "DAY", intervalNum: 1, limit: 200_000 },
]

const ALL = [WEIGHT, RAW_REQUESTS, ...ORDERS]

/** As answers in JSON show a limit. */
export const shownLimit = ({ interval, intervalNum, limit, rateLimitType }: BinanceLimit) => ({
  rateLimitType,
  interval,
  intervalNum,
  limit,
})

export const RATE_LIMITS = ALL.map(shownLimit)

/** What errors say of an excess. @param what is limited */
export const excessOf = ({ interval, intervalNum, limit }: BinanceLimit, what: string): string =>
  `current limit is ${limit} ${what} per ${intervalNum} ${interval}.`

/** The end of the header that tells what is counted, such as `10s`. */
export const headerOf = ({ interval, intervalNum }: BinanceLimit): string =>
  `${intervalNum}${interval.charAt(0).toLowerCase()}`

export const LIMITS: ReadonlyArray<EmulatedLimit> = ALL.map(
  ({ interval, intervalNum, limit, name, rateLimitType }) => {
    const ofAddress = rateLimitType !== "ORDERS"
    const windowMs = intervalNum * INTERVALS_MS[interval]
    const scope = ofAddress ? "ip" : "account"
    return { name, limit: { rule: "fixed", limit, windowMs, scope }, countsRefusals: ofAddress }
  },
)
