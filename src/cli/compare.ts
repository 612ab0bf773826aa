/**
 * `compare`: gates side by side in virtual time, on the same orders with the same delays.
 */
import process from "node:process"
import { Clock, Console, Duration, Effect, Option, Result } from "effect"
import { CliError, Command, Flag } from "effect/cli"
import type { Design } from "../run/Design.ts"
import { DESIGN_FORMS, parseDesign } from "../simulation/baselines/designs.ts"
import { UsageError } from "./errors.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { inWords } from "./advice.ts"
import { checkOrderRate, exchangeMillis, LONGEST_WINDOW } from "./checks.ts"
import { fileToWrite } from "./files.ts"
import * as Flags from "./Flags.ts"
import { quote } from "../platform/quote.ts"
import { scenarioFlags } from "./simulate.ts"
import { openWholeFile } from "./wholeFile.ts"

const ALL_GATES = "ack-window,polling,shifted:10,shifted:25,thread-slots,token-bucket,fixed-window"
const MOST_SEEDS = 1000

const parseGates = (text: string): Result.Result<ReadonlyArray<Design>, string> =>
  Result.flatMap(Result.all(text.split(",").map((name) => parseDesign(name.trim()))), (gates) => {
    const names = gates.map(({ name }) => name)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    return twice === undefined
      ? Result.succeed(gates)
      : Result.fail(`${quote(twice)} is there twice; write each gate once`)
  })

const gatesFlag: Flag.Flag<ReadonlyArray<Design>> = Flag.String("gates").pipe(
  Flag.withMetavar("GATE,..."),
  Flag.withDescription(`Which gates, separated by commas: ${DESIGN_FORMS} (default: ${ALL_GATES})`),
  Flag.withDefault(ALL_GATES),
  Flag.mapEffect((text) =>
    Effect.mapError(
      Effect.fromResult(parseGates(text)),
      (problem) => new CliError.ValidationError({ message: `--gates: ${problem}` }),
    ),
  ),
)

const formatFlag = Flag.String("format").pipe(
  Flag.withMetavar("text|json"),
  Flag.withDescription("How to print: a table, or everything as one JSON value (default: text)"),
  Flag.withDefault("text"),
  Flag.mapEffect((text) =>
    text === "text" || text === "json"
      ? Effect.succeed(text)
      : Effect.fail(
          new CliError.ValidationError({ message: `--format: ${quote(text)} is not one of text and json` }),
        ),
  ),
)

const REPORT_EVERY_MS = 1000

/** Says on standard error how far the comparison has come, not more than once a second of real time. */
const makeProgress = (clock: Clock.Clock, quiet: boolean) => {
  const startMs = nowMsUnsafe(clock)
  let saidMs = startMs
  return (share: number): void => {
    const atMs = nowMsUnsafe(clock)
    if (quiet || share === 0 || atMs - saidMs < REPORT_EVERY_MS) return
    saidMs = atMs
    const leftMs = ((atMs - startMs) * (1 - share)) / share
    process.stderr.write(
      `${(100 * share).toFixed(0)} % compared, about ${(leftMs / 1000).toFixed(0)} s left\n`,
    )
  }
}

export const compare = Command.make(
  "compare",
  {
    ...scenarioFlags,
    duration: Flags.duration("duration", {
      description: "How long orders are made in each run, in virtual time",
      default: "5m",
    }),
    gates: gatesFlag,
    seed: Flags.seed("seed", {
      description: "The first seed; the others follow it by ones",
      default: "1",
    }),
    seeds: Flags.integer("seeds", {
      description: "How many seeds: each gate has a run for each of them",
      default: "5",
      max: MOST_SEEDS,
    }),
    format: formatFlag,
    svg: fileToWrite("svg", "Also write a chart to FILE"),
    noProgress: Flag.Boolean("no-progress").pipe(
      Flag.withDescription("Show nothing while running"),
      Flag.withDefault(false),
    ),
  },
  Effect.fnUntraced(function* (input) {
    yield* checkOrderRate(input)
    if (input.seed > Number.MAX_SAFE_INTEGER - (input.seeds - 1)) {
      return yield* new UsageError({
        message: "--seed: the seeds after it grow too large; write a smaller one",
      })
    }
    yield* exchangeMillis("--window", input.window, LONGEST_WINDOW)
    const { duration, load, keys, limit, window, delay, loss } = input
    // Loaded here, so that no other command pays for it.
    const { compare: compareGates } = yield* Effect.promise(() => import("../simulation/Compare.ts"))
    const { renderComparison } = yield* Effect.promise(() => import("../simulation/renderComparison.ts"))
    const clock = yield* Clock.Clock
    yield* Effect.scoped(
      Effect.gen(function* () {
        // Opened first: nobody should wait for a comparison to learn that its chart cannot be written.
        const svg = Option.isSome(input.svg) ? yield* openWholeFile("--svg", input.svg.value) : undefined
        const comparison = yield* compareGates(
          {
            scenario: {
              duration,
              load,
              keys,
              limit,
              window,
              delay,
              loss,
              bound: Option.getOrUndefined(input.bound),
              ttl: Option.getOrUndefined(input.ttl),
              spike: Option.getOrUndefined(input.spike),
              clockStep: Option.getOrUndefined(input.clockStep),
              lateMs: Option.match(input.lateTimers, { onNone: () => 0, onSome: Duration.toMillis }),
            },
            designs: input.gates,
            seeds: Array.from({ length: input.seeds }, (_, index) => input.seed + index),
            inWords,
          },
          makeProgress(clock, input.noProgress),
        )
        if (svg !== undefined) {
          // Loaded here, so that no other command pays for a drawing library.
          const { compareChart } = yield* Effect.promise(() => import("../simulation/compareChart.ts"))
          yield* svg(compareChart(comparison))
        }
        yield* Console.log(
          input.format === "json"
            ? JSON.stringify(comparison, undefined, 2)
            : renderComparison(comparison).trimEnd(),
        )
      }),
    )
  }),
).pipe(
  Command.withDescription(
    "Compares gates in virtual time: each plays the same orders with the same delays, for several seeds. The same seeds give the same table.",
  ),
  Command.withShortDescription("Gates side by side in virtual time"),
  Command.withExamples([
    { command: "paceline compare", description: "All gates at the exercise's load" },
    {
      command: "paceline compare --load 2 --gates ack-window,polling --svg overload.svg",
      description: "Two of them under overload, with a chart",
    },
    {
      command: "paceline compare --bound none --format json",
      description: "What not knowing the bound costs, for another program",
    },
  ]),
)
