import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Result } from "effect"
import { parseDesign } from "../../src/simulation/baselines/designs.ts"
import { compare as compareDesigns, type CompareSettings } from "../../src/simulation/Compare.ts"
import { compareChart } from "../../src/simulation/compareChart.ts"
import { renderComparison } from "../../src/simulation/renderComparison.ts"
import { exerciseScenario as scenario } from "./settings.ts"

const gates = [
  "ack-window",
  "polling",
  "shifted:10",
  "shifted:25",
  "thread-slots",
  "token-bucket",
  "fixed-window",
]

const compare = (
  settings: Pick<CompareSettings, "scenario" | "seeds"> & { readonly gates: ReadonlyArray<string> },
  reached: (share: number) => void = () => {},
) =>
  compareDesigns(
    {
      ...settings,
      designs: settings.gates.map((name) => Result.getOrThrow(parseDesign(name))),
      inWords: ({ message }) => message,
    },
    reached,
  )

describe("a comparison", () => {
  for (const load of [1, 2]) {
    it.effect(`finds ack-window highest among the gates that break no rule, at load ${load}`, () =>
      Effect.gen(function* () {
        const result = yield* compare({ scenario: { ...scenario, load }, gates, seeds: [1, 2, 3] })
        const safe = result.gates
          .filter((gate) => gate.safe)
          .toSorted((one, other) => other.acceptedPerSecond.mean - one.acceptedPerSecond.mean)
        assert.strictEqual(safe[0]?.gate, "ack-window")
        assert.isAbove(safe[0]?.shareOfOptimum ?? 0, 0.98)
        const shifted = result.gates.find(({ gate }) => gate === "shifted:25")
        assert.deepInclude(shifted, { safe: false, keysBlocked: 15 })
        assert.isTrue(shifted?.runs.every((run) => run.failure !== null))
      }),
    )
  }

  it.effect("shows no age of a gate that was left without a key, and says when it was", () =>
    Effect.gen(function* () {
      const result = yield* compare({
        scenario: { ...scenario, load: 2 },
        gates: ["ack-window", "token-bucket"],
        seeds: [1, 2],
      })
      const [alive, dead] = result.gates
      assert.deepInclude(alive, { deadRuns: 0, deadAfterMs: null })
      assert.isAbove(alive?.orderAgeMs?.p50 ?? 0, 900)
      assert.deepInclude(dead, { deadRuns: 2, orderAgeMs: null })
      const deaths = dead?.runs.map(({ deadAfterMs }) => deadAfterMs ?? Number.NaN) ?? []
      assert.strictEqual(dead?.deadAfterMs, deaths.reduce((sum, ms) => sum + ms, 0) / 2)
      assert.isTrue(deaths.every((ms) => ms > 0 && ms < 2000))
      const table = renderComparison(result)
      assert.match(table, /^token-bucket +\S+ +\S+ +\S+ % +\S+ % +- .* - +-$/m)
      const said = `dead after ${((dead?.deadAfterMs ?? 0) / 1000).toFixed(1)} s in 2 of 2 runs`
      assert.include(table, `token-bucket: ${said}`)
      assert.notInclude(table, "ack-window: dead")
      assert.include(compareChart(result), said)
    }),
  )

  it.effect("finds no safe run above the safe optimum by more than the luck of the draw", () =>
    Effect.gen(function* () {
      for (const bound of [Duration.millis(55), undefined]) {
        const result = yield* compare({
          scenario: { ...scenario, load: 2, bound },
          gates: ["ack-window", "polling"],
          seeds: [1, 2],
        })
        assert.isBelow(result.safeOptimum.acceptedPerSecond.mean, result.ceilingPerSecond)
        for (const gate of result.gates) assert.isBelow(gate.shareOfOptimum ?? 2, 1.002, gate.gate)
      }
    }),
  )

  it.effect("gives the same figures for the same seeds, run by run", () =>
    Effect.gen(function* () {
      const short = { ...scenario, duration: Duration.seconds(10), loss: 0.01 }
      const of = (seeds: ReadonlyArray<number>) =>
        compare({ scenario: short, gates: ["ack-window", "polling"], seeds })
      const both = yield* of([3, 4])
      const alone = yield* of([4])
      assert.deepStrictEqual(yield* of([3, 4]), both)
      assert.deepStrictEqual(alone.gates[1]?.runs[0], both.gates[1]?.runs[1])
      assert.deepStrictEqual(alone.safeOptimum.runs[0], both.safeOptimum.runs[1])
    }),
  )

  it.effect("does not count what is accepted after the scenario's time", () =>
    Effect.gen(function* () {
      const patient = { ...scenario, load: 2, ttl: undefined, duration: Duration.seconds(20) }
      const { gates: compared, ceilingPerSecond } = yield* compare({
        scenario: patient,
        gates: ["ack-window"],
        seeds: [1],
      })
      const run = compared[0]?.runs[0]
      assert.isAbove((run?.created ?? 0) / 20, 180)
      assert.isBelow(run?.acceptedPerSecond ?? 200, ceilingPerSecond)
    }),
  )

  it.effect("has its figures in a table and its bars in a chart, no wider than a terminal", () =>
    Effect.gen(function* () {
      const reached: Array<number> = []
      const result = yield* compare(
        { scenario: { ...scenario, spike: { probability: 0.001, ms: 20 } }, gates, seeds: [1] },
        (share) => reached.push(share),
      )
      assert.deepStrictEqual(
        reached,
        reached.toSorted((one, other) => one - other),
      )
      assert.strictEqual(reached.at(-1), 1)
      const text = renderComparison(result)
      assert.isTrue(text.split("\n").every((line) => line.length <= 120))
      assert.match(text, /^load 1; 5 keys.*spike 0\.001:20; 30s; seed 1\n/)
      assert.match(text, /\nack-window +\d+\.\d\d +- .* 0\/5 /)
      const svg = compareChart(result)
      assert.match(svg, /^<svg [^]*<\/svg>\n$/)
      for (const word of ["shifted:25", "unsafe:", "safe optimum", "ceiling", "seed 1"])
        assert.include(svg, word)
      assert.notMatch(svg, /NaN|undefined/)
    }),
  )
})
