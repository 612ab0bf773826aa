/**
 * Generated worlds: arrivals with bursts, gaps and overload, delays of any size each way, alone and together,
 * losses, keys lost in mid-run, clocks that step, timers that fire early, stops at any moment. Shrinks towards few
 * orders, one key and an uneventful network.
 */
import * as fc from "fast-check"
import type { LimitSpec, Nonces } from "../../src/domain/LimitSpec.ts"
import type { OrderParams } from "../../src/domain/Order.ts"
import type { Journey } from "../../src/simulation/SimulatedExchange.ts"
import { journeys, settledAfterBreak, type Stall, stalls } from "./journeys.ts"

/** A key that goes out of service, whatever its lane does. */
export interface KeyLoss {
  /** Counted from 1. Where there is no such key, nothing happens. */
  readonly key: number
  /** Milliseconds from the start. */
  readonly atMs: number
  readonly how: "blocked" | "unknown"
}

export interface Scenario {
  readonly gate: string
  readonly keys: number
  readonly limit: number
  readonly windowMs: number
  /** What the client knows of the incoming delay, in milliseconds; undefined when it knows nothing. */
  readonly boundMs: number | undefined
  readonly ttlMs: number | undefined
  readonly requestTimeoutMs: number
  /** Milliseconds between one order and the next. */
  readonly gaps: ReadonlyArray<number>
  /** How old orders are when they are handed over, in turn: one may be older than the one before it. */
  readonly agesMs: ReadonlyArray<number>
  /** Journeys of requests, in turn. */
  readonly journeys: ReadonlyArray<Journey>
  readonly stalls: ReadonlyArray<Stall>
  readonly keyLosses: ReadonlyArray<KeyLoss>
  /** How early timers may fire. */
  readonly earlyMs: number
  /** Steps of the wall clock. */
  readonly steps: ReadonlyArray<{ readonly atMs: number; readonly byMs: number }>
  /** When the dispatcher is stopped; undefined when it runs to the end. */
  readonly stopAtMs: number | undefined
  /** Limits in place of a key's window, and what orders say to them, in turn. */
  readonly joined?: Joined
}

/** What a scenario says where nothing happens but orders and answers: one key, and no order is ever too old. */
export const uneventful = {
  gate: "ack-window",
  keys: 1,
  boundMs: 55,
  ttlMs: undefined,
  requestTimeoutMs: 3000,
  agesMs: [0],
  stalls: [],
  keyLosses: [],
  earlyMs: 0,
  steps: [],
  stopAtMs: undefined,
} as const satisfies Partial<Scenario>

export interface Joined {
  readonly limits: ReadonlyArray<LimitSpec>
  readonly nonces: Nonces
  readonly params: ReadonlyArray<OrderParams>
}

/** With a known bound no request takes longer to arrive than this; the rest of the bound is its margin. */
const BOUND_MS = 55
const LONGEST_INCOMING_MS = 50
/** With a known bound the exchange stands still no longer than this, which with a journey makes the bound. */
const BOUNDED_STALL_MS = 5
/** Without one it may stand still for longer than any request is awaited. */
const LONGEST_STALL_MS = 15_000

const gap = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 30 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 1500 }) },
)

const gaps = (maxLength: number): fc.Arbitrary<ReadonlyArray<number>> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.array(gap, { minLength: 1, maxLength, size: "max" }) },
    // Enough to fill the largest windows.
    { weight: 1, arbitrary: fc.array(gap, { minLength: 1, maxLength: 3 * maxLength, size: "max" }) },
    // All at once.
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: maxLength }).map((n) => Array.from({ length: n }, () => 0)),
    },
  )

const agesMs: fc.Arbitrary<ReadonlyArray<number>> = fc.oneof(
  { weight: 4, arbitrary: fc.constant([0]) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 0, max: 1500 }), { minLength: 1, maxLength: 20 }) },
)

// Small worlds are where laws break in ways that one can follow, so most are small.
const keys = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 50 }) },
)
const limits = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(20, 1, 2, 5) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 50 }) },
)
const windowsMs = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(1000, 100, 50, 10) },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 1000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1000, max: 60_000 }) },
)
const timesToLiveMs = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.constant(1000) },
  { weight: 2, arbitrary: fc.constantFrom(100, 1) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 60_000 }) },
)
const someKeyLosses: fc.Arbitrary<ReadonlyArray<KeyLoss>> = fc.array(
  fc.record({
    key: fc.integer({ min: 1, max: 3 }),
    atMs: fc.integer({ min: 0, max: 2000 }),
    how: fc.constantFrom("blocked" as const, "unknown" as const),
  }),
  { minLength: 1, maxLength: 3 },
)
const keyLosses: fc.Arbitrary<ReadonlyArray<KeyLoss>> = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: someKeyLosses },
)

