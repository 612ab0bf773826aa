/** The command `summarise`: the figures of logs. */
import { Console, Effect, Option } from "effect"
import { Command } from "effect/cli"
import { certifyFile } from "../certificate/certifyFile.ts"
import { doubtOf, refusalOf, renderCertificates } from "../certificate/renderCertificate.ts"
import { CommandFailed, refuse, RefusedAllTheSame } from "./errors.ts"
import { quote } from "../platform/quote.ts"
import { nameOf, STANDARD_INPUT } from "../summary/logProblems.ts"
import type { LogOptions } from "../summary/LogOptions.ts"
import { renderSummaries } from "../summary/render.ts"
import { makeFollower } from "../summary/followLog.ts"
import { looksAtAll } from "../summary/Selection.ts"
import { figuresOfLog, type LogFigures, summariseFile } from "../summary/summariseFile.ts"
import type { NamedSummary, Summary } from "../summary/Summary.ts"
import { isSameFile } from "./files.ts"
import { makeFollowView } from "./FollowView.ts"
import { printIntervals } from "./intervalTable.ts"
import { makeRecorders, renderReport } from "./report.ts"
import { problemWith, selectionOf, type SummariseConfig, summariseFlags } from "./summariseFlags.ts"
import { asUserError } from "./advice.ts"
import { openToAppend, openWholeFile } from "./resultFiles.ts"
import { examples } from "./examples.ts"

/** A log of which one line in fewer is not recognised is probably another program's. */
const MOST_UNRECOGNISED = 10

/** Fails where a log has no request of a key that was asked for. */
const expectKeys = Effect.fnUntraced(function* (
  file: string,
  { keys }: Summary,
  wanted: ReadonlyArray<string>,
) {
  if (wanted.length > 0 && keys === null) {
    return yield* refuse(
      `--key: ${quote(file)} is a Python client's log, which does not say whose requests are whose; leave --key out`,
    )
  }
  const missing = wanted.find((label) => keys?.every(({ key }) => key !== label))
  if (missing !== undefined) {
    return yield* refuse(
      `--key: ${quote(file)} has no key ${quote(missing)}; give the label of one that it has, such as key-1`,
    )
  }
})

/** Refuses to write into a log that is being read. */
const refuseLogAsTarget = Effect.fnUntraced(function* (
  flag: string,
  target: Option.Option<string>,
  log: string,
) {
  if (Option.isSome(target) && (yield* isSameFile(target.value, log))) {
    return yield* refuse(
      `${flag} ${quote(target.value)} would write into a log that is summarised; give another file`,
    )
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
    return yield* refuse("--append and --html name the same file; give each its own")
  }
})

const partOf = (config: SummariseConfig): LogOptions => {
  const selection = selectionOf(config)
  return looksAtAll(selection) ? {} : { selection }
}

/** Warns of figures that may not be what they seem. */
const warnOfLog = Effect.fnUntraced(function* (
  { lines, unrecognisedLines }: LogFigures,
  file: string,
  logs: ReadonlyArray<NamedSummary>,
) {
  if (unrecognisedLines * MOST_UNRECOGNISED > lines) {
    const percent = ((unrecognisedLines / lines) * 100).toFixed(0)
    yield* Console.error(
      `warning: ${nameOf(file)}: ${unrecognisedLines} of ${lines} lines were not recognised (${percent} %); the figures tell of the others alone`,
    )
  }
  for (const { name, summary } of logs) {
    const { accepted, created } = summary.orders
    if (accepted > created)
      yield* Console.error(
        `warning: ${nameOf(name)}: ${accepted} orders were accepted, and only ${created} created as their ids have it; it may hold several runs, or tell an order twice`,
      )
  }
})

/** The summaries of a log's runs, by their names, with warnings. Fails where a run has no request of a key that was asked for. */
const tellRuns = Effect.fnUntraced(function* (config: SummariseConfig, file: string, figures: LogFigures) {
  const { runs } = figures
  const selection = selectionOf(config)
  const logs = runs.map(({ number, summary }) => ({
    name: runs.length === 1 ? file : `${file} (run ${number})`,
    summary,
    selection,
  }))
  for (const { summary } of logs) yield* expectKeys(file, summary, config.key)
  yield* warnOfLog(figures, file, logs)
  return logs
})

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

