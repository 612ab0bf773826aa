/**
 * A program that uses Paceline as a library, as docs/library.md says, and is interrupted: hands over its orders, and writes
 * down what it is told of each.
 *
 *     node libraryClient.ts runMain|abort|withdraw URL KEYS-FILE STATE TOLD-FILE PREFIX ORDERS
 */
import { appendFileSync, readFileSync } from "node:fs"
import process from "node:process"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Effect, Exit, ManagedRuntime, Redacted, Stream } from "effect"
import { Dispatcher, layerHttp } from "../../../src/index.ts"

const [way = "", url = "", keysFile = "", state = "", toldFile = "", prefix = "", count = ""] =
  process.argv.slice(2)
const secrets = readFileSync(keysFile, "utf8").trim().split("\n")
const exchange = layerHttp({
  url: new URL(url),
  keys: secrets.map((secret, n) => ({ label: `key-${n + 1}`, secret: Redacted.make(secret) })),
  state,
})
const orders = Array.from({ length: Number(count) }, (_, n) => ({ id: `${prefix}-${n}` }))
const tell = (id: string, outcome: string): void => {
  appendFileSync(toldFile, `${JSON.stringify({ id, outcome })}\n`)
}

const submitAll = Effect.gen(function* () {
  const dispatcher = yield* Dispatcher
  const reader = Stream.runForEach(dispatcher.outcomes, ({ id, outcome }) =>
    Effect.sync(() => {
      tell(id, outcome.outcome)
    }),
  )
  yield* Effect.forkChild(reader, { startImmediately: true })
  yield* Effect.forEach(orders, (order) => Effect.ignore(dispatcher.submit(order)), {
    concurrency: "unbounded",
    discard: true,
  })
}).pipe(Effect.provide(exchange))

const interrupted = new AbortController()
const listen = (): void => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      interrupted.abort()
    })
  }
}

/** Failures after which nobody knows whether the order was executed. */
const UNKNOWN = new Set([
  "RequestTimeout",
  "ConnectionBroken",
  "UndecodableAnswer",
  "ServerError",
  "ClientFailed",
])
const NEVER_SENT = new Set([
  "OrderCancelled",
  "OrderExpired",
  "ExchangeUnreachable",
  "NoUsableKey",
  "ConnectionFailed",
])

const withdrawAll = async (): Promise<void> => {
  const runtime = ManagedRuntime.make(exchange)
  const dispatcher = await runtime.runPromise(Dispatcher)
  await Promise.all(
    orders.map(async ({ id }) => {
      const queued = await Effect.runPromise(dispatcher.enqueue({ id }))
      interrupted.signal.addEventListener("abort", () => void Effect.runPromise(queued.withdraw))
      if (interrupted.signal.aborted) await Effect.runPromise(queued.withdraw)
      const exit = await Effect.runPromiseExit(queued.result)
      const failure = Exit.isSuccess(exit) ? undefined : Cause.squash(exit.cause)
      const tag = failure instanceof Error ? failure.name : String(failure)
      if (failure === undefined) tell(id, "accepted")
      else if (UNKNOWN.has(tag)) tell(id, "unknown")
      else tell(id, NEVER_SENT.has(tag) ? "cancelled" : "rejected")
    }),
  )
  await runtime.dispose()
}

if (way === "runMain") NodeRuntime.runMain(submitAll)
else {
  listen()
  if (way === "abort") await Effect.runPromiseExit(submitAll, { signal: interrupted.signal })
  else await withdrawAll()
}
