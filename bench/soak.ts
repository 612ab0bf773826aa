/**
 * Watches a run under overload for long: its memory and its open files must not grow. Linux, where /proc tells.
 *
 *     npm run soak -- [--minutes 60] [--load 2] [--seed N]
 *
 * Prints a row for every sixtieth part of the time, and exits with 1 where the last third needs more than the one
 * before it.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import { Console, Duration, Effect } from "effect"
import { startProgram } from "./support/chaos/processes.ts"
import { untilStopped } from "./support/chaos/untilStopped.ts"
import { type Columns, table } from "./support/table.ts"

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    load: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
  },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) {
  process.stderr.write("usage: npm run soak -- [--minutes N] [--load X] [--seed N]\n")
  process.exit(2)
}

interface Sample {
  readonly minute: number
  readonly residentMib: number
  readonly handles: number
}

const sampleOf = (pid: number, minute: number): Sample => {
  const status = readFileSync(`/proc/${pid}/status`, "latin1")
  const kib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? "0")
  return { minute, residentMib: kib / 1024, handles: readdirSync(`/proc/${pid}/fd`).length }
}

const BAR_WIDTH = 40
const columns = (most: number): Columns<Sample> => [
  ["minute", (_) => _.minute.toFixed(1)],
  ["memory", (_) => `${_.residentMib.toFixed(0)} MiB`],
  ["open files", (_) => String(_.handles)],
  ["", (_) => "#".repeat(Math.round((_.residentMib / most) * BAR_WIDTH))],
]

/** What a third of the samples needs at most. */
const most = (samples: ReadonlyArray<Sample>, third: 1 | 2 | 3, of: (sample: Sample) => number): number => {
  const size = Math.floor(samples.length / 3)
  return Math.max(...samples.slice((third - 1) * size, third * size).map(of))
}

/** Garbage is collected when it pays, so memory goes up and down by so much. */
const MEMORY_SLACK = 1.15

const main = Effect.gen(function* () {
  const directory = mkdtempSync(join(tmpdir(), "paceline-soak-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true })))
  const errors = join(directory, "errors")
  const exchange = yield* startProgram(["exchange", "--port", "0", "--seed", values.seed], {
    errors,
    wanted: /http:\S+/,
  })
  const url = yield* exchange.said
  if (url === undefined) return yield* Effect.die(new Error("the exchange did not start"))
  const flags = ["--url", url, "--load", values.load, "--seed", values.seed, "--duration", `${minutes}m`]
  const kept = ["--log", join(directory, "journal.ndjson"), "--state", join(directory, "state")]
  const run = yield* startProgram(["run", ...flags, ...kept, "--no-progress", "--format", "json"], {
    errors,
    wanted: /\n}/,
  })
  const { pid } = run.child
  if (pid === undefined) return yield* Effect.die(new Error("the run did not start"))
  const samples: Array<Sample> = []
  for (let n = 1; n < 60; n++) {
    yield* Effect.sleep(Duration.seconds(minutes))
    samples.push(sampleOf(pid, (n * minutes) / 60))
  }
  const status = yield* run.ended
  const largest = Math.max(...samples.map(({ residentMib }) => residentMib))
  yield* Console.log(table(columns(largest), samples))
  const grows =
    most(samples, 3, (_) => _.residentMib) > MEMORY_SLACK * most(samples, 2, (_) => _.residentMib) ||
    most(samples, 3, (_) => _.handles) > most(samples, 2, (_) => _.handles) + 5
  yield* Console.log(`\nexit status ${String(status)}; memory and open files ${grows ? "grow" : "are flat"}`)
  if (grows || status !== 0) process.exitCode = 1
})

await untilStopped(Effect.scoped(main))
