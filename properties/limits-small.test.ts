/** Small worlds of limits, all of them; and worlds that are bent towards a refusal, step by step. */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { tryLaw } from "./support/law.ts"
import { variants } from "./support/limits/broken.ts"
import { play, type PlayOptions } from "./support/limits/play.ts"
import { allTypes, type Rule, type RuleType } from "./support/limits/rules.ts"
import { type Request, type World, worldsOf } from "./support/limits/worlds.ts"

const REQUESTS = 5
const WINDOW_MS = 12
/** On their way for so long, from none to more than a window. */
const GRID = [0, 4, 8, 12, 16]

const smallWorld = (
  type: RuleType,
  isPhaseKnown: boolean,
  delays: ReadonlyArray<number>,
  backMs: number,
): World => ({
  rules: [{ type, limit: 2, windowMs: WINDOW_MS, phaseMs: 0, step: 1, unit: 1, isPhaseKnown }],
  boundMs: undefined,
  slackMs: 0,
  offsetMs: 7,
  drift: 0,
  resolutionMs: 1,
  leaseMs: 0,
  former: [],
  requests: delays.map((onWayMs): Request => ({
    fate: "answered",
    onWayMs,
    backMs,
    stampedAt: 0,
    gapMs: 0,
    share: 0,
    actualShare: 1,
  })),
})

const vectorsOf = (length: number): ReadonlyArray<ReadonlyArray<number>> =>
  length === 0 ? [[]] : vectorsOf(length - 1).flatMap((vector) => GRID.map((delay) => [...vector, delay]))

const refusedIn = (type: RuleType, options: PlayOptions): number => {
  let refused = 0
  for (const isPhaseKnown of type === "fixed" || type === "counter" ? [false, true] : [false])
    for (const backMs of [0, 3])
      for (const delays of vectorsOf(REQUESTS))
        refused += play(smallWorld(type, isPhaseKnown, delays, backMs), options).refused
  return refused
}

/** So many times a world is changed. */
const CLIMBS = 40

/** A change of one request. */
interface Bend {
  readonly index: number
  readonly onWayMs: number
  readonly backMs: number
  readonly gapShare: number
}

interface Climb {
  readonly world: World
  readonly bends: ReadonlyArray<Bend>
}

const bent = (world: World, { backMs, gapShare, index, onWayMs }: Bend): World => {
  const chosen = index % world.requests.length
  const windowMs = Math.max(...world.rules.map((rule: Rule) => rule.windowMs))
  return {
    ...world,
    requests: world.requests.map((request, at) =>
      at === chosen
        ? { ...request, onWayMs: onWayMs * windowMs, backMs: backMs * windowMs, gapMs: gapShare * windowMs }
        : request,
    ),
  }
}

const climbs: fc.Arbitrary<Climb> = fc.record({
  world: worldsOf({ types: allTypes }),
  bends: fc.array(
    fc.record({
      index: fc.nat({ max: 1000 }),
      onWayMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1.5, noNaN: true })),
      backMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.5, noNaN: true })),
      gapShare: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1.5, noNaN: true })),
    }),
    { minLength: CLIMBS, maxLength: CLIMBS, size: "max" },
  ),
})

/** Keeps each change after which the exchange is no further from a refusal. */
const climbsInVain = async ({ bends, world }: Climb, variant: PlayOptions | undefined): Promise<void> => {
  let best = world
  let height = play(world, variant).pressure
  for (const bend of bends) {
    const next = bent(best, bend)
    const { pressure, refused } = play(next, variant)
    assert.equal(refused, 0, JSON.stringify(next))
    if (pressure >= height) [best, height] = [next, pressure]
  }
}

describe("a limit in all small worlds", () => {
  for (const type of allTypes) {
    it(`is never exceeded by five requests, whatever their delays on a grid: ${type}`, () => {
      assert.equal(refusedIn(type, {}), 0)
    })
    it(`is never exceeded by five requests, whatever their delays on a grid: ${type}: catches send times`, () => {
      assert.isAbove(refusedIn(type, variants.bySendTime), 0)
    })
  }
})

describe("a limit that is climbed", () => {
  tryLaw({
    law: "is never exceeded by delays that are bent towards a refusal",
    worlds: climbs,
    scenarios: 100,
    check: climbsInVain,
    broken: { "no margin": variants.withoutMargin, "a bucket that drains evenly": variants.evenly },
  })
})
