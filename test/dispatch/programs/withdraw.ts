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
const dispatcher = await runtime.runPromise(Dispatcher)

const send = async (id: string, signal: AbortSignal) => {
  const queued = await Effect.runPromise(dispatcher.enqueue({ id }))
  signal.addEventListener("abort", () => void Effect.runPromise(queued.withdraw))
  // Also after an abort this says what became of the order: OrderCancelled means that nothing was sent.
  const exit = await Effect.runPromiseExit(queued.result)
  console.log(id, Exit.isSuccess(exit) ? "accepted" : String(Cause.squash(exit.cause)))
}

const user = new AbortController()
process.once("SIGINT", () => user.abort())
await Promise.all(Array.from({ length: 500 }, (_, n) => send(`order-${n}`, user.signal)))
await runtime.dispose()
