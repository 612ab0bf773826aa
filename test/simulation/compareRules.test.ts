import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import type { LimitSpec } from "../../src/domain/LimitSpec.ts"
import { parseDesign } from "../../src/simulation/baselines/designs.ts"
import type { Scenario } from "../../src/simulation/Compare.ts"
import { ceilingOf, compareRules } from "../../src/simulation/compareRules.ts"
import { renderRules } from "../../src/simulation/renderRules.ts"
import { rulesChart } from "../../src/simulation/rulesChart.ts"
import { exerciseScenario } from "./settings.ts"

const log: LimitSpec = { rule: "log", limit: 20, windowMs: 1000, scope: "key" }
const fixed: LimitSpec = { rule: "fixed", limit: 100, windowMs: 10_000, scope: "key" }
const bucket: LimitSpec = { rule: "bucket", limit: 60, decay: 1, decayMs: 1000, scope: "account" }

const scenario: Scenario = { ...exerciseScenario, keys: 2, limit: 1, load: 2, nonces: "none" }

const gates = ["token-bucket", "gcra", "ccxt-leaky-bucket", "ccxt-rolling-window"]

const compare = (
  rules: ReadonlyArray<LimitSpec>,
  reached: (share: number) => void = () => {},
  names: ReadonlyArray<string> = gates,
) =>
  compareRules(
    {
      scenario,
      rules,
      seeds: [1, 2],
      designs: names.map((name) => Result.getOrThrow(parseDesign(name))),
      inWords: ({ message }) => message,
    },
    reached,
  )

describe("what the exchange lets pass", () => {
  it("is what its own counter does, for each key or for all", () => {
    // 20 in each window and the millisecond by which the next must be later.
    assert.strictEqual(ceilingOf(log, 2, 1001 * 10, 7), (2 * 200 * 1000) / 10_010)
    assert.strictEqual(ceilingOf(fixed, 2, 20_000, 0), (2 * 200) / 20)
    // It begins in the middle of a window, and ends so.
    assert.strictEqual(ceilingOf(fixed, 2, 20_000, 5000), (2 * 300) / 20)
    // The bucket is empty at first; then one comes out a second.
    assert.strictEqual(ceilingOf(bucket, 2, 10_000, 0), 69 / 10)
  })
})

describe("a comparison over rules", () => {
  it.effect("finds ack-window refused nothing by any rule, and near what passes", () =>
    Effect.gen(function* () {
      const second: LimitSpec = { ...fixed, limit: 10, windowMs: 1000 }
      const counter: LimitSpec = { ...second, rule: "counter" }
      const { rules } = yield* compare([log, second, counter, { ...bucket, limit: 4 }], () => {}, [
        "ack-window",
      ])
      for (const { gates: compared, limit } of rules) {
        assert.deepInclude(compared[0], { exceeds: 0, bans: 0, nonceErrors: 0, safe: true }, limit)
        assert.isAbove(compared[0]?.shareOfCeiling ?? 0, 0.85, limit)
      }
    }),
  )

  it.effect("finds each client that counts send times refused on the sliding log", () =>
    Effect.gen(function* () {
      const { rules } = yield* compare([log])
      assert.deepStrictEqual(
        rules[0]?.gates.map(({ deadRuns, gate, safe }) => ({ deadRuns, gate, safe })),
        gates.map((gate) => ({ deadRuns: 2, gate, safe: false })),
      )
    }),
  )

  it.effect("plays each rule as if it were alone", () =>
    Effect.gen(function* () {
      const both = yield* compare([log, fixed])
      const alone = yield* compare([fixed])
      assert.deepStrictEqual(both.rules[1], alone.rules[0])
      assert.deepStrictEqual(yield* compare([log, fixed]), both)
    }),
  )

  it.effect("has its figures in a table and in a chart", () =>
    Effect.gen(function* () {
      const reached: Array<number> = []
      const result = yield* compare([log, fixed], (share) => reached.push(share))
      assert.deepStrictEqual(
        reached,
        reached.toSorted((one, other) => one - other),
      )
      assert.strictEqual(reached.at(-1), 1)
      const text = renderRules(result)
      assert.isTrue(text.split("\n").every((line) => line.length <= 130))
      assert.match(text, /^load 2; 2 keys; .*; nonces in any order; seeds 1 to 2\n/)
      assert.match(text, /\n20\/1s@key +40\.00 +100\.0 %\n {2}token-bucket /)
      assert.match(text, /\n {2}gcra +\d+\.\d\d +\d+\.\d\d +\S+ % +40 +0 +\d+ +4\/4 +0\.\d s\n/)
      const chart = rulesChart(result)
      assert.match(chart, /^<svg [^]*<\/svg>\n$/)
      for (const word of [
        "fixed:100/10s@key",
        "ccxt-rolling-window",
        "40 exceeds, dead after",
        "seeds 1 to 2",
      ])
        assert.include(chart, word)
      assert.notMatch(chart, /NaN|undefined/)
    }),
  )
})
