/**
 * How much of what is possible a client gets out of the project's own exchange: the dispatcher beside a plain
 * loop, at several loads, the exchange in a process of its own.
 *
 *     npm run bench:exchange -- [--duration SECONDS] [--seed N] [--loads 0.95,1,2]
 */
import process from "node:process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { mkdtempSync, rmSync } from "node:fs"
import { parseArgs } from "node:util"
import { NodeServices } from "@effect/platform-node"
import { Console, Duration, Effect, Redacted, Stream } from "effect"
import { DEFAULT_REQUEST_TIMEOUT } from "../src/dispatch/requestTimeout.ts"
import { exerciseKeys } from "../src/venues/exercise/exercise.ts"
import { layer as httpExchangeLayer } from "../src/venues/exercise/HttpExchangeClient.ts"
import { nowMs } from "../src/platform/Monotonic.ts"
import { randomSource } from "../src/run/sources/RandomSource.ts"
import { ackWindowDesign } from "../src/run/Design.ts"
import { prepareHttpRun } from "../src/run/HttpRun.ts"
import {
  addDuration,
  emptyDistribution,
  type Percentiles,
  percentilesOf,
} from "../src/summary/Distribution.ts"
import { againstExchange, type Tally } from "./support/exchangeProcess.ts"
import { dispatcherAlone } from "./support/dispatcherAlone.ts"
import { plainLoop } from "./support/plainLoop.ts"
import { type Columns, table } from "./support/table.ts"

const { values } = parseArgs({
  options: {
    duration: { type: "string", default: "60" },
    seed: { type: "string", default: "7" },
    loads: { type: "string", default: "0.95,1,2" },
  },
})
const duration = Duration.seconds(Number(values.duration))
const seed = Number(values.seed)
const loads = values.loads.split(",").map(Number)
const limit = 20
const window = Duration.seconds(1)
const keys = exerciseKeys
const requestTimeout = DEFAULT_REQUEST_TIMEOUT

interface Row {
  readonly client: string
  readonly load: number
  readonly created: number
  readonly accepted: number
  /** From the start until the last order was settled. */
  readonly elapsedMs: number
  readonly age: Percentiles | null
  readonly tally: Tally
  /** The client process's share of one core. */
  readonly cpu: number
  readonly unknown: number
}

const directory = mkdtempSync(join(tmpdir(), "paceline-bench-"))

/** Runs an effect and says how long it took and how much of a core it used. */
const measured = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fromMs = yield* nowMs
    const before = process.cpuUsage()
    const value = yield* effect
    const used = process.cpuUsage(before)
    const elapsedMs = (yield* nowMs) - fromMs
    return { value, elapsedMs, cpu: (used.user + used.system) / 1000 / elapsedMs }
  })

const paceline = (load: number) =>
  Effect.gen(function* () {
    const { result, tally } = yield* againstExchange(seed, (url) =>
      measured(
        Effect.scoped(
          Effect.gen(function* () {
            const prepared = yield* prepareHttpRun({
              exchange: Redacted.make(url),
              source: { type: "random", load, duration },
              keys,
              seed,
              ttl: Duration.seconds(1),
              limit,
              window,
              bound: Duration.millis(55),
              design: ackWindowDesign,
              requestTimeout,
              log: join(directory, `load-${load}.ndjson`),
              inWords: ({ message }) => message,
            })
            const { exit, summary } = yield* prepared.run
            yield* exit
            return summary
          }),
        ),
      ),
    )
    const summary = result.value
    const { orders, orderAge } = summary
    const { created, accepted, unknown } = orders
    const row: Row = {
      client: "paceline",
      load,
      created,
      accepted,
      unknown: unknown ?? 0,
      elapsedMs: result.elapsedMs,
      age: orderAge,
      tally,
      cpu: result.cpu,
    }
    return row
  })

const plain = (load: number) =>
  Effect.gen(function* () {
    const orders = randomSource({ seed, load, keys: keys.length, limit, window, duration })
    const { result, tally } = yield* againstExchange(seed, (url) =>
      measured(plainLoop(orders, keys)).pipe(
        Effect.provide(httpExchangeLayer({ url, requestTimeout, maxInFlight: limit * keys.length })),
      ),
    )
    const distribution = emptyDistribution()
    for (const age of result.value.ages) addDuration(distribution, age)
    const row: Row = {
      client: "plain loop",
      load,
      created: result.value.created,
      accepted: result.value.ages.length,
      unknown: 0,
      elapsedMs: result.elapsedMs,
      age: percentilesOf(distribution),
      tally,
      cpu: result.cpu,
    }
    return row
  })

const sum = (tally: Tally, of: (key: Tally["keys"][number]) => number) =>
  tally.keys.reduce((total, key) => total + of(key), 0)

const columns: Columns<Row> = [
  ["client", (_) => _.client],
  ["load", (_) => String(_.load)],
  ["offered/s", (_) => (_.created / Duration.toSeconds(duration)).toFixed(1)],
  ["accepted/s", (_) => ((_.accepted * 1000) / _.elapsedMs).toFixed(1)],
  ["accepted", (_) => `${((100 * _.accepted) / _.created).toFixed(2)} %`],
  ["age p50", (_) => `${_.age?.p50.toFixed(0) ?? "-"} ms`],
  ["age p99", (_) => `${_.age?.p99.toFixed(0) ?? "-"} ms`],
  ["429", (_) => String(sum(_.tally, (key) => key.rateLimit + key.blocked))],
  ["400", (_) => String(sum(_.tally, (key) => key.nonce))],
  ["unknown", (_) => String(_.unknown)],
  ["sent twice", (_) => String(_.tally.repeatedOrders)],
  ["busiest window", (_) => String(Math.max(..._.tally.keys.map((key) => key.busiestWindow)))],
  ["CPU", (_) => `${(100 * _.cpu).toFixed(1)} %`],
]

const main = Effect.gen(function* () {
  const rows: Array<Row> = []
  yield* Console.error(`${loads.length * 2} runs of ${Duration.format(duration)}, seed ${seed}`)
  for (const load of loads) {
    for (const bench of [paceline, plain]) {
      const row = yield* bench(load)
      rows.push(row)
      yield* Console.error(`${row.client} at load ${load}: ${row.accepted} of ${row.created} accepted`)
    }
  }
  const orders = randomSource({ seed, load: 1, keys: keys.length, limit, window, duration })
  const alone = yield* measured(
    dispatcherAlone(({ enqueue }) => Effect.orDie(Stream.runForEach(orders, enqueue)), keys, seed),
  )
  yield* Console.log(table(columns, rows))
  yield* Console.log(
    "\nCounts of 429, 400, orders sent twice and the busiest window of any key (requests in any 1000 ms) are the exchange's own. CPU is the whole client process's share of one core.",
  )
  yield* Console.log(
    `\nThe dispatcher alone (no HTTP; ${alone.value} orders at load 1): ${(100 * alone.cpu).toFixed(1)} % of one core.`,
  )
}).pipe(
  Effect.ensuring(Effect.sync(() => rmSync(directory, { recursive: true }))),
  Effect.provide(NodeServices.layer),
)

await Effect.runPromise(main)
