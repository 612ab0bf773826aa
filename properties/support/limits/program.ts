/** The whole program in virtual time before an exchange that counts by a list of limits, and what its journal proves. */
import { Duration, Effect, Exit, Result, Stream } from "effect"
import * as fc from "fast-check"
import type { Certificate } from "../../../src/certificate/Certificate.ts"
import { Certifier } from "../../../src/certificate/Certifier.ts"
import { DEFAULT_REQUEST_TIMEOUT } from "../../../src/dispatch/requestTimeout.ts"
import { keyWindowOf, type LimitSpec, type Nonces } from "../../../src/domain/LimitSpec.ts"
import { MadeOrder } from "../../../src/domain/Order.ts"
import type { ExchangeClock } from "../../../src/limits/ExchangeClock.ts"
import { scopedLimits } from "../../../src/limits/scopedLimits.ts"
import { Journal, unwritten } from "../../../src/journal/Journal.ts"
import type { JournalRecord } from "../../../src/journal/JournalRecord.ts"
import { sleepUntil } from "../../../src/platform/Monotonic.ts"
import { ackWindowDesign, type Design } from "../../../src/run/Design.ts"
import { run } from "../../../src/run/Run.ts"
import { RunProgress } from "../../../src/run/RunProgress.ts"
import { OrderSource } from "../../../src/run/sources/OrderSource.ts"
import { makeKeys } from "../../../src/simulation/Simulation.ts"
import { type Journey, makeSimulatedExchange } from "../../../src/simulation/SimulatedExchange.ts"
import { inVirtualTime } from "../../../src/simulation/VirtualTime.ts"
import type { LimitFigures } from "../../../src/summary/LimitSpares.ts"
import { exerciseRules } from "../../../src/venues/exercise/exercise.ts"
import { ExchangeClient } from "../../../src/venues/ExchangeClient.ts"
import { type DriftingClock, showing } from "./clocks.ts"
import { limitLists, windowsOnClock } from "./specs.ts"
import { LARGEST_DRIFT } from "./worlds.ts"

export interface ProgramWorld {
  readonly limits: ReadonlyArray<LimitSpec>
  readonly nonces: Nonces | undefined
  readonly keys: number
  readonly orders: ReadonlyArray<{
    readonly gapMs: number
    readonly cost: number | undefined
    readonly action: string | undefined
    readonly symbol: string | undefined
  }>
  readonly journeys: ReadonlyArray<Journey>
  /** The exchange's clock; ours where it is left out. */
  readonly others?: Others
  readonly clock?: DriftingClock & {
    readonly step: { readonly atMs: number; readonly byMs: number } | undefined
  }
}

/** Another client of a key, which sends orders when it likes; answers tell what was counted. */
export interface Others {
  readonly sendMs: ReadonlyArray<number>
  readonly symbol: string
}

/** What stands in the place of the real thing. */
export interface ProgramVariant {
  readonly limitsOf?: NonNullable<Design["limits"]>
  readonly clock?: () => ExchangeClock
  /** The journal, as it is certified. */
  readonly journalled?: (record: JournalRecord) => JournalRecord
}

const LONGEST_WAY_MS = 120

const way = fc.oneof(
  fc.constantFrom(0, LONGEST_WAY_MS),
  fc.double({ min: 0, max: LONGEST_WAY_MS, noNaN: true }),
)

const journeys: fc.Arbitrary<Journey> = fc
  .record({
    incomingMs: way,
    outgoingMs: way,
  })
  .chain((times) =>
    fc.constantFrom<Journey>(
      times,
      times,
      times,
      times,
      times,
      { ...times, fate: "lost-on-the-way-in" },
      { ...times, fate: "lost-on-the-way-out" },
      { ...times, fate: "refused-connection" },
    ),
  )

