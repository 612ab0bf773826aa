/**
 * Generated worlds: arrivals with bursts and gaps, delays of any size each way, losses, clocks that step,
 * timers that fire early, stops at any moment. Shrinks towards few orders, one key and an uneventful network.
 */
import * as fc from "fast-check"
import type { Journey } from "../../src/simulation/SimulatedExchange.ts"

export interface Scenario {
  readonly keys: number
  readonly limit: number
  readonly windowMs: number
  /** What the client knows of the incoming delay, in milliseconds; undefined when it knows nothing. */
  readonly boundMs: number | undefined
  readonly ttlMs: number | undefined
  readonly requestTimeoutMs: number
  /** Milliseconds between one order and the next. */
  readonly gaps: ReadonlyArray<number>
  /** Journeys of requests, in turn. */
  readonly journeys: ReadonlyArray<Journey>
  /** How early timers may fire. */
  readonly earlyMs: number
  /** Steps of the wall clock. */
  readonly steps: ReadonlyArray<{ readonly atMs: number; readonly byMs: number }>
  /** When the dispatcher is stopped; undefined when it runs to the end. */
  readonly stopAtMs: number | undefined
}

/** With a known bound no request takes longer to arrive than this; the rest of the bound is its margin. */
const BOUND_MS = 55
const LONGEST_INCOMING_MS = 50

const journeys = (longestIncomingMs: number): fc.Arbitrary<Journey> => {
  // The extremes are what breaks a limiter, so they come up often.
  const incomingMs = fc.oneof(
    fc.constantFrom(0, longestIncomingMs),
    fc.integer({ min: 0, max: longestIncomingMs }),
  )
  const outgoingMs = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 50 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  )
  const writeMs = fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 }) },
  )
  const fate: fc.Arbitrary<Pick<Journey, "fate">> = fc.oneof(
    { weight: 16, arbitrary: fc.constant({}) },
    {
      weight: 4,
      arbitrary: fc.record({
        fate: fc.oneof(
          fc.constantFrom(
            "refused-connection" as const,
            "lost-on-the-way-in" as const,
            "lost-on-the-way-out" as const,
            "garbled" as const,
          ),
          fc.record({ brokenAfterMs: fc.integer({ min: 0, max: 100 }) }),
          fc.record({ status: fc.constantFrom(404, 500, 503) }),
        ),
      }),
    },
  )
  return fc
    .record({ incomingMs, outgoingMs, writeMs, fate })
    .map(({ fate: befallen, ...journey }) => ({ ...journey, ...befallen }))
}

const gaps = (maxLength: number): fc.Arbitrary<ReadonlyArray<number>> =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 30 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 1500 }) },
    ),
    { minLength: 1, maxLength, size: "max" },
  )

/** Worlds with up to this many orders. */
export const scenarios = (maxOrders: number): fc.Arbitrary<Scenario> =>
  fc
    .record({
      requestTimeoutMs: fc.constantFrom(3000, 500),
      knowsBound: fc.boolean(),
    })
    .chain(({ requestTimeoutMs, knowsBound }) =>
      fc.record({
        keys: fc.integer({ min: 1, max: 3 }),
        limit: fc.constantFrom(20, 1, 2, 5),
        windowMs: fc.constantFrom(1000, 100, 50),
        boundMs: fc.constant(knowsBound ? BOUND_MS : undefined),
        ttlMs: fc.oneof(
          { weight: 4, arbitrary: fc.constant(undefined) },
          { weight: 3, arbitrary: fc.constant(1000) },
          { weight: 2, arbitrary: fc.constantFrom(100, 1) },
        ),
        requestTimeoutMs: fc.constant(requestTimeoutMs),
        gaps: gaps(maxOrders),
        // What was lost may arrive as late as a request timeout after it was given up, and no later.
        journeys: fc
          .array(journeys(knowsBound ? LONGEST_INCOMING_MS : requestTimeoutMs), {
            minLength: 1,
            maxLength: 40,
            size: "max",
          })
          // Behind an exchange that never lets anyone in, an order without a time to live waits for ever.
          .filter((all) => all.some(({ fate }) => fate !== "refused-connection")),
        earlyMs: fc.constantFrom(0, 1, 5),
        steps: fc.array(
          fc.record({
            atMs: fc.integer({ min: 0, max: 5000 }),
            byMs: fc.constantFrom(-3_600_000, -10, 10, 3_600_000),
          }),
          { maxLength: 2 },
        ),
        stopAtMs: fc.oneof(
          { weight: 4, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.integer({ min: 0, max: 3000 }) },
        ),
      }),
    )

/** The same without losses, in which every request is answered in time; timers are true and nothing stops it. */
export const calmScenarios = (maxOrders: number): fc.Arbitrary<Scenario> =>
  scenarios(maxOrders).map((scenario) => ({
    ...scenario,
    requestTimeoutMs: 3000,
    earlyMs: 0,
    stopAtMs: undefined,
    journeys: scenario.journeys.map(({ incomingMs, outgoingMs, writeMs }) => ({
      incomingMs: Math.min(incomingMs, 900),
      outgoingMs,
      // An order whose time runs out while it connects is given up, and its key was not idle: another matter.
      ...(writeMs === undefined || scenario.ttlMs !== undefined ? {} : { writeMs }),
    })),
  }))
