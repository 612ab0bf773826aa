/**
 * A run without a network, in virtual time: the production dispatcher, lanes, gates, order source and journal
 * records, before an exchange that `ExchangeModel` plays. Everything that is random derives from the seed, so
 * the same settings give the same journal, byte for byte.
 */
import { Clock, DateTime, Duration, Effect, Layer, Random, Redacted, Stream } from "effect"
import { RateLimiter } from "effect/persistence"
import { Dispatcher, layer as dispatcherLayer } from "../dispatch/Dispatcher.ts"
import { DispatchLog } from "../domain/DispatchEvent.ts"
import { gateByName, type GateName, habitsOf } from "./baselines/byName.ts"
import { DEFAULT_REQUEST_TIMEOUT } from "../dispatch/requestTimeout.ts"
import type { DispatchFailure } from "../dispatch/SubmitFailure.ts"
import type { ApiKey } from "../domain/ApiKey.ts"
import { type ExchangeTally, makeArrivalTally } from "../exchange/ArrivalTally.ts"
import { ExchangeClient } from "../venues/ExchangeClient.ts"
import { exerciseRules } from "../venues/exercise/exercise.ts"
import { fromJournal } from "../journal/LogEvent.ts"
import type { JournalRecord } from "../journal/JournalRecord.ts"
import { makeToRecord } from "../journal/toRecord.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { randomSource } from "../run/sources/RandomSource.ts"
import { seededRandom } from "../platform/Random.ts"
import { runFooter, type RunEnd } from "../run/runFooter.ts"
import { runHeader } from "../run/runHeader.ts"
import { makeSummariser } from "../summary/Summariser.ts"
import type { Summary } from "../summary/Summary.ts"
import { type DelayShape, drawDelay } from "./Delay.ts"
import { type Fate, type Journey, makeSimulatedExchange } from "./SimulatedExchange.ts"
import { type AtRest, inVirtualTime } from "./VirtualTime.ts"

export interface SimulationSettings {
  /** How many API keys. */
  readonly keys: number
  readonly limit: number
  readonly window: Duration.Duration
  /** The bound that the client believes in, or undefined where it knows none. */
  readonly bound: Duration.Duration | undefined
  readonly ttl: Duration.Duration | undefined
  readonly gate: GateName
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
}

export interface SimulationReport {
  readonly summary: Summary
  /** What the exchange itself saw. */
  readonly tally: ExchangeTally
  /** Why the run ended before its time, if it did. */
  readonly failure: DispatchFailure | undefined
}

export interface SimulationSink {
  /** Every record of the journal, in order. */
  readonly record: (record: JournalRecord) => void
  /** Told now and then how far the simulation has come, in milliseconds of virtual time. */
  readonly reached: (ms: number) => void
}

export const makeKeys = (count: number): ReadonlyArray<ApiKey> =>
  Array.from({ length: count }, (_, index) => ({
    label: `key-${index + 1}`,
    secret: Redacted.make(`simulated key ${index + 1}`),
  }))

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

const REPORT_EVERY = Duration.minutes(1)
/** Some minutes of orders, far more than are ever under way: a day's would cost more than all else. */
const REMEMBERED_ORDERS = 10_000

const program = (settings: SimulationSettings, sink: SimulationSink) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const keys = makeKeys(settings.keys)
    const { limit, window, bound, ttl, gate, load, duration, seed } = settings
    const windowMs = Duration.toMillis(window)
    const requestTimeout = DEFAULT_REQUEST_TIMEOUT
    const requestTimeoutMs = Duration.toMillis(requestTimeout)
    const tally = makeArrivalTally(
      keys.map((key) => key.label),
      windowMs,
      REMEMBERED_ORDERS,
    )
    const exchange = yield* makeSimulatedExchange({
      config: { ...exerciseRules, limit, windowMs },
      requestTimeoutMs,
      journey: yield* makeJourneys(settings),
      onArrival: ({ key, ruling, atMs, id }) => tally.arrived(key, ruling, atMs, id),
    })
    const rateLimiter = yield* RateLimiter.make
    const summariser = makeSummariser({ source: "journal", keys: keys.length, limit })
    const footer = runFooter()
    const write = (record: JournalRecord): void => {
      sink.record(record)
      footer.count(record)
      summariser.add(fromJournal(record))
    }
    const startMs = nowMsUnsafe(clock)
    const toRecord = makeToRecord(startMs)
    write(
      runHeader({
        exchange: "simulated",
        source: "random",
        startedAt: DateTime.formatIso(yield* DateTime.now),
        keys,
        seed,
        gate,
        limit,
        window,
        bound,
        ttl,
        requestTimeout,
        duration,
        load,
      }),
    )
    const writeEnd = (end: RunEnd): void => write(footer.record(nowMsUnsafe(clock) - startMs, end, 0))
    const dispatching = Effect.gen(function* () {
      const dispatcher = yield* Dispatcher
      const progress = Effect.forever(
        Effect.andThen(
          Effect.sleep(REPORT_EVERY),
          Effect.sync(() => sink.reached(nowMsUnsafe(clock) - startMs)),
        ),
      )
      yield* Effect.forkScoped(progress)
      const orders = randomSource({ seed, load, keys: keys.length, limit, window, duration })
      const handed = Stream.runForEach(orders, dispatcher.enqueue).pipe(
        Effect.catchTag(["DuplicateOrder", "OrderCancelled"], Effect.die),
      )
      yield* Effect.raceFirst(Effect.andThen(handed, dispatcher.drained), dispatcher.failed)
    })
    const exit = yield* dispatching.pipe(
      Effect.provide(
        dispatcherLayer({
          ...habitsOf(gate),
          keys,
          ttl,
          requestTimeout,
          gate: gateByName(gate, {
            limit,
            window,
            reach: {
              boundMs: bound === undefined ? undefined : Duration.toMillis(bound),
              requestTimeoutMs,
            },
            rateLimiter,
          }),
        }).pipe(Layer.provide(Layer.succeed(ExchangeClient, exchange.client))),
      ),
      Effect.scoped,
      Effect.provideService(DispatchLog, {
        ready: Effect.void,
        record: (event) => write(toRecord(event)),
        committed: Effect.succeed(true),
      }),
      Effect.onInterrupt(() => Effect.sync(() => writeEnd({ end: "stopped" }))),
      Effect.provideService(Random.Random, yield* seededRandom(seed, "outages")),
      Effect.result,
    )
    const failure = exit._tag === "Failure" ? exit.failure : undefined
    const end: RunEnd = failure === undefined ? { end: "done" } : { end: "failed", error: failure.message }
    writeEnd(end)
    return { summary: summariser.finish(), tally: tally.read(), failure } satisfies SimulationReport
  }).pipe(Effect.provide(RateLimiter.layerStoreMemory), Effect.scoped)

/**
 * Runs a simulation. A run that fails (no key left) is a report like any other. Interrupted, it is stopped as a run is:
 * what is in flight is awaited, in virtual time, and the journal has its footer.
 */
export const simulate = (
  settings: SimulationSettings,
  sink: SimulationSink,
): Effect.Effect<SimulationReport, AtRest> => {
  const { clockStep, lateMs, seed } = settings
  return Effect.flatMap(seededRandom(seed, "late timers"), (random) =>
    inVirtualTime(program(settings, sink), {
      ...(clockStep === undefined
        ? {}
        : { wallOffsetMs: (monotonicMs) => (monotonicMs >= clockStep.atMs ? clockStep.byMs : 0) }),
      ...(lateMs === 0 ? {} : { latenessMs: () => lateMs * random.nextDoubleUnsafe() }),
    }),
  )
}
