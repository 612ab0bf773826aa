/**
 * Long runs: the same world played on and on, and what is alive of it in memory now and then. A run is at rest when
 * it is looked at, so what is alive then is what it keeps.
 */
import process from "node:process"
import { queryObjects } from "node:v8"
import { Effect } from "effect"
import * as fc from "fast-check"
import { invariant } from "../../src/platform/invariant.ts"
import { playVirtual } from "../../test/support/virtualTime.ts"
import { hostileClock } from "../../test/support/hostileClock.ts"
import { order } from "../../test/support/rig.ts"
import { aftermath, makeWorld, type Variant } from "./play.ts"
import { everyGateScenarios, type Scenario, uneventful } from "./scenario.ts"

const CAPACITY = 20
const TEN_DAYS_MS = 864_000_000

/** What is alive after a garbage collection. */
interface Alive {
  /** Objects and functions of every kind: the same in every run, but for a few of the machine's own. */
  readonly objects: number
  readonly bytes: number
}

export const alive = (): Alive => {
  const { gc } = globalThis
  invariant(gc !== undefined, "node runs with --expose-gc")
  const objects = Number(queryObjects(Object))
  gc()
  return { objects, bytes: process.memoryUsage().heapUsed }
}

/** Worlds that go on: nothing stops them, and the exchange blocks no key. */
export const longRuns: fc.Arbitrary<Scenario> = fc
  .record({ scenario: everyGateScenarios(80), forDays: fc.boolean() })
  .map(({ forDays, scenario }) => ({
    ...scenario,
    // What waits for an order's end of days must go with the order.
    ttlMs: forDays ? TEN_DAYS_MS : scenario.ttlMs,
    keyLosses: [],
    stopAtMs: undefined,
  }))

/** The exercise's world, with some losses. */
export const exercise: Scenario = {
  ...uneventful,
  keys: 5,
  limit: 20,
  windowMs: 1000,
  ttlMs: 1000,
  gaps: [0, 20, 10, 5, 17],
  journeys: [
    { incomingMs: 0, outgoingMs: 50 },
    { incomingMs: 50, outgoingMs: 0 },
    { incomingMs: 20, outgoingMs: 30 },
    { incomingMs: 50, outgoingMs: 50, fate: "lost-on-the-way-out" },
    ...Array.from({ length: 60 }, (_, n) => ({ incomingMs: n % 50, outgoingMs: (7 * n) % 50 })),
  ],
}

/** How many orders there are before the first look, and between two looks. */
export interface Length {
  readonly first: number
  readonly more: number
}

/** What a run has come to keep in memory between two looks. */
export type Growth = Alive

/** A pool or a cache may fill once, in whatever stretch; what grows with the run grows in each. */
const MOST_STRETCHES = 3

/** Plays on, stretch after stretch, while the growth in the last one is too much. */
export const playLong = (
  scenario: Scenario,
  { first, more }: Length,
  isTooMuch: (growth: Growth) => boolean,
  variant: Variant = {},
): Promise<Growth> => {
  const { gaps } = scenario
  const program = Effect.gen(function* () {
    const options = { blockAfter: Number.POSITIVE_INFINITY, dispatcher: { capacity: CAPACITY } }
    const { rig } = yield* hostileClock(makeWorld(scenario, variant, options), scenario)
    let count = 0
    const one = Effect.gen(function* () {
      yield* Effect.sleep(gaps[count % gaps.length] ?? 0)
      yield* rig.dispatcher.enqueue(order(count++))
      rig.forget()
    })
    const keptAfter = Effect.fnUntraced(function* (orders: number) {
      yield* Effect.replicateEffect(one, orders, { discard: true })
      yield* rig.dispatcher.drained
      yield* Effect.sleep(aftermath(scenario))
      rig.forget()
      return alive()
    })
    let before = yield* keptAfter(first)
    for (let stretch = 1; ; stretch++) {
      const after = yield* keptAfter(more)
      const growth = { objects: after.objects - before.objects, bytes: after.bytes - before.bytes }
      if (stretch === MOST_STRETCHES || !isTooMuch(growth)) return growth
      before = after
    }
  })
  return playVirtual(program)
}