export const programWorlds: fc.Arbitrary<ProgramWorld> = fc.record({
  limits: limitLists,
  nonces: fc.constantFrom("none" as const, undefined),
  keys: fc.integer({ min: 1, max: 3 }),
  orders: fc.array(
    fc.record({
      gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }), fc.constant(650)),
      cost: fc.constantFrom(undefined, undefined, 0, 1, 2, 3),
      action: fc.constantFrom(undefined, "place", "cancel"),
      symbol: fc.constantFrom("A", "B & C", undefined),
    }),
    { minLength: 1, maxLength: 80 },
  ),
  journeys: fc
    .array(journeys, { minLength: 1, maxLength: 30 })
    .map((some) => [{ incomingMs: 20, outgoingMs: 5 }, ...some]),
})

const long = fc.oneof(fc.constant(0), way, fc.integer({ min: 0, max: 400 }))

const clockSteps = fc.record({
  atMs: fc.double({ min: 0, max: 3000, noNaN: true }),
  byMs: fc.oneof(fc.integer({ min: -2000, max: 2000 }), fc.integer({ min: -1e6, max: 1e6 })),
})

/** Worlds whose limits are on the exchange's clock, which answers tell. */
export const clockWorlds = (isStepped: boolean): fc.Arbitrary<ProgramWorld> =>
  fc
    .record({
      world: programWorlds,
      limits: fc.array(windowsOnClock, { minLength: 1, maxLength: 2 }),
      offsetMs: fc.double({ min: -1e6, max: 1.8e12, noNaN: true }),
      drifts: fc.array(fc.constantFrom(0, LARGEST_DRIFT, -LARGEST_DRIFT), { minLength: 1, maxLength: 4 }),
      regimeMs: fc.integer({ min: 100, max: 10_000 }),
      step: isStepped ? clockSteps : fc.constant(undefined),
      ways: fc.array(fc.tuple(long, long, fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 6 }),
      isBusy: fc.boolean(),
      stamps: fc.array(fc.constantFrom(0, 0.5, 1), { minLength: 1, maxLength: 5 }),
    })
    .map(({ isBusy, limits, stamps, ways, world, ...clock }) => {
      // Ways that differ, and stay so for a while, are what leads a guess astray.
      const calm = ways.flatMap(([incomingMs, outgoingMs, times]) =>
        Array.from({ length: times }, () => ({ incomingMs, outgoingMs })),
      )
      return {
        ...world,
        limits,
        clock,
        nonces: "none",
        orders: isBusy ? Array.from({ length: 80 }, () => BUSY) : world.orders,
        journeys: [...calm, ...(isBusy ? [] : world.journeys)].map((journey, n) => ({
          ...journey,
          stampedAfterMs: journey.outgoingMs * (stamps[n % stamps.length] ?? 0),
        })),
      }
    })

const AT_ONCE: Journey = { incomingMs: 0, outgoingMs: 0 }
const BUSY = { gapMs: 0, cost: 1, symbol: undefined, action: undefined }

const shown = ({ clock }: ProgramWorld, atMs: number): number =>
  clock === undefined
    ? atMs
    : showing(clock, atMs) + (clock.step !== undefined && atMs >= clock.step.atMs ? clock.step.byMs : 0)

const sourceOf = ({ orders }: ProgramWorld): OrderSource["Service"] => {
  let atMs = 0
  const timed = orders.map(({ action, cost, gapMs, symbol }, n) => {
    atMs += gapMs
    const params = {
      ...(cost === undefined ? {} : { cost: String(cost) }),
      ...(action === undefined ? {} : { action }),
      ...(symbol === undefined ? {} : { symbol }),
    }
    return { atMs, order: new MadeOrder(String(n), params, undefined) }
  })
  return {
    name: "generated",
    load: undefined,
    duration: undefined,
    isTimed: true,
    orders: Stream.mapEffect(Stream.fromIterable(timed), ({ atMs: dueMs, order }) =>
      Effect.as(sleepUntil(dueMs), Result.succeed(order)),
    ),
  }
}

