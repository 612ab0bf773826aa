/**
 * A run without a network, in virtual time: the production dispatcher, lanes, gates, order source and journal
 * records, before an exchange that `ExchangeModel` plays. Everything that is random derives from the seed, so
 * the same settings give the same journal, byte for byte.
 */
import { Cause, Context, Duration, Effect, Exit, Option } from "effect"
import { DEFAULT_REQUEST_TIMEOUT } from "../dispatch/requestTimeout.ts"
import { type ApiKey, labelKeys } from "../domain/ApiKey.ts"
import { type ExchangeTally, makeArrivalTally } from "../exchange/ArrivalTally.ts"
import type { LimitSettings } from "../domain/LimitSpec.ts"
import { Journal, unwritten } from "../journal/Journal.ts"
import { seededRandom, wholeUpTo } from "../platform/Random.ts"
import type { Design } from "../run/Design.ts"
import { run } from "../run/Run.ts"
import type { RunFailure } from "../run/RunFailure.ts"
import { RunProgress } from "../run/RunProgress.ts"
import type { RunSettings } from "../run/RunSettings.ts"
import { OrderSource, randomOrders } from "../run/sources/OrderSource.ts"
import type { Summary } from "../summary/Summary.ts"
import { exerciseRules } from "../venues/exercise/exercise.ts"
import { ExchangeClient } from "../venues/ExchangeClient.ts"
import { type DelayShape, drawDelay } from "./Delay.ts"
import { type Fate, type Journey, makeSimulatedExchange } from "./SimulatedExchange.ts"
import { inVirtualTime } from "./VirtualTime.ts"

export interface SimulationSettings extends LimitSettings {
  readonly keys: number
  /** The bound that the client believes in, or undefined where it knows none. */
  readonly bound: Duration.Duration | undefined
  readonly ttl: Duration.Duration | undefined
  readonly design: Design
  readonly load: number
  readonly duration: Duration.Duration
  readonly seed: number
  /** Each way. */
  readonly delay: DelayShape
  /** Incoming delays that are longer by `ms`, with this probability. */
  readonly spike: { readonly probability: number; readonly ms: number } | undefined
  /** The probability that a request, or its answer, is lost. */
  readonly loss: number
  /** When the wall clock steps, and by how much; both in milliseconds. */
  readonly clockStep: { readonly atMs: number; readonly byMs: number } | undefined
  /** Every timer, the client's and the exchange's, wakes up to this many milliseconds late; uniform on 0..lateMs. */
  readonly lateMs: number
  /** Puts a failure into words for the journal's end. */
  readonly inWords: RunSettings["inWords"]
}

export interface SimulationReport {
  readonly summary: Summary
  readonly tally: ExchangeTally
  /** Why the run ended before its time, if it did. */
  readonly failure: RunFailure | undefined
}

export const makeKeys = (count: number): ReadonlyArray<ApiKey> =>
  labelKeys(Array.from({ length: count }, (_, index) => `simulated key ${index + 1}`))

/** The journey of one request after the other, from the seed: the same in every gate's run. */
export const makeJourneys = Effect.fnUntraced(function* (
  settings: Pick<SimulationSettings, "delay" | "spike" | "loss" | "seed">,
) {
  const { delay, spike, loss } = settings
  const random = yield* seededRandom(settings.seed, "simulated delays")
  return (): Journey => {
    const incomingMs = drawDelay(delay, random)
    const outgoingMs = drawDelay(delay, random)
    // Always as many draws, so that a loss does not shift what befalls the requests after it.
    const spiked = random.nextDoubleUnsafe() < (spike?.probability ?? 0)
    const lost = random.nextDoubleUnsafe() < loss
    const onTheWayIn = random.nextDoubleUnsafe() < 0.5
    const fate: Fate = onTheWayIn ? "lost-on-the-way-in" : "lost-on-the-way-out"
    return {
      incomingMs: spiked ? incomingMs + (spike?.ms ?? 0) : incomingMs,
      outgoingMs,
      ...(lost ? { fate } : {}),
    }
  }
})

/** Some minutes of orders, far more than are ever under way: a day's would cost more than all else. */
const REMEMBERED_ORDERS = 10_000
const DAY_MS = 86_400_000

/** When windows of the exchange's clock begin, on ours: anywhere in the day before, from the seed. */
export const phaseOf = (seed: number): Effect.Effect<number> =>
  Effect.map(seededRandom(seed, "the exchange's clock"), (random) => wholeUpTo(random, DAY_MS) - DAY_MS)

/** Of virtual time. */
const SNAPSHOT_EVERY = Duration.minutes(1)

const program = Effect.fnUntraced(function* (settings: SimulationSettings) {
  const keys = makeKeys(settings.keys)
  const { limit, limits, nonces, nonceUnit, window, load, duration, seed } = settings
  const windowMs = Duration.toMillis(window)
  const tally = makeArrivalTally(
    keys.map((key) => key.label),
    windowMs,
    REMEMBERED_ORDERS,
  )
  const phaseMs = yield* phaseOf(seed)
  const exchange = yield* makeSimulatedExchange({
    config: { ...exerciseRules, limit, windowMs, nonces },
    limits,
    nonceUnit,
    shows: (atMs) => atMs - phaseMs,
    requestTimeoutMs: Duration.toMillis(DEFAULT_REQUEST_TIMEOUT),
    journey: yield* makeJourneys(settings),
    onArrival: ({ key, ruling, atMs, id }) => tally.arrived(key, ruling, atMs, id),
  })
  const { exit, summary } = yield* run({
    ...settings,
    keys,
    requestTimeout: DEFAULT_REQUEST_TIMEOUT,
    exchange: "simulated",
    failsUnaccepted: false,
  }).pipe(
    Effect.provideService(ExchangeClient, exchange.client),
    Effect.provideService(
      OrderSource,
      randomOrders({ seed, load, keys: keys.length, limit, limits, window, duration }),
    ),
    Effect.orDie,
  )
  const failure = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined
  // A mistake in this program is no report, nor is an end before the time.
  if (failure === undefined) yield* Effect.orDie(exit)
  return { summary, tally: tally.read(), failure } satisfies SimulationReport
}, Effect.scoped)

/**
 * Runs a simulation. A run that fails (no key left) is a report like any other. Interrupted, it is stopped as a run is:
 * what is in flight is awaited, in virtual time, and the journal has its footer. Virtual time waits for nothing outside,
 * so records are handed to the journal, and whether it has kept them is the caller's to find out.
 */
export const simulate = Effect.fnUntraced(function* (settings: SimulationSettings) {
  const { clockStep, lateMs, seed } = settings
  const { write } = yield* Journal
  const { tell } = yield* RunProgress
  const services = Context.make(Journal, unwritten(write)).pipe(
    Context.add(RunProgress, { tell, every: SNAPSHOT_EVERY }),
  )
  const random = yield* seededRandom(seed, "late timers")
  return yield* inVirtualTime(Effect.provideContext(program(settings), services), {
    ...(clockStep === undefined
      ? {}
      : { wallOffsetMs: (monotonicMs) => (monotonicMs >= clockStep.atMs ? clockStep.byMs : 0) }),
    ...(lateMs === 0 ? {} : { latenessMs: () => lateMs * random.nextDoubleUnsafe() }),
  })
})
