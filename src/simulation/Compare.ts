/**
 * Gates side by side: each plays the same orders with the same delays, in virtual time, for several seeds.
 */
import { Duration, Effect } from "effect"
import { DEFAULT_REQUEST_TIMEOUT } from "../dispatch/requestTimeout.ts"
import { exerciseRules } from "../venues/exercise/exercise.ts"
import { Journal, unwritten } from "../journal/Journal.ts"
import type { Design } from "../run/Design.ts"
import { RunProgress } from "../run/RunProgress.ts"
import { meanGapMs, orderOffsets } from "../run/sources/RandomSource.ts"
import { seededRandom } from "../platform/Random.ts"
import { interval95, meanOf } from "./Confidence.ts"
import { showDelay } from "./Delay.ts"
import { safeOptimum } from "./safeOptimum.ts"
import { makeJourneys, simulate, type SimulationSettings } from "./Simulation.ts"

export type Scenario = Omit<SimulationSettings, "design" | "seed" | "inWords">

export interface CompareSettings {
  readonly scenario: Scenario
  readonly designs: ReadonlyArray<Design>
  /** At least one. */
  readonly seeds: ReadonlyArray<number>
  readonly inWords: SimulationSettings["inWords"]
}

const sum = <A>(items: ReadonlyArray<A>, of: (item: A) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

/** What is accepted at best on a seed's orders. */
const optimumRun = Effect.fnUntraced(function* (scenario: Scenario, seed: number) {
  const { keys, limit, window, bound, ttl, duration } = scenario
  const durationMs = Duration.toMillis(duration)
  const optimum = safeOptimum(
    {
      keys,
      limit,
      windowMs: Duration.toMillis(window),
      boundMs: bound === undefined ? undefined : Duration.toMillis(bound),
      ttlMs: ttl === undefined ? undefined : Duration.toMillis(ttl),
      requestTimeoutMs: Duration.toMillis(DEFAULT_REQUEST_TIMEOUT),
      durationMs,
    },
    orderOffsets(yield* seededRandom(seed, "orders"), meanGapMs(scenario)),
    yield* makeJourneys({ ...scenario, seed }),
  )
  return { seed, ...optimum, acceptedPerSecond: optimum.accepted / (durationMs / 1000) }
})

/** One design's run on one seed. What is accepted after the scenario's duration does not count. */
const gateRun = Effect.fnUntraced(function* (settings: SimulationSettings, reached: (ms: number) => void) {
  const { duration, inWords, seed } = settings
  const durationMs = Duration.toMillis(duration)
  let accepted = 0
  const keysLeft = new Set<string>()
  let deadAfterMs: number | null = null
  const { summary, tally, failure } = yield* simulate(settings).pipe(
    Effect.provideService(
      Journal,
      unwritten((record) => {
        if (record.type === "outcome" && record.outcome === "accepted" && record.settled < durationMs) {
          accepted += 1
        }
        if (record.type !== "key") return
        keysLeft.add(record.key)
        if (keysLeft.size === settings.keys) deadAfterMs ??= record.t
      }),
    ),
    Effect.provideService(RunProgress, {
      every: undefined,
      tell: (news) => {
        if (news.type === "snapshot") reached(news.sinceStartMs)
      },
    }),
  )
  return {
    seed,
    created: summary.orders.created,
    /** Before the scenario's duration was over. */
    accepted,
    /** Over the scenario's duration, also where the run ended early because every key was blocked. */
    acceptedPerSecond: accepted / (durationMs / 1000),
    expired: summary.orders.expired,
    // Errors are counted by the exchange.
    exceeds: sum(tally.keys, (_) => _.rateLimit),
    nonceErrors: sum(tally.keys, (_) => _.nonce),
    /** Requests refused because the key was blocked. */
    bans: sum(tally.keys, (_) => _.blocked),
    keysBlocked: tally.keys.filter((_) => _.rateLimit >= exerciseRules.blockAfter).length,
    /** When no key was left to send with; null where one was. */
    deadAfterMs,
    /** From an order's creation to its request; null where nothing was sent, or no key was left in the end. */
    orderAgeMs:
      summary.orderAge === null || deadAfterMs !== null
        ? null
        : { p50: summary.orderAge.p50, p99: summary.orderAge.p99 },
    failure: failure === undefined ? null : inWords(failure),
  }
})

type GateRun = Effect.Success<ReturnType<typeof gateRun>>

/** A gate over all seeds: counts are totals, ages are means. */
const overSeeds = (
  design: Design,
  runs: ReadonlyArray<GateRun>,
  ceilingPerSecond: number,
  optimumPerSecond: number | undefined,
) => {
  const acceptedPerSecond = interval95(runs.map((run) => run.acceptedPerSecond))
  const ages = runs.flatMap((run) => (run.orderAgeMs === null ? [] : [run.orderAgeMs]))
  const deaths = runs.flatMap((run) => (run.deadAfterMs === null ? [] : [run.deadAfterMs]))
  const exceeds = sum(runs, (run) => run.exceeds)
  const nonceErrors = sum(runs, (run) => run.nonceErrors)
  const bans = sum(runs, (run) => run.bans)
  return {
    /** As it is written on the command line. */
    gate: design.name,
    safe: exceeds + nonceErrors + bans === 0,
    acceptedPerSecond,
    shareOfCeiling: acceptedPerSecond.mean / ceilingPerSecond,
    /** Null where nothing could be accepted, and where no optimum is known. */
    shareOfOptimum: optimumPerSecond ? acceptedPerSecond.mean / optimumPerSecond : null,
    expired: sum(runs, (run) => run.expired),
    exceeds,
    nonceErrors,
    bans,
    keysBlocked: sum(runs, (run) => run.keysBlocked),
    /** In how many runs no key was left in the end. */
    deadRuns: deaths.length,
    /** When, on average over these; null where there are none. */
    deadAfterMs: deaths.length === 0 ? null : meanOf(deaths),
    /** Of the other runs; null where there are none: a gate that sends no more has no ages. */
    orderAgeMs:
      ages.length === 0
        ? null
        : { p50: meanOf(ages.map((age) => age.p50)), p99: meanOf(ages.map((age) => age.p99)) },
    runs,
  }
}

export type GateComparison = ReturnType<typeof overSeeds>

/** Plays each design on each seed. `reached` is told now and then which share of the work is done, from 0 to 1. */
export const compareGates = (
  { designs, inWords, scenario, seeds }: CompareSettings,
  ceilingPerSecond: number,
  optimumPerSecond: number | undefined,
  reached: (share: number) => void,
) => {
  const durationMs = Duration.toMillis(scenario.duration)
  const whole = designs.length * seeds.length
  let done = 0
  const finish = Effect.sync(() => {
    done += 1
    reached(done / whole)
  })
  const runOf = (design: Design, seed: number) =>
    gateRun({ ...scenario, design, seed, inWords }, (ms) =>
      reached((done + Math.min(1, ms / durationMs)) / whole),
    )
  return Effect.forEach(designs, (design) =>
    Effect.map(
      Effect.forEach(seeds, (seed) => Effect.tap(runOf(design, seed), () => finish)),
      (runs) => overSeeds(design, runs, ceilingPerSecond, optimumPerSecond),
    ),
  )
}

/** A scenario but for its limits. The field names are those of the JSON form, where null stands for "none". */
export const describeScenario = (scenario: Scenario) => ({
  durationMs: Duration.toMillis(scenario.duration),
  load: scenario.load,
  keys: scenario.keys,
  ttlMs: scenario.ttl === undefined ? null : Duration.toMillis(scenario.ttl),
  boundMs: scenario.bound === undefined ? null : Duration.toMillis(scenario.bound),
  delay: showDelay(scenario.delay),
  spike: scenario.spike ?? null,
  loss: scenario.loss,
  clockStep: scenario.clockStep ?? null,
  lateMs: scenario.lateMs,
})

export type ScenarioDescription = ReturnType<typeof describeScenario>

/** Compares where each key may pass `limit` requests in any window. The field names are those of the JSON form. */
export const compare = Effect.fnUntraced(function* (
  settings: CompareSettings,
  reached: (share: number) => void,
) {
  const { scenario, seeds } = settings
  const { limit } = scenario
  const windowMs = Duration.toMillis(scenario.window)
  // A key passes `limit` requests in the window and the millisecond by which the next must be later.
  const ceilingPerSecond = (limit * scenario.keys * 1000) / (windowMs + 1)
  const optima = yield* Effect.forEach(seeds, (seed) => optimumRun(scenario, seed))
  const optimum = interval95(optima.map((run) => run.acceptedPerSecond))
  return {
    scenario: { ...describeScenario(scenario), limit, windowMs },
    seeds,
    /** What the exchange lets pass of all keys, however orders come and delays fall. */
    ceilingPerSecond,
    /** What safe rules let through at best, on the same orders with the same delays. */
    safeOptimum: { acceptedPerSecond: optimum, runs: optima },
    gates: yield* compareGates(settings, ceilingPerSecond, optimum.mean, reached),
  }
})

export type Comparison = Effect.Success<ReturnType<typeof compare>>
