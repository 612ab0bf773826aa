/**
 * Tries the laws in properties/: `npm run properties -- --runs 10000 --seed 7`. Vitest refuses flags that it does
 * not know, so these two travel in the environment. The seed is said once; with it every failure can be repeated.
 * Other words choose files, and `--law TEXT` the laws whose names contain it: `--law window --runs 100000`.
 */
/* oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-argument, typescript/no-unsafe-return, typescript/restrict-template-expressions -- plain JavaScript outside the compiler's reach */
import { spawnSync } from "node:child_process"
import process from "node:process"
import { parseArgs } from "node:util"

const refuse = (problem) => {
  process.stderr.write(
    `properties: ${problem}\nusage: npm run properties -- [--runs N] [--seed N] [--law TEXT] [FILE...]\n`,
  )
  process.exit(2)
}

const whole = (name, text, min, max) =>
  /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max
    ? Number(text)
    : refuse(`${name} needs a whole number from ${min} to ${max}`)

const { values, positionals } = parseArgs({
  options: { runs: { type: "string" }, seed: { type: "string" }, law: { type: "string" } },
  allowPositionals: true,
  strict: false,
})
const stranger = Object.keys(values).find((name) => !["runs", "seed", "law"].includes(name))
if (stranger !== undefined) refuse(`there is no flag --${stranger}`)
const { PACELINE_RUNS, PACELINE_SEED } = process.env
const runs = whole("--runs", values.runs ?? PACELINE_RUNS ?? "2500", 1, 10_000_000)
const seed = whole("--seed", values.seed ?? PACELINE_SEED ?? String(Date.now() % 2 ** 31), 0, 2 ** 31 - 1)

if (values.law === true || values.law === "") refuse("--law needs a part of a law's name")
// Vitest takes a pattern: the text stands for itself.
const laws = values.law === undefined ? [] : ["-t", values.law.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&")]

const chosen = ["--project", "properties", ...laws, ...positionals]
if (laws.length > 0) {
  // Vitest takes it for a success when it has skipped everything.
  const found = spawnSync("vitest", ["list", "--no-static-parse", ...chosen], { encoding: "utf8" })
  if (found.status === 0 && found.stdout.trim() === "")
    refuse(`no law's name contains ${JSON.stringify(values.law)}`)
}

process.stdout.write(`properties: ${runs} scenarios a law of the promise; repeat with --seed ${seed}\n`)
const { status } = spawnSync("vitest", ["run", ...chosen], {
  stdio: "inherit",
  env: { ...process.env, PACELINE_RUNS: String(runs), PACELINE_SEED: String(seed) },
})
process.exitCode = status ?? 1
