/**
 * `simulate`: a run in virtual time, without a network.
 */
import process from "node:process"
import { Clock, Console, Duration, Effect, Option, Result } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandFailed } from "./errors.ts"
import type { LimitSettings } from "../domain/LimitSpec.ts"
import { Journal, openJournal, unwritten } from "../journal/Journal.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { freshSeed } from "../platform/Random.ts"
import { RunProgress } from "../run/RunProgress.ts"
import type { Scenario } from "../simulation/Compare.ts"
import { DELAY_FORMS, parseDelay } from "../simulation/Delay.ts"
import type { SimulationSettings } from "../simulation/Simulation.ts"
import { renderSummaries } from "../summary/render.ts"
import { asUserError, inWords } from "./advice.ts"
import { checkOrderRate } from "./checks.ts"
import { fileToWrite } from "./files.ts"
import * as Flags from "./Flags.ts"
import * as Rules from "./ruleFlags.ts"
import { parseDuration, parseNonNegative } from "./values.ts"
import { examples } from "./examples.ts"

const parseProbability = parseNonNegative({ max: 1 })

const parseSpike = (text: string) => {
  const [probability, ms, ...more] = text.split(":")
  const p = parseProbability(probability ?? "")
  const length = parseNonNegative({ max: 60_000 })(ms ?? "")
  if (Result.isFailure(p) || Result.isFailure(length) || more.length > 0) {
    return Result.fail("write a probability and milliseconds, such as 0.001:200")
  }
  return Result.succeed({ probability: p.success, ms: length.success })
}

const parseClockStep = (text: string) => {
  const [at, by, ...more] = text.split(":")
  const atMs = Result.map(parseDuration({ zero: true })(at ?? ""), Duration.toMillis)
  const backwards = by?.startsWith("-") === true
  const byMs = Result.map(
    parseDuration({ zero: false })(backwards ? by.slice(1) : (by ?? "")),
    Duration.toMillis,
  )
  if (Result.isFailure(atMs) || Result.isFailure(byMs) || more.length > 0) {
    return Result.fail("write when the wall clock steps and by how much, such as 10s:-1h")
  }
  return Result.succeed({ atMs: atMs.success, byMs: backwards ? -byMs.success : byMs.success })
}

/** What `simulate` and `compare` have in common. */
export const scenarioFlags = {
  duration: Flags.duration("duration", {
    description: "How long to make orders, in virtual time",
    default: "1h",
  }),
  load: Flags.nonNegative("load", {
    description: "How many orders to make, as a multiple of 95 % of what the keys' limits allow",
    default: "1",
    max: 1000,
  }),
  keys: Flags.integer("keys", { description: "How many API keys", default: "5", max: 1000 }),
  ...Rules.rules,
  ttl: Flags.durationOrNone("ttl", {
    description: "An order's time to live: it expires this long after its creation, if it was not sent",
    default: "1s",
  }),
  bound: Flags.durationOrNone("bound", {
    description:
      "The longest incoming delay that the client counts on, with a margin; none if it knows of none",
    default: "55ms",
    zero: true,
  }),
  delay: Flags.parsed("delay", "DELAY", parseDelay, {
    description: `Delays each way, in milliseconds: ${DELAY_FORMS}`,
    default: "uniform:0:50",
  }),
  spike: Flags.parsed("spike", "P:MS", parseSpike, {
    description: "Make an incoming delay longer by MS with probability P",
  }).pipe(Flag.optional),
  loss: Flags.parsed("loss", "P", parseProbability, {
    description: "Lose a request or its answer with probability P",
    default: "0",
  }),
  clockStep: Flags.parsed("clock-step", "AT:BY", parseClockStep, {
    description: "Step the wall clock by BY at AT, such as 10s:-1h",
  }).pipe(Flag.optional),
  lateTimers: Flags.durationOrNone("late-timers", {
    description: "Let every timer wake up to this much late, as on a busy machine or a slow runtime",
    default: "none",
  }),
}