const worlds = (maxOrders: number, bounds: fc.Arbitrary<boolean>): fc.Arbitrary<Scenario> =>
  fc
    .record({
      requestTimeoutMs: fc.constantFrom(3000, 500, 10_000),
      knowsBound: bounds,
    })
    .chain(({ requestTimeoutMs, knowsBound }) => {
      // Whatever was given up has arrived by then, unless the exchange stands still, or its connection broke.
      const longestIncomingMs = knowsBound ? LONGEST_INCOMING_MS : requestTimeoutMs
      return fc.record({
        gate: fc.constant("ack-window"),
        keys,
        limit: limits,
        windowMs: windowsMs,
        boundMs: fc.constant(knowsBound ? BOUND_MS : undefined),
        ttlMs: timesToLiveMs,
        requestTimeoutMs: fc.constant(requestTimeoutMs),
        gaps: gaps(maxOrders),
        agesMs,
        journeys: journeys(longestIncomingMs),
        stalls: stalls(knowsBound ? BOUNDED_STALL_MS : LONGEST_STALL_MS),
        keyLosses,
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
      })
    })
    .map((scenario) =>
      scenario.boundMs === undefined
        ? { ...scenario, journeys: scenario.journeys.map(settledAfterBreak(scenario.stalls)) }
        : scenario,
    )

/** Worlds with up to this many orders, before the default gate. */
export const scenarios = (maxOrders: number): fc.Arbitrary<Scenario> => worlds(maxOrders, fc.boolean())

/** The same, with nothing known of delays, which may be many windows long. */
export const unboundedScenarios = (maxOrders: number): fc.Arbitrary<Scenario> =>
  worlds(maxOrders, fc.constant(false))

/** The same with several keys, of which some are lost. */
export const losingScenarios = (maxOrders: number): fc.Arbitrary<Scenario> =>
  fc
    .record({ scenario: scenarios(maxOrders), losses: someKeyLosses, more: fc.integer({ min: 2, max: 5 }) })
    .map(({ losses, more, scenario }) => ({
      ...scenario,
      keys: Math.max(scenario.keys, more),
      keyLosses: losses,
    }))

const gates = fc.constantFrom(
  "ack-window",
  "thread-slots",
  "token-bucket",
  "fixed-window",
  "polling",
  "shifted:10",
  "shifted:25",
)

/** A gate that polls every millisecond makes a long wait dear, in virtual time too. */
const affordable = (scenario: Scenario): Scenario =>
  scenario.gate === "polling" || scenario.gate.startsWith("shifted:")
    ? {
        ...scenario,
        keys: Math.min(scenario.keys, 3),
        windowMs: Math.min(scenario.windowMs, 1000, 50 * scenario.limit),
      }
    : scenario

/** Any gate's worlds. */
export const everyGateScenarios = (maxOrders: number): fc.Arbitrary<Scenario> =>
  fc.tuple(scenarios(maxOrders), gates).map(([scenario, gate]) => affordable({ ...scenario, gate }))

/** The longest time to arrive that leaves every answer in time. */
const CALM_INCOMING_MS = 900
const CALM_STALL_MS = 5

/** Worlds without losses, in which every request is answered in time; timers are true and nothing stops it. */
export const calmScenarios = (maxOrders: number): fc.Arbitrary<Scenario> =>
  scenarios(maxOrders).map((scenario) => ({
    ...scenario,
    agesMs: [0],
    requestTimeoutMs: 3000,
    earlyMs: 0,
    stopAtMs: undefined,
    stalls: scenario.stalls.map(({ fromMs, toMs }) => ({
      fromMs,
      toMs: Math.min(toMs, fromMs + CALM_STALL_MS),
    })),
    // Nothing speaks against the bound.
    journeys: scenario.journeys.map(({ incomingMs, outgoingMs, writeMs }) => ({
      incomingMs: Math.min(incomingMs, CALM_INCOMING_MS),
      outgoingMs: scenario.boundMs === undefined ? outgoingMs : Math.min(outgoingMs, scenario.boundMs),
      // An order whose time runs out while it connects is given up, and its key was not idle: another matter.
      ...(writeMs === undefined || scenario.ttlMs !== undefined ? {} : { writeMs }),
    })),
  }))
