import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Result } from "effect"
import { Journal, unwritten } from "../../src/journal/Journal.ts"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { parseDesign } from "../../src/simulation/baselines/designs.ts"
import { parseDelay, showDelay } from "../../src/simulation/Delay.ts"
import { simulate, type SimulationSettings } from "../../src/simulation/Simulation.ts"
import { exerciseSettings } from "./settings.ts"

const run = (changes: Partial<SimulationSettings> = {}) =>
  Effect.gen(function* () {
    const journal: Array<JournalRecord> = []
    const report = yield* Effect.provideService(
      simulate({ ...exerciseSettings, ...changes }),
      Journal,
      unwritten((record) => void journal.push(record)),
    )
    return { ...report, journal }
  })

/** The journal without what tells the time of day. */
const withoutWallClock = (journal: ReadonlyArray<JournalRecord>) =>
  JSON.stringify(journal.map((record) => ("nonce" in record ? { ...record, nonce: 0 } : record)))

describe("a simulation", () => {
  it.effect("gives the same journal for the same seed, and another for another", () =>
    Effect.gen(function* () {
      const [one, same, other] = yield* Effect.all([run(), run(), run({ seed: 2 })])
      assert.strictEqual(JSON.stringify(one.journal), JSON.stringify(same.journal))
      assert.notStrictEqual(JSON.stringify(one.journal), JSON.stringify(other.journal))
    }),
  )

  it.effect("loses nothing and breaks no rule with the default gate", () =>
    Effect.gen(function* () {
      const { summary, tally } = yield* run({ load: 2 })
      assert.isAbove(summary.averageThroughput, 94)
      assert.deepInclude(summary, { exceeds: 0, bans: 0, nonceErrors: 0 })
      assert.isTrue(tally.keys.every(({ busiestWindow }) => busiestWindow <= 20))
      assert.strictEqual(tally.repeatedOrders, 0)
    }),
  )

  it.effect("is not moved by a step of the wall clock", () =>
    Effect.gen(function* () {
      const steady = yield* run()
      const stepped = yield* run({ clockStep: { atMs: 10_000, byMs: -3_600_000 } })
      assert.strictEqual(withoutWallClock(stepped.journal), withoutWallClock(steady.journal))
      assert.strictEqual(stepped.summary.nonceErrors, 0)
    }),
  )

  it.effect("breaks no rule when timers are late, and only sends a little less", () =>
    Effect.gen(function* () {
      const [late, again] = yield* Effect.all([run({ load: 2, lateMs: 3 }), run({ load: 2, lateMs: 3 })])
      assert.strictEqual(JSON.stringify(late.journal), JSON.stringify(again.journal))
      assert.deepInclude(late.summary, { exceeds: 0, bans: 0, nonceErrors: 0 })
      const exact = yield* run({ load: 2 })
      const lost = exact.summary.orders.accepted - late.summary.orders.accepted
      assert.isAbove(lost, 0)
      assert.isBelow(lost, 0.02 * exact.summary.orders.accepted)
    }),
  )

  it.effect("loses as many requests as it is told to, each with an unknown outcome", () =>
    Effect.gen(function* () {
      const { summary, tally } = yield* run({ load: 0.5, loss: 0.05, duration: Duration.minutes(2) })
      const unknown = summary.orders.unknown ?? 0
      assert.approximately(unknown / summary.orders.created, 0.05, 0.01)
      assert.strictEqual(summary.orders.accepted + unknown, summary.orders.created)
      assert.strictEqual(tally.repeatedOrders, 0)
    }),
  )

  it.effect("without a known bound keeps the window whatever the delays are", () =>
    Effect.gen(function* () {
      const delay = Result.getOrThrow(parseDelay("lognormal:80:1.5"))
      const { summary, tally } = yield* run({
        bound: undefined,
        delay,
        spike: { probability: 0.01, ms: 3000 },
      })
      assert.deepInclude(summary, { exceeds: 0, bans: 0, nonceErrors: 0 })
      assert.isTrue(tally.keys.every(({ mostPasses }) => mostPasses <= 20))
    }),
  )

  it.effect("walks into the ban with the seed's shift of 25 ms", () =>
    Effect.gen(function* () {
      const { summary, failure } = yield* run({
        design: Result.getOrThrow(parseDesign("shifted:25")),
        duration: Duration.minutes(10),
      })
      assert.isAtLeast(summary.exceeds, 50)
      assert.strictEqual(failure?._tag, "NoUsableKey")
    }),
  )
})

describe("a delay's shape", () => {
  it("is read as it is shown", () => {
    for (const text of ["uniform:0:50", "constant:20", "lognormal:20:0.5"]) {
      assert.strictEqual(Result.getOrThrow(Result.map(parseDelay(text), showDelay)), text)
    }
  })

  it("that is none says what to write", () => {
    const bad = [
      "",
      "uniform",
      "uniform:5",
      "uniform:9:1",
      "constant:-1",
      "constant:1:2",
      "lognormal:0:1",
      "x:1:2",
    ]
    for (const text of [...bad, "uniform:0:99999999"]) {
      assert.include(Result.getOrThrow(Result.flip(parseDelay(text))), "write uniform:MIN:MAX", text)
    }
  })
})
