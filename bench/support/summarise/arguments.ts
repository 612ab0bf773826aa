/** What the bench is told, and one line for who tells it something else. */
import process from "node:process"
import { parseArgs } from "node:util"
import { Result } from "effect"

// More orders than that do not fit into the naive computation's map.
const MOST_LINES = 20_000_000

const refuse = (problem: string): never => {
  process.stderr.write(
    `bench:summarise: ${problem}\nusage: npm run bench:summarise -- [--lines N] [--python-lines N] [--rounds N] [--seed N] [--folder DIR]\n`,
  )
  process.exit(2)
}

const whole = (name: string, text: string, min: number, max: number): number => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return value >= min && value <= max
    ? value
    : refuse(`--${name}: write a whole number from ${min} to ${max}`)
}

const { values } = Result.getOrElse(
  Result.try(() =>
    parseArgs({
      options: {
        lines: { type: "string", default: "10000000" },
        "python-lines": { type: "string" },
        rounds: { type: "string", default: "3" },
        seed: { type: "string", default: "1" },
        folder: { type: "string" },
      },
    }),
  ),
  (error) => refuse(String(error)),
)

const lines = whole("lines", values.lines, 1000, MOST_LINES)

export const options = {
  lines,
  pythonLines: whole(
    "python-lines",
    values["python-lines"] ?? String(Math.ceil(lines / 2)),
    1000,
    MOST_LINES,
  ),
  rounds: whole("rounds", values.rounds, 1, 100),
  seed: whole("seed", values.seed, 0, Number.MAX_SAFE_INTEGER),
  /** Where the files are made, and kept; a temporary folder where it is undefined. */
  folder: values.folder,
}
