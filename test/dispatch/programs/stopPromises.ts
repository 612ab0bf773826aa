import process from "node:process"
import { Cause, Duration, Effect, Exit, ManagedRuntime, Redacted } from "effect"
import { Dispatcher, layerHttp } from "../../../src/index.ts"

const runtime = ManagedRuntime.make(
  layerHttp({
    url: new URL(process.env["EXCHANGE_URL"] ?? ""),
    keys: [{ label: "key-1", secret: Redacted.make(process.env["API_KEY"] ?? "") }],
    bound: Duration.millis(55),
  }),
)
const orders = Array.from({ length: 500 }, (_, n) => ({ id: `order-${n}`, params: { side: "buy" } }))

const dispatcher = await runtime.runPromise(Dispatcher)
// Cancels what is queued, and waits for what has left.
process.once("SIGINT", () => void runtime.dispose())

await Promise.all(
  orders.map(async (order) => {
    // Effect.runPromiseExit, and not the runtime's own, which disposing of it interrupts.
    const exit = await Effect.runPromiseExit(dispatcher.submit(order))
    console.log(order.id, Exit.isSuccess(exit) ? "accepted" : String(Cause.squash(exit.cause)))
  }),
)
await runtime.dispose()
