/** The command `summarise`: what logs amount to. */
import { Console, Effect, FileSystem, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { renderSummaries } from "../summary/render.ts"
import { STANDARD_INPUT, summariseFile } from "../summary/summariseFile.ts"
import { CommandFailed, UsageError } from "../errors.ts"
import { format, integer } from "./Flags.ts"
import { quote } from "./quote.ts"

/** Appends text to a file, which is made if need be, with an empty line after what is there already. */
const appendTo = Effect.fn("appendTo")(
  function* (file: string, text: string) {
    const fileSystem = yield* FileSystem.FileSystem
    const isNew = !(yield* fileSystem.exists(file)) || (yield* fileSystem.stat(file)).size === 0n
    yield* fileSystem.writeFileString(file, isNew ? text : `\n${text}`, { flag: "a" })
  },
  (effect, file) =>
    Effect.mapError(
      effect,
      (error) =>
        new CommandFailed({
          message: `cannot append to ${quote(file)} (${error.reason._tag}): give a file that can be written`,
        }),
    ),
)

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
    append: Flag.String("append").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("Also append the ten lines of the classic form to FILE"),
      Flag.optional,
    ),
  },
  Effect.fnUntraced(function* (config) {
    if (config.logs.filter((log) => log === STANDARD_INPUT).length > 1) {
      return yield* new UsageError({ message: 'standard input can be read only once; give "-" once' })
    }
    if (Option.isSome(config.append) && config.logs.includes(config.append.value)) {
      return yield* new UsageError({
        message: `--append ${quote(config.append.value)} would write into a log that is summarised; give another file`,
      })
    }
    const logs = yield* Effect.forEach(config.logs, (log) =>
      Effect.map(summariseFile(log, config), (summary) => ({ name: log, summary })),
    )
    // What is printed ends in a newline already, and the console adds one.
    yield* Console.log(renderSummaries(config.format, logs).trimEnd())
    if (Option.isSome(config.append)) {
      yield* appendTo(config.append.value, renderSummaries("classic", logs))
    }
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
