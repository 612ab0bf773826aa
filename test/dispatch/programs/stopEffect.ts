import process from "node:process"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Duration, Effect, Redacted, Stream } from "effect"
import { Dispatcher, layerHttp } from "../../../src/index.ts"

const exchange = layerHttp({
  url: new URL(process.env["EXCHANGE_URL"] ?? ""),
  keys: [{ label: "key-1", secret: Redacted.make(process.env["API_KEY"] ?? "") }],
  bound: Duration.millis(55),
})
const orders = Array.from({ length: 500 }, (_, n) => ({ id: `order-${n}`, params: { side: "buy" } }))

const program = Effect.gen(function* () {
  const dispatcher = yield* Dispatcher
  const reader = Stream.runForEach(dispatcher.outcomes, ({ id, outcome }) =>
    Console.log(`${id} ${outcome.outcome}`),
  )
  // A child of this fiber: it outlives the dispatcher, and hears of the last order.
  yield* Effect.forkChild(reader, { startImmediately: true })
  yield* Effect.forEach(orders, (order) => Effect.ignore(dispatcher.submit(order)), {
    concurrency: "unbounded",
    discard: true,
  })
})

// SIGINT and SIGTERM interrupt it.
NodeRuntime.runMain(Effect.provide(program, exchange))
