/** Simulated runs of every gate: the default one's is certified, and no other's. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { defaultGate, type GateName, showGate } from "../../src/simulation/baselines/byName.ts"
import { exerciseDelay } from "../../src/simulation/Delay.ts"
import { simulate, type SimulationSettings } from "../../src/simulation/Simulation.ts"
import { Certifier } from "../../src/certificate/Certifier.ts"

const settings: SimulationSettings = {
  keys: 5,
  limit: 20,
  window: Duration.seconds(1),
  bound: Duration.millis(55),
  ttl: Duration.seconds(1),
  gate: defaultGate,
  load: 2,
  duration: Duration.minutes(5),
  seed: 1,
  delay: exerciseDelay,
  spike: undefined,
  loss: 0,
  clockStep: undefined,
  lateMs: 0,
}

/** The certificate of a simulated run, whether it went well or not. */
const certificateOf = (changes: Partial<SimulationSettings>) =>
  Effect.gen(function* () {
    const certifier = new Certifier()
    yield* simulate(
      { ...settings, ...changes },
      { record: (record) => certifier.line(record), reached: () => {} },
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

  const unsafe: ReadonlyArray<{ readonly gate: GateName; readonly rule: string }> = [
    { gate: { name: "polling" }, rule: "window" },
    { gate: { name: "shifted", byMs: 10 }, rule: "window" },
    { gate: { name: "shifted", byMs: 25 }, rule: "window" },
    { gate: { name: "thread-slots" }, rule: "nonces" },
    { gate: { name: "token-bucket" }, rule: "nonces" },
    { gate: { name: "fixed-window" }, rule: "nonces" },
  ]
  for (const { gate, rule } of unsafe) {
    it.live(`of the gate ${showGate(gate)} is not`, () =>
      Effect.gen(function* () {
        const found = yield* certificateOf({ gate })
        assert.strictEqual(found.counterexample?.rule, rule)
        assert.isAbove(found.violations.window, 0)
        // All that is wrong is when it sends.
        const { accounts, form, once } = found.violations
        assert.deepStrictEqual([form, once, accounts], [0, 0, 0])
      }),
    )
  }
})
