/**
 * What simulated time costs: `simulate` at several lengths and loads, each in a process of its own, one after the
 * other.
 *
 *     npm run bench:simulate -- [--durations 1h,6h,24h] [--loads 1] [--seed N]
 *
 * A day takes minutes. For a week at every load that matters: --durations 7d --loads 0.9,1,2
 */
import process from "node:process"
import { parseArgs } from "node:util"
import { Console, Effect, Schema } from "effect"
import { type Measured, measuredCommand } from "./support/measuredCommand.ts"
import { type Columns, table } from "./support/table.ts"

const { values } = parseArgs({
  options: {
    durations: { type: "string", default: "1h,6h,24h" },
    loads: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
  },
})

const Summary = Schema.Struct({
  orders: Schema.Struct({ created: Schema.Int, accepted: Schema.Int, expired: Schema.Int }),
  exceeds: Schema.Int,
  nonceErrors: Schema.Int,
  bans: Schema.Int,
})

interface Row {
  readonly duration: string
  readonly load: string
  readonly summary: typeof Summary.Type
  readonly measured: Measured
}

const inEnglish = new Intl.NumberFormat("en-US")
const columns: Columns<Row> = [
  ["duration", (_) => _.duration],
  ["load", (_) => _.load],
  ["orders", (_) => inEnglish.format(_.summary.orders.created)],
  ["accepted", (_) => inEnglish.format(_.summary.orders.accepted)],
  ["expired", (_) => inEnglish.format(_.summary.orders.expired)],
  ["exceeds", (_) => String(_.summary.exceeds)],
  ["nonce errors", (_) => String(_.summary.nonceErrors)],
  ["bans", (_) => String(_.summary.bans)],
  ["time", (_) => `${(_.measured.elapsedMs / 1000).toFixed(1)} s`],
  ["CPU", (_) => `${(_.measured.usage.cpuMicros / 1e6).toFixed(1)} s`],
  ["orders/s", (_) => inEnglish.format(Math.round((_.summary.orders.created * 1000) / _.measured.elapsedMs))],
  ["peak memory", (_) => `${(_.measured.usage.peakKib / 1024).toFixed(0)} MiB`],
]

const simulated = Effect.fnUntraced(function* (duration: string, load: string) {
  const flags = ["--duration", duration, "--load", load, "--seed", values.seed, "--format", "json"]
  const measured = yield* measuredCommand(["simulate", ...flags, "--no-progress"])
  const summary = yield* Schema.decodeUnknownEffect(Schema.fromJsonString(Summary))(measured.stdout)
  const row: Row = { duration, load, summary, measured }
  return row
})

const runs = values.durations
  .split(",")
  .flatMap((duration) => values.loads.split(",").map((load) => [duration, load] as const))

const main = Effect.gen(function* () {
  const rows: Array<Row> = []
  for (const [duration, load] of runs) {
    yield* Console.error(`simulating ${duration} at load ${load}`)
    const row = yield* simulated(duration, load)
    rows.push(row)
    // At once: what was measured for hours must not be lost with what comes after it.
    yield* Console.error(columns.map(([title, cell]) => `${title} ${cell(row)}`).join(", "))
  }
  yield* Console.log(table(columns, rows))
  const unsafe = rows.filter(({ summary }) => summary.exceeds + summary.nonceErrors + summary.bans > 0)
  if (unsafe.length > 0) process.exitCode = 1
})

await Effect.runPromise(main)
