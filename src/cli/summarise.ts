/** The command `summarise`: the figures of logs. */
import { Console, Effect, Option } from "effect"
import { Command } from "effect/cli"
import { certifyFile } from "../certificate/certifyFile.ts"
import { refusalOf, renderCertificates } from "../certificate/renderCertificate.ts"
import { CommandFailed, UsageError } from "./errors.ts"
import { quote } from "../platform/quote.ts"
import { STANDARD_INPUT } from "../summary/logProblems.ts"
import type { LogOptions } from "../summary/LogOptions.ts"
import { renderSummaries } from "../summary/render.ts"
import { looksAtAll } from "../summary/Selection.ts"
import { summariseFile } from "../summary/summariseFile.ts"
import type { NamedSummary, Summary } from "../summary/Summary.ts"
import { isSameFile } from "./files.ts"
import { followLog } from "./followLog.ts"
import { printIntervals } from "./intervalTable.ts"
import { makeRecorders, renderReport } from "./report.ts"
import { problemWith, selectionOf, type SummariseConfig, summariseFlags } from "./summariseFlags.ts"
import { openToAppend, openWholeFile } from "./resultFiles.ts"

/** Fails where a log has no request of a key that was asked for. */
const expectKeys = Effect.fnUntraced(function* (
  file: string,
  { keys }: Summary,
  wanted: ReadonlyArray<string>,
) {
  if (wanted.length > 0 && keys === null) {
    return yield* new UsageError({
      message: `--key: ${quote(file)} is a Python client's log, which does not say whose requests are whose; leave --key out`,
    })
  }
  const missing = wanted.find((label) => keys?.every(({ key }) => key !== label))
  if (missing !== undefined) {
    return yield* new UsageError({
      message: `--key: ${quote(file)} has no key ${quote(missing)}; give the label of one that it has, such as key-1`,
    })
  }
})

/** Refuses to write into a log that is being read. */
const refuseLogAsTarget = Effect.fnUntraced(function* (
  flag: string,
  target: Option.Option<string>,
  log: string,
) {
  if (Option.isSome(target) && (yield* isSameFile(target.value, log))) {
    return yield* new UsageError({
      message: `${flag} ${quote(target.value)} would write into a log that is summarised; give another file`,
    })
  }
})

/** Fails where one file would be written into another. */
const checkTargets = Effect.fnUntraced(function* ({ append, html, logs }: SummariseConfig) {
  for (const log of logs) {
    if (log === STANDARD_INPUT) continue
    yield* refuseLogAsTarget("--append", append, log)
    yield* refuseLogAsTarget("--html", html, log)
  }
  if (Option.isSome(append) && Option.isSome(html) && (yield* isSameFile(append.value, html.value))) {
    return yield* new UsageError({ message: "--append and --html name the same file; give each its own" })
  }
})

const partOf = (config: SummariseConfig): LogOptions => {
  const selection = selectionOf(config)
  return looksAtAll(selection) ? {} : { selection }
}

/** Prints what came of the logs when all of them were read. */
const conclude = Effect.fnUntraced(function* (
  { append, every, format }: SummariseConfig,
  logs: ReadonlyArray<NamedSummary>,
) {
  // Opened first: where that fails, nothing is printed either.
  const appendText = Option.isSome(append) ? yield* openToAppend(append.value) : undefined
  // What is printed ends in a newline already, and the console adds one.
  if (Option.isNone(every)) yield* Console.log(renderSummaries(format, logs).replace(/\n$/, ""))
  if (appendText !== undefined) yield* appendText(renderSummaries("classic", logs))
}, Effect.scoped)

const follow = (config: SummariseConfig, log: string) =>
  followLog(log, config, partOf(config), (summary) =>
    Effect.andThen(
      expectKeys(log, summary, config.key),
      conclude(config, [{ name: log, summary, selection: selectionOf(config) }]),
    ),
  )

/** Reads the logs one after the other, each as a run of its own. */
const readToTheEnd = Effect.fnUntraced(function* (config: SummariseConfig) {
  const { every, format, html } = config
  const selection = selectionOf(config)
  // Opened first: nobody should wait for a long log to learn that its report cannot be written.
  const report = Option.isSome(html)
    ? { write: yield* openWholeFile("--html", html.value), recorders: makeRecorders() }
    : undefined
  const readOne = Effect.fnUntraced(function* (file: string, index: number) {
    const printer =
      Option.isSome(every) && format !== "classic"
        ? yield* printIntervals(every.value, format, file, selection, index === 0)
        : undefined
    const listen = [printer?.listen ?? [], report?.recorders.listen ?? []].flat()
    const summary = yield* summariseFile(file, config, { ...partOf(config), listen })
    yield* expectKeys(file, summary, config.key)
    if (printer !== undefined) yield* printer.end
    return { name: file, summary, selection }
  })
  const logs = yield* Effect.forEach(config.logs, readOne)
  if (report !== undefined) yield* report.write(yield* renderReport(logs, report.recorders))
  yield* conclude(config, logs)
}, Effect.scoped)

/** Prints the journals' certificates. Fails where one is not certified. */
const certify = Effect.fnUntraced(function* ({ format, logs }: SummariseConfig) {
  const certificates = yield* Effect.forEach(logs, certifyFile)
  yield* Console.log(renderCertificates(format === "json" ? "json" : "text", certificates).trimEnd())
  const message = refusalOf(certificates)
  if (message !== undefined) return yield* new CommandFailed({ message })
})

export const summarise = Command.make(
  "summarise",
  summariseFlags,
  Effect.fnUntraced(function* (config) {
    const problem = problemWith(config)
    if (problem !== undefined) return yield* new UsageError({ message: problem })
    if (config.certify) return yield* certify(config)
    yield* checkTargets(config)
    const [log = STANDARD_INPUT] = config.logs
    yield* config.follow ? follow(config, log) : readToTheEnd(config)
  }),
).pipe(
  Command.withDescription(
    "Prints the figures of logs: throughput, orders by outcome, errors, and how old orders were when they were sent. It counts lines that it does not recognise and passes over them.",
  ),
  Command.withShortDescription("Print the figures of logs"),
  Command.withExamples([
    { command: "paceline summarise run.ndjson", description: "The figures of a run, as a table" },
    {
      command: "paceline summarise run.ndjson async-debug.log",
      description: "A run beside a Python client's",
    },
    { command: "paceline summarise monday.ndjson.gz", description: "A log that was packed" },
    {
      command: "paceline summarise --format json run.ndjson",
      description: "The same figures for another program",
    },
    {
      command: "paceline summarise --since 10s --until 20s --key key-1 run.ndjson",
      description: "One key's requests in ten seconds of a run",
    },
    {
      command: "paceline summarise --every 10s --format csv run.ndjson",
      description: "A line for every ten seconds, for a spreadsheet",
    },
    {
      command: "zcat -f run.ndjson.2.gz run.ndjson.1 run.ndjson | paceline summarise -",
      description: "The pieces of a rotated journal as one, the oldest first",
    },
    {
      command: "paceline summarise --follow run.ndjson",
      description: "The figures of a run that goes on, live",
    },
    {
      command: "paceline summarise --certify run.ndjson",
      description: "A proof that no window was exceeded, no nonce overtaken, no order sent twice",
    },
    {
      command: "paceline summarise --html report.html run.ndjson other.ndjson",
      description: "Two runs side by side, as a page with charts",
    },
    {
      command: "paceline summarise --append throughputs.txt async-debug.log",
      description: "What the exercise's own analysis does",
    },
  ]),
)
