import process from "node:process"
import { Duration, Effect, Redacted } from "effect"
import { binance, Dispatcher, layerVenue } from "../../../src/index.ts"

const secretOf = (name: string) => Redacted.make(process.env[name] ?? "")

const live = layerVenue({
  venue: binance({ isLive: true }),
  url: new URL(process.env["BINANCE_URL"] ?? "https://testnet.binance.vision"),
  keys: [{ label: "key-1", key: secretOf("BINANCE_KEY"), secret: secretOf("BINANCE_SECRET") }],
  ttl: Duration.seconds(2),
})

const program = Effect.gen(function* () {
  const dispatcher = yield* Dispatcher
  const params = { symbol: "LTCBTC", side: "BUY", type: "MARKET", quantity: "1" }
  // Within Binance's limits, whatever the delays: 100 in each 10 s of its clock, and the address's weight.
  const ends = yield* Effect.forEach(
    Array.from({ length: 90 }, (_, n) => ({ id: `o-${n}`, params })),
    (order) => Effect.result(dispatcher.submit(order)),
    { concurrency: "unbounded" },
  )
  for (const { _tag } of ends) console.log(_tag)
})

await Effect.runPromise(Effect.provide(program, live))
