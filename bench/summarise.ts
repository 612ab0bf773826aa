/**
 * How fast logs are summarised, and whether the figures are right: Paceline beside `JSON.parse` alone and DuckDB on a
 * journal, and beside a Python script on a Python client's log, each in a process of its own, one after the other.
 *
 *     npm run bench:summarise -- [--lines N] [--python-lines N] [--rounds N] [--seed N] [--folder DIR]
 *
 * The files are made in a temporary folder that is removed afterwards, or in DIR, where they stay for the next time.
 * Ends with status 1, and the figures' names, where Paceline's figures are not those of a naive computation.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { Console, Effect } from "effect"
import { nodeScript, paceline } from "./support/measuredCommand.ts"
import { type Measured, measuredProcess, type Program } from "./support/measuredProcess.ts"
import { options } from "./support/summarise/arguments.ts"
import { differences } from "./support/summarise/differences.ts"
import { findPython, installDuckdb } from "./support/summarise/helpers.ts"
import { type LogFile, makeFiles } from "./support/summarise/makeFiles.ts"
import { type Columns, table } from "./support/table.ts"

/** One of those who are measured. */
interface Contestant {
  readonly name: string
  readonly log: LogFile
  readonly program: Program
  /** The one whose time is 1. */
  readonly isMeasure?: boolean
  /** Names the figures that are wrong in what it printed. */
  readonly check: (stdout: string) => ReadonlyArray<string>
}

const SUPPORT = "bench/support/summarise"

const parsed = (stdout: string): unknown => JSON.parse(stdout)

const onJournal = (
  journal: LogFile,
  expected: unknown,
  duckdb: string | undefined,
): ReadonlyArray<Contestant> => [
  {
    name: "paceline",
    log: journal,
    program: paceline("summarise", "--format", "json", journal.path),
    isMeasure: true,
    check: (stdout) => differences(parsed(stdout), expected, "some"),
  },
  {
    name: "paceline, from standard input",
    log: journal,
    program: { ...paceline("summarise", "--format", "json", "-"), stdin: journal.path },
    check: (stdout) => differences(parsed(stdout), expected, "some"),
  },
  {
    name: "paceline, `--certify`",
    log: journal,
    // Its run kept the rules, and the refusals that were put into it speak against what it assumed.
    program: { ...paceline("summarise", "--certify", journal.path), status: 3 },
    check: () => [],
  },
  {
    name: "`JSON.parse` alone, without figures",
    log: journal,
    program: nodeScript([], `${SUPPORT}/jsonParse.ts`, journal.path),
    check: (stdout) => differences(parsed(stdout), { lines: journal.lines }, "some"),
  },
  ...(duckdb === undefined
    ? []
    : [
        {
          name: "DuckDB, two threads",
          log: journal,
          program: nodeScript([], `${SUPPORT}/duckdb.js`, duckdb, journal.path),
          // It makes some of the figures: these must be there.
          check: (stdout: string) => differences(expected, parsed(stdout), "some"),
        },
      ]),
]

const onPythonLog = (log: LogFile, python: string | undefined): ReadonlyArray<Contestant> => [
  {
    name: "paceline",
    log,
    program: paceline("summarise", "--format", "classic", log.path),
    isMeasure: true,
    check: () => [],
  },
  ...(python === undefined
    ? []
    : [
        {
          name: "a Python script",
          log,
          program: { command: python, args: [`${SUPPORT}/analyse_log.py`, log.path, "5", "20"] },
          check: () => [],
        },
      ]),
]

/** What a contestant took: the best time of its runs, and the most memory. */
interface Row {
  readonly contestant: Contestant
  readonly elapsedMs: number
  readonly cpuMs: number
  readonly peakMib: number
  /** Its time in that of the measure. */
  readonly ratio: number
  readonly stdout: string
}

const best = (contestant: Contestant, runs: ReadonlyArray<Measured>): Omit<Row, "ratio"> => ({
  contestant,
  elapsedMs: Math.min(...runs.map(({ elapsedMs }) => elapsedMs)),
  cpuMs: Math.min(...runs.map(({ usage }) => usage.cpuMicros / 1000)),
  peakMib: Math.max(...runs.map(({ usage }) => usage.peakKib / 1024)),
  stdout: runs[0]?.stdout ?? "",
})

