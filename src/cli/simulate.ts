/**
 * `simulate`: a run in virtual time, without a network.
 */
import process from "node:process"
import { Clock, Console, Duration, Effect, Option, Result } from "effect"
import { Command, Flag } from "effect/cli"
import { CommandFailed } from "./errors.ts"
import { Journal, openJournal, unwritten } from "../journal/Journal.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { freshSeed } from "../platform/Random.ts"
import { RunProgress } from "../run/RunProgress.ts"
import { DELAY_FORMS, exerciseDelay, parseDelay } from "../simulation/Delay.ts"
import type { SimulationSettings } from "../simulation/Simulation.ts"
import { renderSummaries } from "../summary/render.ts"
import { asUserError, inWords } from "./advice.ts"
import { checkOrderRate, exchangeMillis, LONGEST_WINDOW } from "./checks.ts"
import { fileToWrite } from "./files.ts"
import * as Flags from "./Flags.ts"
import { parseDuration, parseNonNegative } from "./values.ts"

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
    description: "How long orders are made, in virtual time",
    default: "1h",
  }),
  load: Flags.nonNegative("load", {
    description: "How many orders are made, times 95 % of all slots of all keys",
    default: "1",
    max: 1000,
  }),
  keys: Flags.integer("keys", { description: "How many API keys", default: "5", max: 1000 }),
  limit: Flags.integer("limit", {
    description: "Requests that the exchange lets each key pass in one window",
    default: "20",
    max: 10_000,
  }),
  window: Flags.duration("window", { description: "The exchange's window", default: "1s" }),
  ttl: Flags.durationOrNone("ttl", {
    description: "How long after its creation an order is worth sending",
    default: "1s",
  }),
  bound: Flags.durationOrNone("bound", {
    description:
      "The longest incoming delay that the client believes in, with a margin; none where it knows none",
    default: "55ms",
    zero: true,
  }),
  delay: Flags.parsed(
    "delay",
    "DELAY",
    `Delays each way, in milliseconds: ${DELAY_FORMS} (default: uniform:0:50)`,
    parseDelay,
  ).pipe(Flag.withDefault(exerciseDelay)),
  spike: Flags.parsed(
    "spike",
    "P:MS",
    "Make an incoming delay longer by MS with probability P",
    parseSpike,
  ).pipe(Flag.optional),
  loss: Flags.parsed(
    "loss",
    "P",
    "Lose a request or its answer with probability P (default: 0)",
    parseProbability,
  ).pipe(Flag.withDefault(0)),
  clockStep: Flags.parsed(
    "clock-step",
    "AT:BY",
    "Step the wall clock by BY at AT, such as 10s:-1h",
    parseClockStep,
  ).pipe(Flag.optional),
  lateTimers: Flags.durationOrNone("late-timers", {
    description: "Let every timer wake up to this much late, as on a busy machine or a slow runtime",
    default: "none",
  }),
}

const REPORT_EVERY_MS = 1000

/** Says on standard error how far the simulation has come, not more than once a second of real time. */
const makeProgress = (settings: SimulationSettings, quiet: boolean): Effect.Effect<RunProgress> =>
  Clock.clockWith((clock) =>
    Effect.sync(() => {
      const wholeMs = Duration.toMillis(settings.duration)
      const startMs = nowMsUnsafe(clock)
      let saidMs = startMs
      return {
        every: undefined,
        tell: (news) => {
          if (quiet || news.type !== "snapshot") return
          // Of this process, whose time is not the simulation's.
          const realMs = nowMsUnsafe(clock)
          if (realMs - saidMs < REPORT_EVERY_MS) return
          saidMs = realMs
          const share = Math.min(1, news.sinceStartMs / wholeMs)
          const leftMs = ((realMs - startMs) * (1 - share)) / share
          process.stderr.write(
            `${(100 * share).toFixed(0)} % of ${Duration.format(settings.duration)} simulated, about ${(leftMs / 1000).toFixed(0)} s left\n`,
          )
        },
      }
    }),
  )

export const simulate = Command.make(
  "simulate",
  {
    ...scenarioFlags,
    gate: Flags.gate({ description: "What decides when a key may send next", default: "ack-window" }),
    seed: Flags.seed("seed", {
      description:
        "What orders, delays and losses derive from: the same seed gives the same journal (default: a random one, shown)",
    }).pipe(Flag.optional),
    log: fileToWrite("log", "Where to write the journal (default: nowhere)"),
    format: Flags.format({ description: "The form of the summary", default: "text" }),
    noProgress: Flag.Boolean("no-progress").pipe(
      Flag.withDescription("Show nothing while running"),
      Flag.withDefault(false),
    ),
  },
  Effect.fnUntraced(function* (input) {
    yield* checkOrderRate(input)
    yield* exchangeMillis("--window", input.window, LONGEST_WINDOW)
    const settings: SimulationSettings = {
      ...input,
      design: input.gate,
      bound: Option.getOrUndefined(input.bound),
      ttl: Option.getOrUndefined(input.ttl),
      spike: Option.getOrUndefined(input.spike),
      clockStep: Option.getOrUndefined(input.clockStep),
      lateMs: Option.match(input.lateTimers, { onNone: () => 0, onSome: Duration.toMillis }),
      seed: Option.isSome(input.seed) ? input.seed.value : yield* freshSeed,
      inWords,
    }
    // Loaded here, so that no other command pays for it.
    const { simulate: runSimulation } = yield* Effect.promise(() => import("../simulation/Simulation.ts"))
    const journal = Option.isSome(input.log) ? yield* openJournal(input.log.value) : unwritten(() => {})
    const running = runSimulation(settings).pipe(
      Effect.provideService(Journal, journal),
      Effect.provideService(RunProgress, yield* makeProgress(settings, input.noProgress)),
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
  Command.withExamples([
    { command: "paceline simulate --duration 24h --load 2", description: "A day of overload" },
    {
      command: "paceline simulate --gate shifted:25 --seed 1",
      description: "What a design does that judges by send times",
    },
    {
      command: "paceline simulate --bound none --delay lognormal:20:1 --loss 0.001",
      description: "A network that promises nothing",
    },
  ]),
)
