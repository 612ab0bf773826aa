/**
 * What sending one order costs the client's process: the client, without dispatcher and journal, beside plain undici,
 * against an exchange in a process of its own.
 *
 *     npm run bench:transport -- [--orders N] [--concurrency N] [--rounds N] [--rate ORDERS_A_SECOND]
 *
 * Without a rate, as fast as answers come; with one, most of what an order costs is waking up for it.
 */
import { spawn } from "node:child_process"
import process from "node:process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Console, Context, Duration, Effect, Layer, Redacted, type Scope } from "effect"
import { Pool } from "undici"
import type { ApiKey } from "../src/domain/ApiKey.ts"
import { nowMs } from "../src/platform/Monotonic.ts"
import { ExchangeClient } from "../src/venues/ExchangeClient.ts"
import { layer as httpExchangeLayer } from "../src/venues/exercise/HttpExchangeClient.ts"
import { type Columns, table } from "./support/table.ts"

const { values } = parseArgs({
  options: {
    orders: { type: "string", default: "20000" },
    concurrency: { type: "string", default: "20" },
    rounds: { type: "string", default: "3" },
    rate: { type: "string" },
  },
})
const orders = Number(values.orders)
const concurrency = Number(values.concurrency)
const pause =
  values.rate === undefined ? Effect.void : Effect.sleep(Duration.seconds(concurrency / Number(values.rate)))

const key: ApiKey = { label: "key-1", secret: Redacted.make("UT4NHL1J796WCHULA1750MXYF9F5JYA6") }

/** Sends one order with a nonce, and fails where it was not accepted. */
type Send = (nonce: number) => Effect.Effect<unknown, unknown>

interface Client {
  readonly name: string
  readonly make: (url: URL) => Effect.Effect<Send, never, Scope.Scope>
}

const clientOf = (name: string, layerOf: typeof httpExchangeLayer): Client => ({
  name,
  make: (url) =>
    Effect.map(
      Layer.build(layerOf({ url, requestTimeout: Duration.seconds(5), maxInFlight: concurrency })),
      (context) => {
        const client = Context.get(context, ExchangeClient)
        return (nonce) =>
          client.submit({ id: `o-${nonce}` }, key, nonce, {
            mayStart: () => true,
            onWritten: () => {},
            onSettled: () => {},
          })
      },
    ),
})

/** undici with nothing around it: it says whether the status was 200. */
const plainUndici: Client = {
  name: "plain undici",
  make: (url) =>
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => new Pool(url.origin, { connections: concurrency, pipelining: 1 })),
        (pool) => Effect.promise(() => pool.destroy()),
      ),
      (pool) => (nonce) =>
        Effect.callback<void, Error>((resume) => {
          let status = 0
          const path = `${url.pathname}?api_key=${Redacted.value(key.secret)}&nonce=${nonce}&req_id=o-${nonce}`
          pool.dispatch(
            { path, method: "GET" },
            {
              onRequestStart: () => {},
              onResponseData: () => {},
              onResponseStart: (_, code) => {
                status = code
              },
              onResponseEnd: () =>
                queueMicrotask(() =>
                  resume(status === 200 ? Effect.void : Effect.fail(new Error("refused"))),
                ),
              onResponseError: (_, error) => queueMicrotask(() => resume(Effect.fail(error))),
            },
          )
        }),
    ),
}

interface Row {
  readonly client: string
  readonly round: number
  readonly cpuMicros: number
  readonly ordersPerSecond: number
}

const sendAll = (send: Send, count: number, from: number) =>
  Effect.gen(function* () {
    let next = from
    const worker = Effect.gen(function* () {
      while (next < from + count) yield* Effect.andThen(send(next++), pause)
    })
    yield* Effect.all(
      Array.from({ length: concurrency }, () => worker),
      { concurrency: "unbounded" },
    )
  })

const measure = (client: Client, round: number, url: URL) =>
  Effect.scoped(
    Effect.gen(function* () {
      const send = yield* client.make(url)
      yield* sendAll(send, Math.ceil(orders / 4), 1)
      const fromMs = yield* nowMs
      const before = process.cpuUsage()
      yield* sendAll(send, orders, orders)
      const { system, user } = process.cpuUsage(before)
      const row: Row = {
        client: client.name,
        round,
        cpuMicros: (user + system) / orders,
        ordersPerSecond: (orders * 1000) / ((yield* nowMs) - fromMs),
      }
      return row
    }),
  )

const columns: Columns<Row> = [
  ["client", (_) => _.client],
  ["round", (_) => String(_.round)],
  ["CPU an order", (_) => `${_.cpuMicros.toFixed(0)} us`],
  ["orders/s", (_) => _.ordersPerSecond.toFixed(0)],
]

const exchange = Effect.acquireRelease(
  Effect.callback<{ readonly url: URL; readonly stop: () => void }>((resume) => {
    const path = fileURLToPath(new URL("support/acceptingExchange.ts", import.meta.url))
    const child = spawn(process.execPath, [path], { stdio: ["pipe", "pipe", "inherit"] })
    createInterface({ input: child.stdout }).once("line", (port) => {
      const url = new URL(`http://127.0.0.1:${port}/api/request`)
      resume(Effect.succeed({ url, stop: () => child.stdin.end() }))
    })
  }),
  ({ stop }) => Effect.sync(stop),
)

const clients = [clientOf("paceline", httpExchangeLayer), plainUndici]

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const { url } = yield* exchange
      const rounds = Array.from({ length: Number(values.rounds) }, (_, index) => index + 1)
      const rows = yield* Effect.forEach(rounds, (round) =>
        Effect.forEach(clients, (client) => measure(client, round, url)),
      )
      yield* Console.log(table(columns, rows.flat()))
    }),
  ),
)