export interface ProgramPlay {
  readonly refused: number
  readonly accepted: number
  /** Why the journal is not certified; undefined where it is. */
  readonly problem: string | undefined
  /** The journal, and the least that was spared of each limit as the run tells, and as its certificate does. */
  readonly records: ReadonlyArray<JournalRecord>
  readonly told: ReadonlyArray<LimitFigures> | undefined
  readonly certified: ReadonlyArray<LimitFigures>
  readonly isDone: boolean
  /** Orders of another client that passed. */
  readonly passedForOthers: number
  /** When requests left that were refused. */
  readonly refusedMs: ReadonlyArray<number>
}

export const certificateOf = (records: ReadonlyArray<JournalRecord>): Certificate => {
  const certifier = new Certifier()
  for (const record of records) certifier.line(record)
  return certifier.finish({ isTerminated: true, sha256: "" })
}

/** Why a journal is not certified; undefined where it is. */
export const problemOf = (records: ReadonlyArray<JournalRecord>): string | undefined =>
  certificateOf(records).counterexample?.problem

export const playProgram = (
  world: ProgramWorld,
  { clock, journalled = (record) => record, limitsOf = scopedLimits }: ProgramVariant = {},
): Promise<ProgramPlay> => {
  const { limits, nonces } = world
  const { limit, windowMs } = keyWindowOf(limits)
  const records: Array<JournalRecord> = []
  const seen = { refused: 0, accepted: 0 }
  const refusedMs: Array<number> = []
  const played = Effect.gen(function* () {
    const exchange = yield* makeSimulatedExchange({
      config: { ...exerciseRules, limit, windowMs, nonces },
      limits,
      requestTimeoutMs: Duration.toMillis(DEFAULT_REQUEST_TIMEOUT),
      journey: (n) => world.journeys[n % world.journeys.length] ?? AT_ONCE,
      ...(world.clock === undefined ? {} : { pingJourney: () => world.journeys[0] ?? AT_ONCE }),
      shows: (atMs) => shown(world, atMs),
      tellsCounts: world.others !== undefined,
      onArrival: ({ id, ruling }) => {
        if (ruling === "accepted") seen.accepted += 1
        else {
          seen.refused += 1
          refusedMs.push(records.findLast((record) => record.type === "sent" && record.id === id)?.t ?? 0)
        }
      },
    })
    let passedForOthers = 0
    const { sendMs = [], symbol = "" } = world.others ?? {}
    const others = Effect.forEach(sendMs, (atMs) =>
      Effect.andThen(
        sleepUntil(atMs),
        Effect.sync(() => {
          if (exchange.passesForOthers("key-1", { symbol })) passedForOthers += 1
        }),
      ),
    )
    yield* Effect.forkScoped(others)
    const { exit, summary } = yield* run({
      keys: makeKeys(world.keys),
      seed: 1,
      ttl: undefined,
      limit,
      window: Duration.millis(windowMs),
      limits,
      nonces,
      clock: clock?.(),
      bound: undefined,
      design: { ...ackWindowDesign, limits: limitsOf },
      requestTimeout: DEFAULT_REQUEST_TIMEOUT,
      exchange: "simulated",
      failsUnaccepted: false,
      inWords: () => "failed",
    }).pipe(
      Effect.provideService(ExchangeClient, exchange.client),
      Effect.provideService(OrderSource, sourceOf(world)),
      Effect.provideService(
        Journal,
        unwritten((record) => void records.push(journalled(record))),
      ),
      Effect.provideService(RunProgress, { every: undefined, tell: () => {} }),
    )
    const certificate = certificateOf(records)
    return {
      ...seen,
      problem: certificate.counterexample?.problem,
      records,
      refusedMs,
      passedForOthers,
      told: summary.limits,
      certified: (certificate.limits ?? []).map(({ limit, of, spare }) => ({ limit, of, spare })),
      isDone: Exit.isSuccess(exit),
    }
  })
  return Effect.runPromise(inVirtualTime(Effect.scoped(played)))
}
