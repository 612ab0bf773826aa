/** A key that is begun again after a clean stop waits for no more than the window needs, and for no less. */
import { Duration, Effect, Exit, Scope } from "effect"
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import type { KeyMemory } from "../src/keys/KeyMemory.ts"
import { defaultMargin } from "../src/limits/AckWindow.ts"
import type { Arrival } from "../src/simulation/SimulatedExchange.ts"
import { claimOn, makeDisk } from "../test/keys/support.ts"
import { hostileClock } from "../test/support/hostileClock.ts"
import { makeKeys, makeRig, order } from "../test/support/rig.ts"
import { playVirtual } from "../test/support/virtualTime.ts"
import { waitsForTheLast } from "./broken/memories.ts"
import { RUNS, SEED, tryLaw } from "./support/law.ts"

interface World {
  readonly limit: number
  readonly windowMs: number
  /** Of each life: its orders, made at once; and how long after they are done the next one begins. */
  readonly lives: ReadonlyArray<{ readonly orders: number; readonly pauseMs: number }>
  readonly delays: ReadonlyArray<{ readonly incomingMs: number; readonly outgoingMs: number }>
  readonly boundMs: number | undefined
  readonly steps: ReadonlyArray<{ readonly atMs: number; readonly byMs: number }>
}

const worlds: fc.Arbitrary<World> = fc.record({
  limit: fc.integer({ min: 1, max: 30 }),
  windowMs: fc.constantFrom(1000, 10_000, 3_600_000),
  lives: fc.array(
    fc.record({
      orders: fc.integer({ min: 0, max: 40 }),
      pauseMs: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 4_000_000 })),
    }),
    { minLength: 2, maxLength: 4 },
  ),
  delays: fc.array(
    fc.record({ incomingMs: fc.integer({ min: 0, max: 50 }), outgoingMs: fc.integer({ min: 0, max: 50 }) }),
    { minLength: 1, maxLength: 8 },
  ),
  boundMs: fc.constantFrom(55, undefined),
  steps: fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: 10_000_000 }),
      byMs: fc.constantFrom(-3_600_000, 3_600_000),
    }),
    { maxLength: 2 },
  ),
})

/** A pace, a way there and back, and a timer's rest. */
const TURN_MS = 135

/** By when the order may arrive at the latest, where so many were before it: once the one `limit` places before has left the window. */
const dueMs = (
  arrivals: ReadonlyArray<number>,
  n: number,
  startMs: number,
  { limit, windowMs }: World,
): number => {
  const before = arrivals[n - limit]
  const marginMs = Duration.toMillis(defaultMargin(Duration.millis(windowMs)))
  const freeMs = before === undefined ? startMs : before + windowMs + marginMs
  return Math.max(startMs, freeMs, arrivals[n - 1] ?? startMs) + TURN_MS
}

const play = (world: World, change: (memory: KeyMemory) => KeyMemory) =>
  Effect.gen(function* () {
    const { boundMs, delays, limit, windowMs } = world
    const disk = makeDisk()
    const arrivals: Array<number> = []
    const window = Duration.millis(windowMs)
    const options = {
      keys: makeKeys(1),
      limit,
      windowMs: Duration.toMillis(Duration.sum(window, defaultMargin(window))),
      reach: { boundMs, requestTimeoutMs: 5000 },
    }
    for (const { orders, pauseMs } of world.lives) {
      const scope = yield* Scope.make()
      const { recall } = yield* Scope.provide(claimOn(disk, {}, options), scope)
      const rig = yield* Scope.provide(
        makeRig({
          config: { limit, windowMs, blockAfter: 1000 },
          boundMs,
          ttlMs: undefined,
          journey: (n) => delays[n % delays.length] ?? { incomingMs: 0, outgoingMs: 0 },
          dispatcher: { recall: (key) => Effect.map(recall(key), change) },
        }),
        scope,
      )
      for (let n = 0; n < orders; n++) yield* Effect.ignore(rig.dispatcher.enqueue(order(n)))
      yield* rig.dispatcher.drained
      yield* Scope.close(scope, Exit.void)
      for (const { atMs } of rig.exchange.arrivals.toSorted(
        (one: Arrival, other: Arrival) => one.atMs - other.atMs,
      )) {
        const due = dueMs(arrivals, arrivals.length, rig.startMs, world)
        assert.isAtMost(atMs, due, "it waited for more than the window needs")
        const before = arrivals[arrivals.length - limit]
        if (before !== undefined) assert.isAbove(atMs, before + windowMs, "a window is exceeded")
        arrivals.push(atMs)
      }
      yield* Effect.sleep(Duration.millis(pauseMs))
    }
  })

describe(`clean restarts (seed ${SEED}, ${RUNS} worlds a law)`, () => {
  tryLaw<World, (memory: KeyMemory) => KeyMemory>({
    law: "after clean stops a key waits until the window has room for its next request, and no longer",
    worlds,
    check: (world, change = (memory) => memory) => playVirtual(hostileClock(play(world, change), world)),
    broken: {
      "a memory that waits for the last of them": waitsForTheLast,
      "a gate that begins with all permits": (memory) => ({
        ...memory,
        outUntilMs: [],
        quietUntilMs: Number.NEGATIVE_INFINITY,
      }),
    },
  })
})
