/** Limits over several lives: what a former life has sent counts in the next one as the exchange counts it, and hardly longer. */
import { Effect } from "effect"
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import { counterOf } from "../src/exchange/counters/ScopedCounters.ts"
import { longestCountMs, type LimitSpec } from "../src/domain/LimitSpec.ts"
import type { KeyMemory } from "../src/keys/KeyMemory.ts"
import { LimitCosts } from "../src/keys/LimitCosts.ts"
import { scopedLimits } from "../src/limits/scopedLimits.ts"
import {
  countsNothing,
  coversEverything,
  forgetsCosts,
  forgetsFields,
  forgetsTheOpen,
} from "./broken/memories.ts"
import { foundLimitLives } from "./support/found.ts"
import { RUNS, SEED, tryLaw } from "./support/law.ts"
import { specsOf } from "./support/limits/specs.ts"
import { type Lives, manyLives } from "./support/lives.ts"
import { type LivesVariant, playLives } from "./support/playLives.ts"

/** Of short spans, of which all is written ahead, and of long ones. */
const specs = specsOf({
  limit: fc.integer({ min: 2, max: 40 }),
  windowMs: fc.constantFrom(50, 1000, 12_000, 60_000, 600_000),
  decay: fc.constantFrom(0.5, 1, 5),
  decayMs: fc.constantFrom(100, 1000),
})

const params = fc.record({
  symbol: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom("a", "b", "c") },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }).map(String) },
  ),
  cost: fc.constantFrom("0", "1", "1", "1", "2"),
})

const anyWorlds: fc.Arbitrary<Lives> = fc
  .record({
    lives: manyLives,
    limits: fc.array(specs, { minLength: 1, maxLength: 3 }),
    params: fc.array(params, { minLength: 1, maxLength: 40, size: "max" }),
    ttlMs: fc.constantFrom(400, 20_000),
    /** Which key a life has; undefined for all. */
    only: fc.array(fc.constantFrom(undefined, undefined, 0, 1), { minLength: 1, maxLength: 6 }),
  })
  .map(({ lives, only, ...rest }) => ({
    ...lives,
    ...rest,
    lives: lives.lives.map((life, n) => {
      const key = only[n % only.length]
      return key === undefined ? life : { ...life, only: key }
    }),
  }))

/** Whoever sends much at once, and is killed before the next record. */
const hurried = (world: Lives): Lives => ({
  ...world,
  limits: (world.limits ?? []).map((spec) => ({
    ...spec,
    limit: Math.max(20, spec.limit),
    ...(spec.rule === "bucket" ? {} : { windowMs: Math.max(60_000, spec.windowMs) }),
  })),
  lives: world.lives.map((life) => ({
    ...life,
    lastsMs: life.lastsMs % 3000,
    ends: "crash",
    pauseMs: life.pauseMs % 30,
    reboots: false,
    gaps: Array.from({ length: 40 }, () => 0),
    stall: undefined,
  })),
})

/** Some lives have other limits than the exchange, which count what lives send that do not have them. */
const changing = fc
  .record({
    world: fc.oneof(anyWorlds, anyWorlds.map(hurried)),
    others: fc.option(fc.array(specs, { minLength: 1, maxLength: 3 }), { nil: undefined }),
    has: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
  })
  .map(({ has, others, world }): Lives => ({
    ...world,
    others,
    lives: world.lives.map(({ only, ...life }, n) => ({
      ...life,
      hasOthers: only === undefined && has[n % has.length] === true,
    })),
  }))

const worlds = fc.oneof(
  { weight: 2, arbitrary: anyWorlds },
  { weight: 1, arbitrary: anyWorlds.map(hurried) },
  { weight: 2, arbitrary: changing },
)

const remembering = (change: (memory: KeyMemory) => KeyMemory): LivesVariant => ({
  recall: (real) => (key) => Effect.map(real(key), change),
})

/** What is sent and answered, as it happens. */
interface Sent {
  readonly gapMs: number
  readonly cost: number
  readonly roundTripMs: number
  /** After this share of which it arrives. */
  readonly early: number
}

