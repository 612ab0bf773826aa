import assert from "node:assert/strict"
import { after, test } from "node:test"
import { RateLimitBanError, Spot, SpotRestAPI } from "@binance/spot"
import { ManagedRuntime } from "effect"
import { demoCredentials, EmulatedExchange, layerEmulated } from "../../../src/testing.ts"

const runtime = ManagedRuntime.make(layerEmulated("binance"))
after(() => runtime.dispose())

void test("a bot that does not wait is banned", async () => {
  const { tally, url: basePath } = await runtime.runPromise(EmulatedExchange)
  const { key: apiKey, secret: apiSecret } = demoCredentials
  const { restAPI } = new Spot({ configurationRestAPI: { apiKey, apiSecret, basePath, timeout: 10_000 } })
  const order = {
    symbol: "ETHBTC",
    side: SpotRestAPI.NewOrderSideEnum.BUY,
    type: SpotRestAPI.NewOrderTypeEnum.MARKET,
    quantity: 1,
  }
  const ends = await Promise.allSettled(Array.from({ length: 250 }, () => restAPI.newOrder(order)))
  assert.ok(ends.some((end) => end.status === "rejected" && end.reason instanceof RateLimitBanError))
  const { banned, keys } = await runtime.runPromise(tally)
  assert.ok(banned > 0)
  assert.ok((keys[0]?.verdicts.accepted ?? 0) >= 100)
})
