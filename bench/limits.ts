/**
 * What each rule of src/limits carries under overload, beside a client without delay, and whether the exchange's own counter
 * refuses anything of it. Delays are uniform on 0..50 ms each way; no bound is known unless said.
 *
 *     npm run bench:limits -- [--hours 1] [--bound MS] [--delay MS] [--seed N]
 *
 * Exits with 1 where anything was refused.
 */
import process from "node:process"
import { parseArgs } from "node:util"
import { type Carried, carry, usualRules } from "../properties/support/limits/overload.ts"
import { type Columns, table } from "./support/table.ts"

const { values } = parseArgs({
  options: {
    hours: { type: "string", default: "1" },
    bound: { type: "string" },
    delay: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
  },
})

interface Row {
  readonly name: string
  readonly carried: Carried
  readonly cpuMicros: number
}

const inEnglish = new Intl.NumberFormat("en-US")
const columns: Columns<Row> = [
  ["rule", (_) => _.name],
  ["sent", (_) => inEnglish.format(_.carried.sent)],
  ["refused", (_) => String(_.carried.refused)],
  ["without delay", (_) => inEnglish.format(_.carried.ceiling)],
  ["share", (_) => `${(100 * _.carried.share).toFixed(2)} %`],
  ["latest - sent", (_) => `${_.carried.meanReachMs.toFixed(1)} ms`],
  ["CPU a request, with the simulation", (_) => `${(_.cpuMicros / _.carried.sent).toFixed(1)} us`],
]

const rows = usualRules.map(([name, rule]): Row => {
  const began = process.cpuUsage()
  const carried = carry({
    rule,
    longestMs: Number(values.delay),
    boundMs: values.bound === undefined ? undefined : Number(values.bound),
    durationMs: Number(values.hours) * 3_600_000,
    seed: Number(values.seed),
  })
  const { system, user } = process.cpuUsage(began)
  return { name, carried, cpuMicros: system + user }
})
process.stdout.write(`${table(columns, rows)}\n`)
process.exitCode = rows.some(({ carried }) => carried.refused > 0) ? 1 : 0
