/** The whole program in virtual time before an exchange that counts by a list of limits, and what its journal proves. */
import { Duration, Effect, Exit, Result, Stream } from "effect"
import * as fc from "fast-check"
import { Certifier } from "../../../src/certificate/Certifier.ts"
import { DEFAULT_REQUEST_TIMEOUT } from "../../../src/dispatch/requestTimeout.ts"
import { keyWindowOf, type LimitSpec, type Nonces } from "../../../src/domain/LimitSpec.ts"
import { MadeOrder } from "../../../src/domain/Order.ts"
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
import { limitLists } from "./specs.ts"

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
}

export const playProgram = (
  world: ProgramWorld,
  limitsOf: NonNullable<Design["limits"]> = scopedLimits,
): Promise<ProgramPlay> => {
  const { limits, nonces } = world
  const { limit, windowMs } = keyWindowOf(limits)
  const records: Array<JournalRecord> = []
  const certifier = new Certifier()
  const seen = { refused: 0, accepted: 0 }
  const played = Effect.gen(function* () {
    const exchange = yield* makeSimulatedExchange({
      config: { ...exerciseRules, limit, windowMs, nonces },
      limits,
      requestTimeoutMs: Duration.toMillis(DEFAULT_REQUEST_TIMEOUT),
      journey: (n) => world.journeys[n % world.journeys.length] ?? { incomingMs: 0, outgoingMs: 0 },
      onArrival: ({ ruling }) => {
        if (ruling === "accepted") seen.accepted += 1
        else seen.refused += 1
      },
    })
    const { exit, summary } = yield* run({
      keys: makeKeys(world.keys),
      seed: 1,
      ttl: undefined,
      limit,
      window: Duration.millis(windowMs),
      limits,
      nonces,
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
        unwritten((record) => void records.push(record)),
      ),
      Effect.provideService(RunProgress, { every: undefined, tell: () => {} }),
    )
    for (const record of records) certifier.line(record)
    const certificate = certifier.finish({ isTerminated: true, sha256: "" })
    return {
      ...seen,
      problem: certificate.counterexample?.problem,
      records,
      told: summary.limits,
      certified: (certificate.limits ?? []).map(({ limit, of, spare }) => ({ limit, of, spare })),
      isDone: Exit.isSuccess(exit),
    }
  })
  return Effect.runPromise(inVirtualTime(Effect.scoped(played)))
}