/** When a request that was answered then is taken to have arrived. */
type Broken = (spec: LimitSpec, settledMs: number, roundTripMs: number) => number

interface Spent {
  readonly spec: LimitSpec
  readonly phaseMs: number
  readonly sent: ReadonlyArray<Sent>
}

const PARTS = 32

describe(`limits over lives (seed ${SEED}, ${RUNS} worlds a law)`, () => {
  tryLaw<Lives, LivesVariant>({
    law: "over all lives, crashed or stopped, those with other limits in between, no limit is exceeded in any scope",
    worlds,
    found: foundLimitLives,
    scenarios: 500,
    check: async (world, variant) => {
      const { lawful } = await playLives(world, variant)
      for (const { id, ruling } of lawful)
        assert.notStrictEqual(ruling, "rate-limit", `${id} was over a limit`)
    },
    broken: {
      "a memory without limits": remembering(forgetsCosts),
      "a memory that forgets what may be open": remembering(forgetsTheOpen),
      "a memory that sends on whatever is written ahead": remembering(coversEverything),
      "a memory that counts nothing in limits that its life does not have": {
        recall: (real, hasOthers) => (key) => Effect.map(real(key), hasOthers ? countsNothing : (one) => one),
      },
      "a memory of its own keys alone": { files: { list: Effect.succeed([]) } },
      "a memory that forgets what fields have counters of their own": remembering(forgetsFields),
    },
  })

  tryLaw<Spent, Broken>({
    law: "what is written down of a limit is never less than the exchange counts, and counts at most a 32nd of its time later",
    worlds: fc.record({
      spec: specs.map((spec): LimitSpec => ({ ...spec, scope: "account" })),
      phaseMs: fc.nat(1000),
      sent: fc.array(
        fc.record({
          gapMs: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 700_000 })),
          cost: fc.integer({ min: 1, max: 2 }),
          roundTripMs: fc.integer({ min: 0, max: 200 }),
          early: fc.constantFrom(0, 0.5, 1),
        }),
        { minLength: 1, maxLength: 80, size: "max" },
      ),
    }),
    scenarios: 1000,
    check: async ({ phaseMs, sent, spec }, variant) => {
      const [rule] = scopedLimits([spec])
      assert.isDefined(rule)
      const limit = rule.make()
      const exact = counterOf(spec, phaseMs)
      const costs = new LimitCosts(spec, 1)
      let nowMs = 1_000_000
      for (const { cost, early, gapMs, roundTripMs } of sent) {
        nowMs += gapMs
        if (limit.nextAt(cost, nowMs) > nowMs) continue
        limit.hold(cost, nowMs)
        const settle = costs.hold("", cost, nowMs)
        const atMs = nowMs + early * roundTripMs
        assert.isTrue(exact.pass(cost, atMs))
        nowMs += roundTripMs
        limit.settle(cost, nowMs)
        settle(variant === undefined ? nowMs : variant(spec, nowMs, roundTripMs))
      }
      const next = new LimitCosts(spec, 1)
      const settledMs = (atMs: number) => Math.min(atMs, nowMs)
      const times = { settledMs, levelMs: () => 0, arrivedByMs: nowMs, isUnanswered: false }
      next.inherit([costs.record(false, nowMs, 0)], times)
      // Times do not go back.
      const [recalled, later] = [rule.make(), rule.make()]
      for (const { cost, latestMs } of next.former(0)) {
        recalled.recall(cost, latestMs)
        later.recall(cost, latestMs)
      }
      const part = (1.01 * longestCountMs([spec])) / PARTS + 1
      for (const share of [0, 0.01, 0.1, 0.5, 0.9, 1, 1.5, 1.9]) {
        const atMs = nowMs + share * longestCountMs([spec])
        assert.isAtLeast(recalled.level(atMs) + 1e-6, exact.used(atMs), "it claims less")
        assert.isAtMost(later.level(atMs + part) - 1e-6, limit.level(atMs), "it claims more, and for long")
      }
    },
    broken: {
      "times rounded down": (spec, settledMs) => settledMs - longestCountMs([spec]) / PARTS,
      "send times": (_, settledMs, roundTripMs) => settledMs - roundTripMs,
    },
  })
})
