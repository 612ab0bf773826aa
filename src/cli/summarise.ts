/** The command `summarise`: what logs amount to. */
import { Console, Effect, FileSystem, Option, type PlatformError } from "effect"
import { Argument, Command } from "effect/cli"
import { renderSummaries } from "../summary/render.ts"
import { STANDARD_INPUT, summariseFile } from "../summary/summariseFile.ts"
import { CommandFailed, UsageError } from "../errors.ts"
import { pathProblem } from "../FileProblem.ts"
import { fileToWrite, isSameFile } from "./files.ts"
import { format, integer } from "./Flags.ts"
import { quote } from "./quote.ts"

const cannotAppend = (file: string, { reason }: PlatformError.PlatformError): string => {
  const why =
    pathProblem(reason) ??
    (reason._tag === "NotFound"
      ? "there is no such folder"
      : reason._tag === "PermissionDenied"
        ? "no permission to write there"
        : /ENOSPC/.test(String(reason.cause))
          ? "the disk is full"
          : reason._tag)
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
        'Journals of paceline and logs of the exercise\'s Python clients, told apart by what is in them; "-" is standard input',
      ),
      Argument.variadic({ min: 1 }),
    ),
    format: format({
      description:
        "How to print: a table, one JSON value (several logs: an array), or the ten lines of the exercise's own analysis",
      default: "text",
    }),
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
    append: fileToWrite("append", "Also append the ten lines of the classic form to FILE"),
  },
  Effect.fnUntraced(function* (config) {
    if (config.logs.filter((log) => log === STANDARD_INPUT).length > 1) {
      return yield* new UsageError({ message: 'standard input can be read only once; give "-" once' })
    }
    for (const log of config.logs) {
      if (Option.isNone(config.append) || log === STANDARD_INPUT) continue
      if (yield* isSameFile(config.append.value, log)) {
        return yield* new UsageError({
          message: `--append ${quote(config.append.value)} would write into a log that is summarised; give another file`,
        })
      }
    }
    const logs = yield* Effect.forEach(config.logs, (log) =>
      Effect.map(summariseFile(log, config), (summary) => ({ name: log, summary })),
    )
    yield* Effect.scoped(
      Effect.gen(function* () {
        // Opened first: where that fails, nothing is printed either.
        const append = Option.isSome(config.append) ? yield* openToAppend(config.append.value) : undefined
        // What is printed ends in a newline already, and the console adds one.
        yield* Console.log(renderSummaries(config.format, logs).trimEnd())
        if (append !== undefined) yield* append(renderSummaries("classic", logs))
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
    {
      command: "paceline summarise --format json run.ndjson",
      description: "The same figures for another program",
    },
    {
      command: "paceline summarise --append throughputs.txt async-debug.log",
      description: "What the exercise's own analysis does",
    },
  ]),
)
