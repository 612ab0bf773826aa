/**
 * Gates side by side, for one rule of an exchange after the other: what safety costs, and what it costs to do without. Each rule is
 * the only one of its exchange, and all designs play the same orders with the same delays.
 */
import { Duration, Effect } from "effect"
import { costOf, keyWindowOf, type LimitSpec, type Nonces, showLimit } from "../domain/LimitSpec.ts"
import { counterOf } from "../exchange/counters/ScopedCounters.ts"
import { meanOf } from "./Confidence.ts"
import { phaseOf } from "./Simulation.ts"
import { compareGates, type CompareSettings, describeScenario, type Scenario } from "./Compare.ts"

export interface CompareRulesSettings extends CompareSettings {
  readonly rules: ReadonlyArray<LimitSpec>
}

/**
 * What the exchange lets pass of one counter in so many milliseconds, of orders that are placed: its own counter is asked at every
 * moment at which one more may pass.
 */
const passedOf = (spec: LimitSpec, durationMs: number, phaseMs: number): number => {
  const counter = counterOf(spec, phaseMs)
  const cost = costOf(spec, "place", undefined)
  let passed = 0
  for (let nowMs = 0; nowMs < durationMs;) {
    if (counter.pass(cost, nowMs)) passed += 1
    else nowMs += Math.max(1, counter.retryAfter(cost, nowMs))
  }
  return passed
}

/** Of all keys together, in a second. All belong to one account and one address, and their orders have the same fields. */
export const ceilingOf = (spec: LimitSpec, keys: number, durationMs: number, phaseMs: number): number =>
  ((spec.scope === "key" ? keys : 1) * passedOf(spec, durationMs, phaseMs) * 1000) / durationMs

/** The same scenario at an exchange whose only rule this is. */
export const underRule = (scenario: Scenario, rule: LimitSpec): Scenario => {
  const { limit, windowMs } = keyWindowOf([rule])
  return { ...scenario, limit, window: Duration.millis(windowMs), limits: [rule] }
}

/** Compares. The field names are those of the JSON form. `reached` is told now and then which share of the work is done, from 0 to 1. */
export const compareRules = Effect.fnUntraced(function* (
  { rules, ...settings }: CompareRulesSettings,
  reached: (share: number) => void,
) {
  const { scenario, seeds } = settings
  const durationMs = Duration.toMillis(scenario.duration)
  const nonces: Nonces = scenario.nonces ?? "rising"
  const phases = yield* Effect.forEach(seeds, phaseOf)
  const compared = yield* Effect.forEach(rules, (rule, index) => {
    const ceilingPerSecond = meanOf(phases.map((phase) => ceilingOf(rule, scenario.keys, durationMs, phase)))
    return Effect.map(
      compareGates(
        { ...settings, scenario: underRule(scenario, rule) },
        ceilingPerSecond,
        undefined,
        (share) => reached((index + share) / rules.length),
      ),
      (gates) => ({
        limit: showLimit(rule),
        /** What the exchange lets pass of all keys in the run's time, mean over the seeds. */
        ceilingPerSecond,
        gates,
      }),
    )
  })
  return { scenario: { ...describeScenario(scenario), nonces }, seeds, rules: compared }
})

export type RulesComparison = Effect.Success<ReturnType<typeof compareRules>>