/** The scenario that these flags ask for. */
export const scenarioOf = (
  flags: Command.Command.Config.Infer<typeof scenarioFlags>,
  rules: LimitSettings,
): Scenario => {
  const { delay, duration, keys, load, loss } = flags
  return {
    delay,
    duration,
    keys,
    load,
    loss,
    ...rules,
    bound: Option.getOrUndefined(flags.bound),
    ttl: Option.getOrUndefined(flags.ttl),
    spike: Option.getOrUndefined(flags.spike),
    clockStep: Option.getOrUndefined(flags.clockStep),
    lateMs: Option.match(flags.lateTimers, { onNone: () => 0, onSome: Duration.toMillis }),
  }
}

const REPORT_EVERY_MS = 1000

/** Says on standard error which share is done, not more than once a second of real time. */
export const makeProgress = (quiet: boolean, done: string) =>
  Clock.clockWith((clock) =>
    Effect.sync(() => {
      const startMs = nowMsUnsafe(clock)
      let saidMs = startMs
      return (share: number): void => {
        const atMs = nowMsUnsafe(clock)
        if (quiet || share === 0 || atMs - saidMs < REPORT_EVERY_MS) return
        saidMs = atMs
        const leftMs = ((atMs - startMs) * (1 - share)) / share
        process.stderr.write(
          `${(100 * share).toFixed(0)} % ${done}, about ${(leftMs / 1000).toFixed(0)} s left\n`,
        )
      }
    }),
  )

export const simulate = Command.make(
  "simulate",
  {
    ...scenarioFlags,
    nonceUnit: Rules.nonceUnit,
    gate: Flags.gate({ description: "What decides when a key may send next", default: "ack-window" }),
    seed: Flags.seed({
      description:
        "The seed of orders, delays and losses: the same one gives the same journal (default: a random one, shown)",
    }).pipe(Flag.optional),
    log: fileToWrite("log", "Where to write the journal (default: nowhere)"),
    format: Flags.format(["text", "json", "classic"], {
      description: "The form of the summary",
      default: "text",
    }),
    noProgress: Flags.noProgress,
  },
  Effect.fnUntraced(function* (input) {
    const rules = yield* Rules.rulesOf(input)
    yield* checkOrderRate({ ...input, ...rules })
    const settings: SimulationSettings = {
      ...scenarioOf(input, rules),
      nonceUnit: Option.getOrUndefined(input.nonceUnit),
      design: input.gate,
      seed: Option.isSome(input.seed) ? input.seed.value : yield* freshSeed,
      inWords,
    }
    // Loaded here, so that no other command pays for it.
    const { simulate: runSimulation } = yield* Effect.promise(() => import("../simulation/Simulation.ts"))
    const journal = Option.isSome(input.log) ? yield* openJournal(input.log.value) : unwritten(() => {})
    const reached = yield* makeProgress(input.noProgress, `of ${Duration.format(input.duration)} simulated`)
    const running = runSimulation(settings).pipe(
      Effect.provideService(Journal, journal),
      Effect.provideService(RunProgress, {
        every: undefined,
        tell: (news) => {
          if (news.type !== "snapshot") return
          reached(Math.min(1, news.sinceStartMs / Duration.toMillis(input.duration)))
        },
      }),
    )
    const { failure, summary } = yield* Effect.onInterrupt(Effect.raceFirst(running, journal.failed), () =>
      Effect.orDie(Effect.mapError(journal.flush, asUserError)),
    )
    yield* journal.flush
    const name = Option.getOrElse(input.log, () => `simulated, seed ${settings.seed}`)
    yield* Console.log(renderSummaries(input.format, [{ name, summary }]).trimEnd())
    if (failure !== undefined) {
      return yield* new CommandFailed({ message: `the simulated run failed: ${inWords(failure)}` })
    }
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Runs the same dispatcher against a simulated exchange in virtual time: hours take seconds, and the same seed gives the same run.",
  ),
  Command.withShortDescription("A run in virtual time, without a network"),
  examples({
    "paceline simulate --duration 24h --load 2": "A day of overload",
    "paceline simulate --gate shifted:25 --seed 1": "What a design does that judges by send times",
    "paceline simulate --bound none --delay lognormal:20:1 --loss 0.001": "A network that promises nothing",
  }),
)
