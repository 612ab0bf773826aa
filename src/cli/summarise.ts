/** The command `summarise`: what logs amount to. */
import { Console, Duration, Effect, FileSystem, Option, type PlatformError, Result } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { renderSummaries } from "../summary/render.ts"
import type { NamedSummary, Summary } from "../summary/Summary.ts"
import { isContradictory, looksAtAll, momentText, type TimeSpan } from "../summary/Selection.ts"
import { STANDARD_INPUT } from "../summary/logProblems.ts"
import { summariseFile } from "../summary/summariseFile.ts"
import { CommandFailed, UsageError } from "../platform/errors.ts"
import { problemOf } from "../platform/FileProblem.ts"
import { quote } from "../platform/quote.ts"
import { certify } from "./certify.ts"
import { fileToWrite, isSameFile } from "./files.ts"
import * as Flags from "./Flags.ts"
import { integer, logFormat } from "./Flags.ts"
import { followLog } from "./followLog.ts"
import { printIntervals } from "./intervalTable.ts"
import { parseMoment } from "./moment.ts"
import { makeRecorders, renderReport } from "./report.ts"
import { parseDuration } from "./values.ts"
import { openWholeFile } from "./wholeFile.ts"

const MOST_KEYS = 1000
const SHORTEST_INTERVAL = Duration.seconds(1)

const moment = (name: string, description: string) =>
  Flags.parsed(name, "TIME", description, parseMoment).pipe(Flag.optional)

/** Fails where no log can have anything of a time. */
const refuseContradiction = Effect.fnUntraced(function* (span: TimeSpan) {
  const { since, until } = span
  if (until?.type === "offset" && until.ms === 0) {
    return yield* new UsageError({
      message: `--until: ${momentText(until)} is where a log begins, and nothing is before that; give a later time`,
    })
  }
  if (since !== undefined && until !== undefined && isContradictory(span)) {
    return yield* new UsageError({
      message: `--since ${momentText(since)} and --until ${momentText(until)}: nothing is between them; give an --until that is later than --since`,
    })
  }
})

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

/** Fails where what is written would take a log's place. */
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

const cannotAppend = (file: string, error: PlatformError.PlatformError): string => {
  const why = problemOf(error, {
    missing: "there is no such folder",
    denied: "no permission to write there",
    otherwise: error.reason._tag,
  })
  return `--append: cannot append to ${quote(file)}: ${why}; give a file that can be written`
}

/**
 * Opens a file to append to, made for its owner only if need be, and gives what writes to it: text, with an
 * empty line after what is there already.
 */
const openToAppend = Effect.fnUntraced(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const opened = yield* Effect.mapError(
    fileSystem.open(file, { flag: "a", mode: 0o600 }),
    (error) => new UsageError({ message: cannotAppend(file, error) }),
  )
  return (text: string) =>
    Effect.flatMap(opened.stat, ({ size }) =>
      opened.writeAll(new TextEncoder().encode(size === 0n ? text : `\n${text}`)),
    ).pipe(Effect.mapError((error) => new CommandFailed({ message: cannotAppend(file, error) })))
})