/** Every contestant once, and again: what else the machine does in the meantime meets them all. */
const compete = Effect.fnUntraced(function* (contestants: ReadonlyArray<Contestant>) {
  const runs = contestants.map((): Array<Measured> => [])
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [index, { name, program }] of contestants.entries()) {
      const measured = yield* measuredProcess(program)
      runs[index]?.push(measured)
      yield* Console.error(`round ${round}: ${name}: ${(measured.elapsedMs / 1000).toFixed(1)} s`)
    }
  }
  const rows = contestants.map((contestant, index) => best(contestant, runs[index] ?? []))
  const measureMs = rows.find(({ contestant }) => contestant.isMeasure)?.elapsedMs ?? Number.NaN
  return rows.map((row): Row => ({ ...row, ratio: row.elapsedMs / measureMs }))
})

const inEnglish = new Intl.NumberFormat("en-US")
const perSecond = (count: number, { elapsedMs }: Row): number => (count * 1000) / elapsedMs

const columns: Columns<Row> = [
  ["program", ({ contestant }) => contestant.name],
  ["lines/s", (_) => inEnglish.format(Math.round(perSecond(_.contestant.log.lines, _) / 1000) * 1000)],
  ["MB/s", (_) => inEnglish.format(Math.round(perSecond(_.contestant.log.bytes, _) / 1e6))],
  ["time", (_) => `${(_.elapsedMs / 1000).toFixed(1)} s`],
  ["times paceline's", (_) => _.ratio.toFixed(1)],
  ["CPU", (_) => `${(_.cpuMs / 1000).toFixed(1)} s`],
  ["peak memory", (_) => `${inEnglish.format(Math.ceil(_.peakMib))} MiB`],
]

const describe = ({ lines, bytes }: LogFile): string =>
  `${inEnglish.format(lines)} lines, ${inEnglish.format(Math.round(bytes / 1e6))} MB`

const print = Effect.fnUntraced(function* (title: string, log: LogFile, rows: ReadonlyArray<Row>) {
  yield* Console.log(`${title}, ${describe(log)}:\n\n${table(columns, rows)}\n`)
  return rows.flatMap(({ contestant, stdout }) =>
    contestant.check(stdout).map((difference) => `${contestant.name}: ${difference}`),
  )
})

const journals = Effect.fnUntraced(function* (journal: LogFile, folder: string) {
  const duckdb = installDuckdb(folder)
  if ("missing" in duckdb) yield* Console.error(duckdb.missing)
  yield* Console.error("computing the figures naively")
  const naive = yield* measuredProcess(
    nodeScript(["--max-old-space-size=8192"], `${SUPPORT}/naive.ts`, journal.path),
  )
  const installed = "folder" in duckdb ? duckdb.folder : undefined
  const rows = yield* compete(onJournal(journal, parsed(naive.stdout), installed))
  return yield* print("A journal", journal, rows)
})

const pythonLogs = Effect.fnUntraced(function* (log: LogFile) {
  const python = findPython()
  if (python === undefined) yield* Console.error("the Python script is left out: there is no python3 here")
  const rows = yield* compete(onPythonLog(log, python))
  const wrong = yield* print("A Python client's log", log, rows)
  const [ours, ...others] = rows
  const unlike = others.filter(({ stdout }) => stdout !== ours?.stdout)
  return [
    ...wrong,
    ...unlike.map(
      ({ contestant, stdout }) =>
        `the ten lines differ:\npaceline:\n${ours?.stdout ?? ""}${contestant.name}:\n${stdout}`,
    ),
  ]
})

const main = Effect.gen(function* () {
  const { folder, lines, seed } = options
  const within = folder ?? mkdtempSync(join(tmpdir(), "paceline-summarise-"))
  mkdirSync(within, { recursive: true })
  yield* Effect.gen(function* () {
    yield* Console.error(`${inEnglish.format(lines)} lines, seed ${seed}, in ${within}`)
    const files = yield* makeFiles(within, options)
    const wrong = [...(yield* journals(files.journal, within)), ...(yield* pythonLogs(files.python))]
    if (wrong.length === 0) yield* Console.log("All figures are those of a naive computation.")
    else {
      yield* Console.error(wrong.join("\n"))
      process.exitCode = 1
    }
  }).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        if (folder === undefined) rmSync(within, { recursive: true, force: true })
      }),
    ),
  )
})

await Effect.runPromise(main)
