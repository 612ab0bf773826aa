/**
 * Tries the laws in properties/: `npm run properties -- --runs 10000 --seed 7`. Vitest refuses flags that it does
 * not know, so these two travel in the environment. The seed is said once; with it every failure can be repeated.
 * Other words go to vitest: they choose files.
 */
/* oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-argument, typescript/no-unsafe-return, typescript/restrict-template-expressions -- plain JavaScript outside the compiler's reach */
import { spawnSync } from "node:child_process"
import process from "node:process"
import { parseArgs } from "node:util"

const refuse = (problem) => {
  process.stderr.write(
    `properties: ${problem}\nusage: npm run properties -- [--runs N] [--seed N] [FILE...]\n`,
  )
  process.exit(2)
}

const whole = (name, text, min, max) =>
  /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max
    ? Number(text)
    : refuse(`${name} needs a whole number from ${min} to ${max}`)

const { values, positionals } = parseArgs({
  options: { runs: { type: "string" }, seed: { type: "string" } },
  allowPositionals: true,
  strict: false,
})
const stranger = Object.keys(values).find((name) => name !== "runs" && name !== "seed")
if (stranger !== undefined) refuse(`there is no flag --${stranger}`)
const { PACELINE_RUNS, PACELINE_SEED } = process.env
const runs = whole("--runs", values.runs ?? PACELINE_RUNS ?? "1000", 1, 10_000_000)
const seed = whole("--seed", values.seed ?? PACELINE_SEED ?? String(Date.now() % 2 ** 31), 0, 2 ** 31 - 1)

process.stdout.write(`properties: ${runs} scenarios a law; repeat with --seed ${seed}\n`)
const { status } = spawnSync("vitest", ["run", "--project", "properties", ...positionals], {
  stdio: "inherit",
  env: { ...process.env, PACELINE_RUNS: String(runs), PACELINE_SEED: String(seed) },
})
process.exitCode = status ?? 1
