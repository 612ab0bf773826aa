/** Simulated runs of every gate: the default one's is certified, and no other's. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Result } from "effect"
import { Journal, unwritten } from "../../src/journal/Journal.ts"
import { parseDesign } from "../../src/simulation/baselines/designs.ts"
import { simulate, type SimulationSettings } from "../../src/simulation/Simulation.ts"
import { Certifier } from "../../src/certificate/Certifier.ts"
import { exerciseSettings } from "../simulation/settings.ts"

const settings = { ...exerciseSettings, load: 2, duration: Duration.minutes(2) }

/** The certificate of a simulated run, whether it went well or not. */
const certificateOf = (changes: Partial<SimulationSettings>) =>
  Effect.gen(function* () {
    const certifier = new Certifier()
    yield* Effect.provideService(
      simulate({ ...settings, ...changes }),
      Journal,
      unwritten((record) => certifier.line(record)),
    )
    return certifier.finish({ isTerminated: true, sha256: "" })
  })

describe("a simulated run", () => {
  const hard = { loss: 0.02, lateMs: 5, clockStep: { atMs: 60_000, byMs: -3_600_000 } }
  it.live("of the default gate is certified, with losses, late timers and a clock that steps back", () =>
    Effect.gen(function* () {
      for (const bound of [Duration.millis(55), undefined]) {
        const found = yield* certificateOf({ ...hard, bound })
        assert.isNull(found.counterexample)
        assert.isAbove(found.outcomes.unknown, 0)
        for (const { order, window } of found.keys) {
          assert.isAtLeast(window?.spareMs ?? -1, 0)
          assert.isAtLeast(order?.spareMs ?? -1, 0)
        }
      }
    }),
  )

  const unsafe: ReadonlyArray<{ readonly gate: string; readonly rule: string }> = [
    { gate: "polling", rule: "window" },
    { gate: "shifted:10", rule: "window" },
    { gate: "shifted:25", rule: "window" },
    { gate: "thread-slots", rule: "nonces" },
    { gate: "token-bucket", rule: "nonces" },
    { gate: "fixed-window", rule: "nonces" },
  ]
  for (const { gate, rule } of unsafe) {
    it.live(`of the gate ${gate} is not`, () =>
      Effect.gen(function* () {
        const found = yield* certificateOf({ design: Result.getOrThrow(parseDesign(gate)) })
        assert.strictEqual(found.counterexample?.rule, rule)
        assert.isAbove(found.violations.window, 0)
        // All that is wrong is when it sends.
        const { accounts, form, once } = found.violations
        assert.deepStrictEqual([form, once, accounts], [0, 0, 0])
      }),
    )
  }
})
