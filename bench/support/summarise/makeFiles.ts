/** The files that everyone reads: made from a simulated run, the same ones for the same seed. */
import { existsSync, renameSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { Console, Effect, type Schema } from "effect"
import { measuredCommand } from "../measuredCommand.ts"
import { makeJournal, makePythonLog } from "./makeLogs.ts"

export interface LogFile {
  readonly path: string
  readonly lines: number
  readonly bytes: number
}

/** Overload, as the exercise's stress test has it, and a network that loses something now and then. */
const SCENARIO = ["--load", "1.5", "--loss", "0.0002"]
const LONGEST_SECONDS = 3600
/** So many lines such a run writes in a second at least. */
const LINES_PER_SECOND = 200

const made = Effect.fnUntraced(function* <E>(
  path: string,
  lines: number,
  make: (path: string) => Effect.Effect<unknown, E>,
) {
  if (!existsSync(path)) {
    yield* Console.error(`making ${path}`)
    // Under another name first: one that was left half made is not taken for a whole one.
    const begun = `${path}.new`
    rmSync(begun, { force: true })
    yield* make(begun)
    renameSync(begun, path)
  }
  const file: LogFile = { path, lines, bytes: statSync(path).size }
  return file
})

/** Makes both logs in a folder, unless they are there from another time. */
export const makeFiles = Effect.fnUntraced(function* (
  folder: string,
  wanted: { readonly lines: number; readonly pythonLines: number; readonly seed: number },
): Effect.fn.Return<{ readonly journal: LogFile; readonly python: LogFile }, Schema.SchemaError> {
  const { lines, pythonLines, seed } = wanted
  const seconds = Math.min(LONGEST_SECONDS, Math.ceil(Math.max(lines, pythonLines) / LINES_PER_SECOND))
  const run = yield* made(join(folder, `run-${seconds}s-seed-${seed}.ndjson`), 0, (path) =>
    measuredCommand([
      "simulate",
      ...SCENARIO,
      "--duration",
      `${seconds}s`,
      "--seed",
      String(seed),
      "--log",
      path,
      "--format",
      "json",
      "--no-progress",
    ]),
  )
  const journal = yield* made(join(folder, `journal-${lines}-seed-${seed}.ndjson`), lines, (path) =>
    Effect.sync(() => {
      makeJournal(run.path, path, lines)
    }),
  )
  const python = yield* made(join(folder, `python-${pythonLines}-seed-${seed}.log`), pythonLines, (path) =>
    Effect.sync(() => {
      makePythonLog(run.path, path, pythonLines)
    }),
  )
  return { journal, python }
})
