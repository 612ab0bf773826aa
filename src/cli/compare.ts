/**
 * `compare`: gates side by side in virtual time, on the same orders with the same delays.
 */
import { Console, Effect, Option, Result } from "effect"
import { Command } from "effect/cli"
import type { Design } from "../run/Design.ts"
import { DESIGN_FORMS, parseDesign } from "../simulation/baselines/designs.ts"
import { refuse } from "./errors.ts"
import { inWords } from "./advice.ts"
import { checkOrderRate, exchangeMillis, LONGEST_WINDOW } from "./checks.ts"
import { fileToWrite } from "./files.ts"
import * as Flags from "./Flags.ts"
import { quote } from "../platform/quote.ts"
import { makeProgress, scenarioFlags, scenarioOf } from "./simulate.ts"
import { openWholeFile } from "./resultFiles.ts"
import { examples } from "./examples.ts"

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

export const compare = Command.make(
  "compare",
  {
    ...scenarioFlags,
    duration: Flags.duration("duration", {
      description: "How long to make orders in each run, in virtual time",
      default: "5m",
    }),
    gates: Flags.parsed("gates", "GATE,...", parseGates, {
      description: `The gates to compare, separated by commas: ${DESIGN_FORMS}`,
      default: ALL_GATES,
    }),
    seed: Flags.seed({
      description: "The first seed; the next ones count up from it",
      default: "1",
    }),
    seeds: Flags.integer("seeds", {
      description: "How many seeds: each gate makes a run with each",
      default: "5",
      max: MOST_SEEDS,
    }),
    format: Flags.format(["text", "json"], {
      description: "How to print: a table, or everything as one JSON value",
      default: "text",
    }),
    svg: fileToWrite("svg", "Also write a chart to FILE"),
    noProgress: Flags.noProgress,
  },
  Effect.fnUntraced(function* (input) {
    const rules = yield* Flags.plainRulesOf(input)
    yield* checkOrderRate({ ...input, ...rules })
    if (input.seed > Number.MAX_SAFE_INTEGER - (input.seeds - 1)) {
      return yield* refuse("--seed: the seeds after it grow too large; write a smaller one")
    }
    yield* exchangeMillis("--window", input.window, LONGEST_WINDOW)
    // Loaded here, so that no other command pays for it.
    const { compare: compareGates } = yield* Effect.promise(() => import("../simulation/Compare.ts"))
    const { renderComparison } = yield* Effect.promise(() => import("../simulation/renderComparison.ts"))
    // Opened first: nobody should wait for a comparison to learn that its chart cannot be written.
    const svg = Option.isSome(input.svg) ? yield* openWholeFile("--svg", input.svg.value) : undefined
    const comparison = yield* compareGates(
      {
        scenario: scenarioOf(input, rules),
        designs: input.gates,
        seeds: Array.from({ length: input.seeds }, (_, index) => input.seed + index),
        inWords,
      },
      yield* makeProgress(input.noProgress, "compared"),
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
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Compares gates in virtual time: each plays the same orders with the same delays, for several seeds. The same seeds give the same table.",
  ),
  Command.withShortDescription("Gates side by side in virtual time"),
  examples({
    "paceline compare": "All gates at the exercise's load",
    "paceline compare --load 2 --gates ack-window,polling --svg overload.svg":
      "Two of them under overload, with a chart",
    "paceline compare --bound none --format json": "What not knowing the bound costs, for another program",
  }),
)
