/** Laws of what a limit carries under overload, for costs of one. */
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import { defaultClockMargin } from "../src/limits/Limit.ts"
import { SlidingLog, windowMarginMs } from "../src/limits/SlidingLog.ts"
import { tryLaw } from "./support/law.ts"
import { type Carried, carry, type Overload, usualRules } from "./support/limits/overload.ts"
import { type Impatience, waitsInVain } from "./support/limits/impatient.ts"
import { type LimitOf, type Rule, rulesOf } from "./support/limits/rules.ts"
import { LARGEST_DRIFT } from "./support/limits/worlds.ts"

/** The share of the ceiling that docs/limits.md promises. */
const promised = ({ isPhaseKnown, type, windowMs }: Rule, { meanReachMs }: Carried): number => {
  if (type === "bucket" || type === "steps" || (type === "fixed" && isPhaseKnown)) return 1
  const ofLog = windowMs / (windowMs + windowMarginMs(windowMs, defaultClockMargin) + meanReachMs)
  return type === "counter" ? (isPhaseKnown ? 0.98 : 0.93) * ofLog : ofLog
}

/** So many windows long, or times that a bucket drains. */
const WINDOWS = 200

const runs: fc.Arbitrary<Overload> = fc.constantFrom(...usualRules.map(([, rule]) => rule)).chain((rule) =>
  fc.record({
    rule: fc.constant(rule),
    longestMs: fc.constantFrom(0, 10, 50),
    boundMs: fc.constantFrom(undefined, 55),
    durationMs: fc.constant(WINDOWS * rule.windowMs),
    drift: fc.constantFrom(0, LARGEST_DRIFT, -LARGEST_DRIFT),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  }),
)

/** Buckets that are just large enough: 2 x the cost and what drains while a request and its answer are on their way. */
const tightBuckets: fc.Arbitrary<Overload> = fc
  .record({ capacity: fc.integer({ min: 3, max: 30 }), longestMs: fc.constantFrom(10, 50, 200) })
  .chain(({ capacity, longestMs }) =>
    fc.record({
      // A client's own margin is a millisecond more.
      rule: fc.constant<Rule>({
        type: "bucket",
        limit: capacity,
        windowMs: Math.ceil(((2 * longestMs + 1) * capacity) / (capacity - 2)),
        phaseMs: 0,
        step: 1,
        unit: 1,
        isPhaseKnown: false,
      }),
      longestMs: fc.constant(longestMs),
      boundMs: fc.constant(undefined),
      durationMs: fc.constant(WINDOWS * 10 * longestMs),
      seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    }),
  )

const carriesIt = async (overload: Overload, variant: LimitOf | undefined): Promise<void> => {
  const carried = carry(variant === undefined ? overload : { ...overload, limitOf: variant })
  assert.equal(carried.refused, 0)
  assert.isAtLeast(carried.share, promised(overload.rule, carried) - 0.01)
}

/** Rules that are known exactly. */
const impatient: fc.Arbitrary<Impatience> = rulesOf("log", "bucket", "fixed").chain((rule) => {
  const delays = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: Math.floor(1.5 * rule.windowMs) }))
  return fc.record({
    rule: fc.constant({ ...rule, isPhaseKnown: true }),
    offsetMs: fc.integer({ min: 0, max: 1000 }),
    requests: fc.array(
      fc.record({
        gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: rule.windowMs })),
        cost: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: rule.limit })),
        onWayMs: delays,
      }),
      { minLength: 2, maxLength: 40, size: "max" },
    ),
  })
})

/** Safe, and a fifth of the window too long. */
const timid: LimitOf = ({ limit, windowMs }) =>
  new SlidingLog({ limit, windowMs: 2 * windowMs, marginMs: 0.2 * windowMs })

describe("a limit under overload", () => {
  tryLaw({
    law: "carries the share that is promised of it, and is refused nothing",
    worlds: runs,
    scenarios: 60,
    check: carriesIt,
    broken: { "a window too long": timid },
  })

  tryLaw({
    law: "carries all, where a bucket holds twice a cost and what drains in the longest delay",
    worlds: tightBuckets,
    scenarios: 30,
    check: carriesIt,
    broken: { "a window too long": timid },
  })

  tryLaw({
    law: "waits only while some delays would have the next request refused",
    worlds: impatient,
    scenarios: 500,
    check: async (world: Impatience, variant: LimitOf | undefined) => {
      assert.equal(waitsInVain(world, variant), 0)
    },
    broken: { "a window too long": timid },
  })
})