/** Follows a log: shows its figures live, and concludes with its summary, also where it is interrupted. */
const follow = Effect.fnUntraced(function* (config: SummariseConfig, file: string) {
  const view = yield* makeFollowView(file)
  const follower = makeFollower(file, config, partOf(config), view)
  const end = Effect.gen(function* () {
    const figures = yield* Effect.mapError(figuresOfLog(file, follower.log()), asUserError)
    yield* conclude(config, yield* tellRuns(config, file, figures))
  })
  yield* follower.follow.pipe(
    Effect.ensuring(view.ended),
    // Where nothing was read, nothing was to be had.
    Effect.onInterrupt(() => (follower.log().lines() === 0 ? Effect.void : Effect.orDie(end))),
  )
  yield* end
})

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
    const logs = yield* tellRuns(
      config,
      file,
      yield* summariseFile(file, config, { ...partOf(config), listen }),
    )
    if (printer !== undefined) yield* printer.end
    return logs
  })
  const logs = (yield* Effect.forEach(config.logs, readOne)).flat()
  if (report !== undefined) yield* report.write(yield* renderReport(logs, report.recorders))
  yield* conclude(config, logs)
}, Effect.scoped)

/** Prints the journals' certificates. Fails where one is not certified, or is and tells of refusals all the same. */
const certify = Effect.fnUntraced(function* ({ format, logs }: SummariseConfig) {
  const certificates = yield* Effect.forEach(logs, certifyFile)
  yield* Console.log(renderCertificates(format === "json" ? "json" : "text", certificates).trimEnd())
  const message = refusalOf(certificates)
  if (message !== undefined) return yield* new CommandFailed({ message })
  const doubt = doubtOf(certificates)
  if (doubt !== undefined) return yield* new RefusedAllTheSame({ message: doubt })
})

export const summarise = Command.make(
  "summarise",
  summariseFlags,
  Effect.fnUntraced(function* (config) {
    const problem = problemWith(config)
    if (problem !== undefined) return yield* refuse(problem)
    if (config.certify) return yield* certify(config)
    yield* checkTargets(config)
    const [log = STANDARD_INPUT] = config.logs
    yield* config.follow ? follow(config, log) : readToTheEnd(config)
  }),
).pipe(
  Command.withDescription(
    "Prints the figures of logs: throughput, orders by outcome, errors, and how old orders were when they were sent. It counts lines that it does not recognise and passes over them, with a warning where they are more than a tenth. Runs that were appended to one file are told one by one.",
  ),
  Command.withShortDescription("Print the figures of logs"),
  examples({
    "paceline summarise run.ndjson": "The figures of a run, as a table",
    "paceline summarise run.ndjson async-debug.log": "A run beside a Python client's",
    "paceline summarise monday.ndjson.gz": "A log that was packed",
    "paceline summarise --format json run.ndjson": "The same figures for another program",
    "paceline summarise --since 10s --until 20s --key key-1 run.ndjson":
      "One key's requests in ten seconds of a run",
    "paceline summarise --every 10s --format csv run.ndjson":
      "A line for every ten seconds, for a spreadsheet",
    "zcat -f run.ndjson.2.gz run.ndjson.1 run.ndjson | paceline summarise -":
      "The pieces of a rotated journal as one, the oldest first",
    "paceline summarise --follow run.ndjson": "The figures of a run that goes on, live",
    "paceline summarise --certify run.ndjson":
      "A proof that no window was exceeded, no nonce overtaken, no order sent twice",
    "paceline summarise --html report.html run.ndjson other.ndjson":
      "Two runs side by side, as a page with charts",
    "paceline summarise --append throughputs.txt async-debug.log": "What the exercise's own analysis does",
  }),
)
