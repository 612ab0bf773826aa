/**
 * Worlds in which a client lives more than once: it crashes or is stopped at any moment and begins again after any pause,
 * on the same exchange and with what is left of its journals and its keys' state. The disk takes its time, and a crash
 * cuts what it was doing.
 */
import * as fc from "fast-check"
import type { LimitSpec } from "../../src/domain/LimitSpec.ts"
import type { OrderParams } from "../../src/domain/Order.ts"
import type { Journey } from "../../src/simulation/SimulatedExchange.ts"
import { journeys, settledAfterBreak } from "./journeys.ts"
import type { DiskTime } from "./lifeDisk.ts"

/** One life, from its start to the start of the next. Times in milliseconds. */
export interface Life {
  readonly lastsMs: number
  /** One that is killed while it stops has this long for it. */
  readonly ends: "crash" | "stop" | { readonly killedAfterMs: number }
  /** How much of the journal's write that was under way in a crash is there, from 0 to 1. */
  readonly torn: number
  readonly pauseMs: number
  /** The machine is booted again before the next. */
  readonly reboots: boolean
  /** The only key that it has, by its place; all of them unless given. */
  readonly only?: number
  /** It has other limits than those of the exchange. */
  readonly hasOthers?: boolean
  /** What it knows of the exchange. It may be more careful than it had to be. */
  readonly boundMs: number | undefined
  readonly windowMs: number
  /** Between one order and the next. */
  readonly gaps: ReadonlyArray<number>
  /**
   * From then on, counted from its start, the disk of the keys' state stands still for so long; the journal may be on the
   * same one.
   */
  readonly stall:
    { readonly fromMs: number; readonly forMs: number; readonly journalToo: boolean } | undefined
}

export interface Lives {
  /** All limits, where a key's window is not all; and what orders count in them, in turn. */
  readonly limits?: ReadonlyArray<LimitSpec>
  readonly params?: ReadonlyArray<OrderParams>
  /** What lives have that have others; a key's window alone where it is left out. */
  readonly others?: ReadonlyArray<LimitSpec> | undefined
  readonly keys: number
  readonly limit: number
  readonly windowMs: number
  readonly ttlMs: number | undefined
  readonly requestTimeoutMs: number
  readonly journeys: ReadonlyArray<Journey>
  /** The disk's times for writes, in turn: of keys' state, and of the journal. */
  readonly stateDisk: ReadonlyArray<DiskTime>
  readonly journalDisk: ReadonlyArray<DiskTime>
  /** One life after another; what follows them is a last life that runs to its end. */
  readonly lives: ReadonlyArray<Life>
  /** Whether the exchange answers pings; if not, time alone tells what has arrived. */
  readonly pings: boolean
  readonly earlyMs: number
  readonly steps: ReadonlyArray<{ readonly atMs: number; readonly byMs: number }>
}

const BOUND_MS = 55
const LONGEST_INCOMING_MS = 50

const diskTimes = (seldom: number): fc.Arbitrary<ReadonlyArray<DiskTime>> =>
  fc.array(
    fc.record({
      writeMs: fc.oneof(
        { weight: seldom, arbitrary: fc.constantFrom(0, 0.1, 1, 20) },
        { weight: 1, arbitrary: fc.integer({ min: 20, max: 3000 }) },
      ),
      answerMs: fc.oneof(
        { weight: 1, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 20 }) },
      ),
    }),
    { minLength: 1, maxLength: 10 },
  )

const stalls: fc.Arbitrary<Life["stall"]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({
      fromMs: fc.integer({ min: 0, max: 6000 }),
      forMs: fc.integer({ min: 0, max: 40_000 }),
      journalToo: fc.boolean(),
    }),
  },
)

const life = (windowMs: number, knowsBound: boolean): fc.Arbitrary<Life> =>
  fc.record({
    lastsMs: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 2 * windowMs + 100 }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
    ),
    ends: fc.oneof(
      { weight: 4, arbitrary: fc.constant("crash" as const) },
      { weight: 2, arbitrary: fc.constant("stop" as const) },
      { weight: 1, arbitrary: fc.record({ killedAfterMs: fc.nat(200) }) },
    ),
    torn: fc.double({ min: 0, max: 1, noNaN: true }),
    pauseMs: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 30 }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 2000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
    ),
    reboots: fc.oneof(
      { weight: 6, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    boundMs: knowsBound ? fc.constantFrom(BOUND_MS, BOUND_MS, undefined) : fc.constant(undefined),
    windowMs: fc.constantFrom(windowMs, windowMs, 2 * windowMs),
    gaps: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })), {
      minLength: 1,
      maxLength: 40,
    }),
    stall: stalls,
  })

/** What the exchange refuses by a status without meaning, having executed it, is its own affair. */
const meaningful = (journey: Journey): Journey =>
  typeof journey.fate === "object" && "status" in journey.fate && journey.fate.status < 500
    ? { ...journey, fate: { status: 503 } }
    : journey

export const manyLives: fc.Arbitrary<Lives> = fc
  .record({
    windowMs: fc.constantFrom(1000, 100, 50),
    requestTimeoutMs: fc.constantFrom(500, 3000),
    knowsBound: fc.boolean(),
  })
  .chain(({ knowsBound, requestTimeoutMs, windowMs }) =>
    fc.record({
      keys: fc.constantFrom(1, 1, 2),
      limit: fc.constantFrom(1, 2, 5, 20),
      windowMs: fc.constant(windowMs),
      requestTimeoutMs: fc.constant(requestTimeoutMs),
      ttlMs: fc.constantFrom(undefined, undefined, 400, 50),
      journeys: journeys(knowsBound ? LONGEST_INCOMING_MS : requestTimeoutMs).map((all) =>
        all.map((journey) => settledAfterBreak([])(meaningful(journey))),
      ),
      stateDisk: diskTimes(6),
      // Everything waits for the journal.
      journalDisk: diskTimes(30),
      lives: fc.array(life(windowMs, knowsBound), { minLength: 2, maxLength: 6 }),
      pings: fc.boolean(),
      earlyMs: fc.constantFrom(0, 1, 5),
      steps: fc.array(
        fc.record({
          atMs: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 60_000 })),
          byMs: fc.constantFrom(-3_600_000, -10, 10, 3_600_000),
        }),
        { maxLength: 3 },
      ),
    }),
  )

/** The same, where every life lasts long enough for its lease to run out while the disk stands still. */
export const stalledLives: fc.Arbitrary<Lives> = manyLives.map((world) => ({
  ...world,
  limit: Math.min(world.limit, 2),
  lives: world.lives.map((life, n) => ({
    ...life,
    ends: "crash" as const,
    lastsMs: 12_000 + (life.lastsMs % 20_000),
    pauseMs: life.pauseMs % 30,
    stall: n % 2 === 0 ? { fromMs: 1000, forMs: 60_000, journalToo: false } : undefined,
  })),
}))
