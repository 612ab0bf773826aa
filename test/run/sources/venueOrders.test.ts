import { describe, expect, it } from "vitest"
import { MadeOrder } from "../../../src/domain/Order.ts"
import { misfitOf } from "../../../src/run/sources/venueOrders.ts"
import { kraken } from "../../../src/venues/kraken/kraken.ts"

const venue = kraken({ isLive: true })
const limits = venue.limits.map(({ limit }) => limit)
const placing = (pair: string) =>
  new MadeOrder("1", { pair, type: "buy", ordertype: "market", volume: "1" }, undefined)

describe("a pair that Kraken knows by several names", () => {
  it.each([
    ["XBTUSD", "XBT/USD"],
    ["XBT/USD", "XXBTZUSD"],
    ["XXBTZUSD", "btc/usd"],
    ["XETHXXBT", "ETHXBT"],
    ["XDGUSD", "DOGEUSD"],
  ])("has one in a run: after %s no %s", (first, other) => {
    const misfit = misfitOf(venue, limits)
    expect(misfit(placing(first))).toBe(undefined)
    expect(misfit(placing(other))).toContain(`call ${JSON.stringify(first)}:`)
    expect(misfit(placing(first))).toBe(undefined)
    // Another run may call it otherwise, and so may one that keeps no limit of a pair.
    expect(misfitOf(venue, limits)(placing(other))).toBe(undefined)
    const ofAll = misfitOf(venue, [{ rule: "log", limit: 9, windowMs: 1000, scope: "account" }])
    expect([ofAll(placing(first)), ofAll(placing(other))]).toEqual([undefined, undefined])
  })

  it("is not taken for another one", () => {
    const misfit = misfitOf(venue, limits)
    for (const pair of ["XBTUSD", "XBTEUR", "XBTUSDT", "ETHUSD", "XTZUSD", "ZECUSD", "XRPUSD", "XLMUSD"])
      expect(misfit(placing(pair))).toBe(undefined)
  })
})
