/**
 * What the dispatcher costs without a network: microseconds of CPU an order, in virtual time, each count in a process of its
 * own. With another clone of this project, the two take turns, because a machine is not as fast at one time as at another.
 *
 *     npm run bench:dispatch -- [--vs FOLDER] [--orders N] [--keys N] [--rounds N]
 */
import { execFileSync } from "node:child_process"
import process from "node:process"
import { parseArgs } from "node:util"
import { type Columns, table } from "./support/table.ts"

const { values } = parseArgs({
  options: {
    vs: { type: "string" },
    orders: { type: "string", default: "60000" },
    keys: { type: "string", default: "5" },
    rounds: { type: "string", default: "5" },
  },
})

const FOLDER = "bench/support/dispatch"

/** Microseconds of CPU an order of the source in a folder. */
const measure = (source: string): number =>
  Number(
    execFileSync(
      process.execPath,
      ["--import", `./${FOLDER}/otherSource.js`, `${FOLDER}/program.ts`, values.orders, values.keys],
      {
        env: { ...process.env, PACELINE_BENCH_SOURCE: source },
        stdio: ["ignore", "pipe", "inherit"],
      },
    ),
  )

interface Row {
  readonly round: string
  readonly here: number
  readonly there: number | undefined
}

const rows: Array<Row> = []
for (let round = 1; round <= Number(values.rounds); round++) {
  const there = values.vs === undefined ? undefined : measure(values.vs)
  rows.push({ round: String(round), here: measure("."), there })
}

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
const there = rows.flatMap((row) => row.there ?? [])
rows.push({
  round: "median",
  here: median(rows.map(({ here }) => here)),
  there: there.length === 0 ? undefined : median(there),
})

const micros = (value: number | undefined) => (value === undefined ? "-" : `${value.toFixed(1)} us`)
const columns: Columns<Row> = [
  ["round", (_) => _.round],
  ["here", (_) => micros(_.here)],
  [values.vs ?? "there", (_) => micros(_.there)],
  ["ratio", (_) => (_.there === undefined ? "-" : (_.here / _.there).toFixed(2))],
]
process.stdout.write(`CPU an order\n\n${table(columns, rows)}\n`)
