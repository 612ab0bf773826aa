/**
 * `compare`: gates side by side in virtual time, on the same orders with the same delays.
 */
import { Console, Effect, Option, Result } from "effect"
import { Command, Flag } from "effect/cli"
import { type LimitSettings, slotMsOf } from "../domain/LimitSpec.ts"
import type { Design } from "../run/Design.ts"
import { DESIGN_FORMS, parseDesign } from "../simulation/baselines/designs.ts"
import { refuse } from "./errors.ts"
import { DEFAULT_LIMIT, specOf } from "./limitSpec.ts"
import { inWords } from "./advice.ts"
import { checkOrderRate } from "./checks.ts"
import { fileToWrite } from "./files.ts"
import * as Flags from "./Flags.ts"
import * as Rules from "./ruleFlags.ts"
import { quote } from "../platform/quote.ts"
import { makeProgress, scenarioFlags, scenarioOf } from "./simulate.ts"
import { openWholeFile } from "./resultFiles.ts"
import { examples } from "./examples.ts"

const ALL_GATES = "ack-window,polling,shifted:10,shifted:25,thread-slots,token-bucket,fixed-window"
/** The safe one, and what everyday clients do, whatever the rule. */
const GATES_OVER_RULES = "ack-window,token-bucket,gcra,ccxt-leaky-bucket,ccxt-rolling-window"
const MOST_SEEDS = 1000

const parseGates = (text: string): Result.Result<ReadonlyArray<Design>, string> =>
  Result.flatMap(Result.all(text.split(",").map((name) => parseDesign(name.trim()))), (gates) => {
    const names = gates.map(({ name }) => name)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    return twice === undefined
      ? Result.succeed(gates)
      : Result.fail(`${quote(twice)} is there twice; write each gate once`)
  })

const flags = {
  ...scenarioFlags,
  duration: Flags.duration("duration", {
    description: "How long to make orders in each run, in virtual time",
    default: "5m",
  }),
  limit: Rules.limitFlag("Given several times, gates are compared for one rule after the other"),
  gates: Flags.parsed("gates", "GATE,...", parseGates, {
    description: `The gates to compare, separated by commas: ${DESIGN_FORMS} (default: ${ALL_GATES}; where --limit is a rule, ${GATES_OVER_RULES})`,
  }).pipe(Flag.optional),
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
}

type Input = Command.Command.Config.Infer<typeof flags>

const settingsOf = Effect.fnUntraced(function* (input: Input, usualGates: string, rules: LimitSettings) {
  return {
    scenario: scenarioOf(input, rules),
    designs: Option.isSome(input.gates)
      ? input.gates.value
      : yield* Effect.orDie(Effect.fromResult(parseGates(usualGates))),
    seeds: Array.from({ length: input.seeds }, (_, index) => input.seed + index),
    inWords,
  }
})

/** Opened before anything is compared: nobody should wait for that to learn that the chart cannot be written. */
const chartTo = Effect.fnUntraced(function* (file: Option.Option<string>) {
  return Option.isSome(file) ? yield* openWholeFile("--svg", file.value) : undefined
})

/** Where each key may pass `--limit` requests in any window. */
const compareKeyWindow = Effect.fnUntraced(function* (input: Input) {
  const rules = yield* Rules.rulesOf(input)
  yield* checkOrderRate({ ...input, ...rules })
  // Loaded here, so that no other command pays for it.
  const { compare: compareGates } = yield* Effect.promise(() => import("../simulation/Compare.ts"))
  const { renderComparison } = yield* Effect.promise(() => import("../simulation/renderComparison.ts"))
  const svg = yield* chartTo(input.svg)
  const comparison = yield* compareGates(
    yield* settingsOf(input, ALL_GATES, rules),
    yield* makeProgress(input.noProgress, "compared"),
  )
  if (svg !== undefined) {
    // Loaded here, so that no other command pays for a drawing library.
    const { compareChart } = yield* Effect.promise(() => import("../simulation/compareChart.ts"))
    yield* svg(compareChart(comparison))
  }
  return { comparison, text: renderComparison(comparison) }
})

/** For one rule after the other. */
const compareRules = Effect.fnUntraced(function* (input: Input) {
  const { compareRules: compareGates, underRule } = yield* Effect.promise(
    () => import("../simulation/compareRules.ts"),
  )
  const { renderRules } = yield* Effect.promise(() => import("../simulation/renderRules.ts"))
  const window = yield* Rules.windowOf(input)
  const settings = yield* settingsOf(input, GATES_OVER_RULES, {
    limit: 1,
    window,
    ...(Option.contains(input.nonces, "none") ? { nonces: "none" } : {}),
  })
  const rules = input.limit.map((given) => specOf(given, window))
  if (rules.some((rule) => slotMsOf(rule) === 0))
    return yield* refuse("--limit: place=0 counts no order that is placed, so there is nothing to compare")
  for (const rule of rules) yield* checkOrderRate(underRule(settings.scenario, rule))
  const svg = yield* chartTo(input.svg)
  const comparison = yield* compareGates(
    { ...settings, rules },
    yield* makeProgress(input.noProgress, "compared"),
  )
  if (svg !== undefined) {
    const { rulesChart } = yield* Effect.promise(() => import("../simulation/rulesChart.ts"))
    yield* svg(rulesChart(comparison))
  }
  return { comparison, text: renderRules(comparison) }
})

export const compare = Command.make(
  "compare",
  flags,
  Effect.fnUntraced(function* (input) {
    if (input.seed > Number.MAX_SAFE_INTEGER - (input.seeds - 1)) {
      return yield* refuse("--seed: the seeds after it grow too large; write a smaller one")
    }
    const limits: Input["limit"] = input.limit.length === 0 ? [DEFAULT_LIMIT] : input.limit
    // The safe optimum is known for a key's window and rising nonces alone.
    const isPlain =
      limits.length === 1 && typeof limits[0] === "number" && !Option.contains(input.nonces, "none")
    const { comparison, text } = yield* isPlain
      ? compareKeyWindow(input)
      : compareRules({ ...input, limit: limits })
    yield* Console.log(input.format === "json" ? JSON.stringify(comparison, undefined, 2) : text.trimEnd())
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
    "paceline compare --load 2 --nonces none --limit fixed:100/10s --limit bucket:60,decay=1/s":
      "For two other rules, one after the other",
    "paceline compare --bound none --format json": "What not knowing the bound costs, for another program",
  }),
)
