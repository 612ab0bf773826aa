/** The public calls of the emulated Kraken: its time, and what there is to trade. */
import type { RejectReason } from "../../domain/Outcome.ts"
import { type EmulatedAnswer, type EmulatedRequest, jsonAnswer } from "../Emulated.ts"

export const ok = (result: unknown): EmulatedAnswer => jsonAnswer(200, { error: [], result })
export const refuse = (error: string, refused: RejectReason = "exchange"): EmulatedAnswer => ({
  ...jsonAnswer(200, { error: [error] }),
  refused,
})

/** Each asset by Kraken's older name, the name that people see, and its decimals. */
const ASSETS = [
  ["ZUSD", "USD", 4],
  ["ZEUR", "EUR", 4],
  ["XXBT", "XBT", 10],
  ["XETH", "ETH", 10],
  ["XLTC", "LTC", 10],
  ["SOL", "SOL", 10],
] as const

/** Base and quote of each pair, by the older names. */
const PAIRS = [
  ["XXBT", "ZUSD"],
  ["XXBT", "ZEUR"],
  ["XETH", "ZUSD"],
  ["XETH", "XXBT"],
  ["XLTC", "ZUSD"],
  ["SOL", "ZUSD"],
] as const

const altnameOf = (asset: string): string => ASSETS.find(([name]) => name === asset)?.[1] ?? asset

const krakenAssets = Object.fromEntries(
  ASSETS.map(([name, altname, decimals]) => [
    name,
    { aclass: "currency", altname, decimals, display_decimals: 5, status: "enabled" },
  ]),
)

const pairInfo = (base: string, quote: string) => ({
  altname: `${altnameOf(base)}${altnameOf(quote)}`,
  wsname: `${altnameOf(base)}/${altnameOf(quote)}`,
  aclass_base: "currency",
  base,
  aclass_quote: "currency",
  quote,
  lot: "unit",
  cost_decimals: 5,
  pair_decimals: 5,
  lot_decimals: 8,
  lot_multiplier: 1,
  leverage_buy: [],
  leverage_sell: [],
  fees: [[0, 0.4]],
  fees_maker: [[0, 0.25]],
  fee_volume_currency: "ZUSD",
  ordermin: "0.00001",
  costmin: "0.5",
  tick_size: "0.00001",
  status: "online",
})

const krakenAssetPairs: Readonly<Record<string, ReturnType<typeof pairInfo>>> = Object.fromEntries(
  PAIRS.map(([base, quote]) => [
    base.startsWith("X") ? `${base}${quote}` : `${base}${altnameOf(quote)}`,
    pairInfo(base, quote),
  ]),
)

/** Kraken's own name of a pair that orders call so; undefined where there is none. All its names share its counter. */
export const pairNamed = (text: string): string | undefined =>
  Object.entries(krakenAssetPairs).find(
    ([name, { altname, wsname }]) => text === name || text === altname || text === wsname,
  )?.[0]

export const answerPublic = ({ body, path, query }: EmulatedRequest, nowMs: number): EmulatedAnswer => {
  switch (path) {
    case "/0/public/Time":
      return ok({ unixtime: Math.floor(nowMs / 1000), rfc1123: new Date(nowMs).toUTCString() })
    case "/0/public/SystemStatus":
      return ok({ status: "online", timestamp: new Date(nowMs).toISOString() })
    case "/0/public/Assets":
      return ok(krakenAssets)
    case "/0/public/AssetPairs": {
      const asked = new URLSearchParams(query).get("pair") ?? new URLSearchParams(body).get("pair")
      if (asked === null) return ok(krakenAssetPairs)
      const names = asked.split(",").map(pairNamed)
      if (names.some((name) => name === undefined)) return refuse("EQuery:Unknown asset pair")
      return ok(Object.fromEntries(Object.entries(krakenAssetPairs).filter(([name]) => names.includes(name))))
    }
    default:
      return refuse("EGeneral:Unknown method")
  }
}