export const summarise = Command.make(
  "summarise",
  {
    logs: Argument.String("log").pipe(
      Argument.withDescription(
        'Journals of paceline and logs of the exercise\'s Python clients, told apart by what is in them, packed by gzip or not; "-" is standard input',
      ),
      Argument.variadic({ min: 1 }),
    ),
    format: logFormat({
      description:
        "How to print: a table, one JSON value (several logs: an array), comma-separated values with a line for each log, or the ten lines of the exercise's own analysis",
      default: "text",
    }),
    since: moment(
      "since",
      "Only what happened from TIME on: 10s (from the log's beginning), 09:30 or 2026-11-24T09:30:00 (by the log's own clock, UTC in journals). An order counts with its outcome, as created too: orders that were created in the time and ended after it are left out",
    ),
    until: moment("until", "Only what happened before TIME"),
    key: Flags.parsed(
      "key",
      "LABEL",
      "Only requests of the key LABEL, and orders that ended with it; may be given several times. Orders that no key ever sent, expired or cancelled in the queue, belong to none",
      (text) =>
        text === ""
          ? Result.fail("the label is empty; write a key's label, such as key-1")
          : Result.succeed(text),
    ).pipe(Flag.between(0, MOST_KEYS)),
    every: Flags.parsed(
      "every",
      "DURATION",
      "Print a table of intervals instead, such as 10s, a line for each (as JSON: an object a line). They are counted from the log's beginning; rates are over what of an interval the log and --since and --until cover. Here, created counts orders in the interval of their creation, and all else in that of their outcome",
      (text) =>
        Result.flatMap(parseDuration({ zero: false })(text), (every) =>
          Duration.isLessThan(every, SHORTEST_INTERVAL)
            ? Result.fail(`${quote(text)} is too short; intervals are at least 1s long`)
            : Result.succeed(every),
        ),
    ).pipe(Flag.optional),
    keys: integer("keys", {
      description: "API keys of the client, for logs that do not say",
      max: 1_000_000,
      default: "5",
    }),
    limit: integer("limit", {
      description: "Requests that a key may pass in a second, for logs that do not say",
      max: 1_000_000,
      default: "20",
    }),
    follow: Flag.Boolean("follow").pipe(
      Flag.withDescription(
        "Show the figures of a log that is being written, until its run ends (or Ctrl-C), then print them. A file that is not there yet is waited for, one that is replaced is followed on",
      ),
      Flag.withDefault(false),
    ),
    append: fileToWrite("append", "Also append the ten lines of the classic form to FILE"),
    certify: Flag.Boolean("certify").pipe(
      Flag.withDescription(
        "Instead of figures, prove from each journal alone that its run kept the rules, or name the first place where it did not, and exit with status 1",
      ),
      Flag.withDefault(false),
    ),
    html: fileToWrite(
      "html",
      "Also write a report to FILE, one page that needs no network: the figures, and charts of orders, ages, round trips, keys and the window's spare time, with the logs side by side",
    ),
  },
  Effect.fnUntraced(function* (config) {
    if (config.logs.filter((log) => log === STANDARD_INPUT).length > 1) {
      return yield* new UsageError({ message: 'standard input can be read only once; give "-" once' })
    }
    if (config.certify) {
      const { append, every, follow, html, key, since, until } = config
      const isPart = Option.isSome(every) || Option.isSome(since) || Option.isSome(until) || key.length > 0
      if (isPart || follow || Option.isSome(append) || Option.isSome(html)) {
        return yield* new UsageError({
          message:
            "--certify judges a journal as a whole, and makes no figures; leave out --since, --until, --key, --every, --follow, --append and --html",
        })
      }
      return yield* certify(config.logs, config.format)
    }
    for (const log of config.logs) {
      if (log === STANDARD_INPUT) continue
      yield* refuseLogAsTarget("--append", config.append, log)
      yield* refuseLogAsTarget("--html", config.html, log)
    }
    if (
      Option.isSome(config.append) &&
      Option.isSome(config.html) &&
      (yield* isSameFile(config.append.value, config.html.value))
    ) {
      return yield* new UsageError({ message: "--append and --html name the same file; give each its own" })
    }
    const { every, format } = config
    const selection = {
      since: Option.getOrUndefined(config.since),
      until: Option.getOrUndefined(config.until),
      keys: config.key,
    }
    yield* refuseContradiction(selection)
    if (Option.isSome(every) && format === "classic") {
      return yield* new UsageError({
        message: "--every has no classic form; give --format text, json or csv",
      })
    }
    const printerOf = (file: string, index: number) =>
      Option.isSome(every) && format !== "classic"
        ? printIntervals({ every: every.value, format, file, selection, isFirst: index === 0 })
        : Effect.undefined
    const options = looksAtAll(selection) ? {} : { selection }
    /** What is said of the logs when all of them were read. */
    const conclude = (logs: ReadonlyArray<NamedSummary>) =>
      Effect.scoped(
        Effect.gen(function* () {
          // Opened first: where that fails, nothing is printed either.
          const append = Option.isSome(config.append) ? yield* openToAppend(config.append.value) : undefined
          // What is printed ends in a newline already, and the console adds one.
          if (Option.isNone(every)) yield* Console.log(renderSummaries(format, logs).replace(/\n$/, ""))
          if (append !== undefined) yield* append(renderSummaries("classic", logs))
        }),
      )
    if (config.follow && Option.isSome(config.html)) {
      return yield* new UsageError({
        message: "--follow writes no report; give --html without it, when the run has ended",
      })
    }
    if (config.follow) {
      const [log, ...others] = config.logs
      const packed = config.logs.find((name) => name.endsWith(".gz"))
      if (packed !== undefined) {
        return yield* new UsageError({
          message: `--follow reads what is written as it is written, and ${quote(packed)} is packed when it is whole; leave out --follow`,
        })
      }
      if (log === STANDARD_INPUT) {
        return yield* new UsageError({
          message:
            '--follow follows a file that is being written; leave it out with "-", which is read to its end',
        })
      }
      if (log === undefined || others.length > 0 || Option.isSome(every)) {
        return yield* new UsageError({
          message:
            "--follow takes one file, and no --every; follow one log, or summarise them without --follow",
        })
      }
      return yield* followLog(log, config, options, (summary) =>
        Effect.andThen(expectKeys(log, summary, config.key), conclude([{ name: log, summary, selection }])),
      )
    }
    yield* Effect.scoped(
      Effect.gen(function* () {
        // Opened first: nobody should wait for a long log to learn that its report cannot be written.
        const report = Option.isSome(config.html)
          ? { write: yield* openWholeFile("--html", config.html.value), recorders: makeRecorders() }
          : undefined
        const readOne = Effect.fnUntraced(function* (log: string, index: number) {
          const printer = yield* printerOf(log, index)
          const listen = [printer?.listen ?? [], report?.recorders.listen ?? []].flat()
          const summary = yield* summariseFile(log, config, { ...options, listen })
          yield* expectKeys(log, summary, config.key)
          if (printer !== undefined) yield* printer.end
          return { name: log, summary, selection }
        })
        const logs = yield* Effect.forEach(config.logs, readOne)
        if (report !== undefined) yield* report.write(yield* renderReport(logs, report.recorders))
        yield* conclude(logs)
      }),
    )
  }),
).pipe(
  Command.withDescription(
    "Prints what logs amount to: throughput, orders by outcome, errors, and how old orders were when they were sent. Lines that are not recognised are counted and passed over.",
  ),
  Command.withShortDescription("Print what logs amount to"),
  Command.withExamples([
    { command: "paceline summarise run.ndjson", description: "The figures of a run, as a table" },
    {
      command: "paceline summarise run.ndjson async-debug.log",
      description: "A run beside a Python client's",
    },
    { command: "paceline summarise monday.ndjson.gz", description: "A log as it was put away" },
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
