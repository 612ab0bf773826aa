/**
 * A comparison for the terminal: a table with a row for each gate, at most 120 columns wide for all but
 * outlandish numbers.
 */
import { Duration } from "effect"
import { counted } from "../platform/counted.ts"
import { alignColumns } from "../platform/alignColumns.ts"
import type { Comparison, GateComparison, ScenarioDescription } from "./Compare.ts"
import type { Interval } from "./Confidence.ts"

const showMs = (ms: number): string => Duration.format(Duration.millis(ms))

/** The scenario in a line: what is as usual (no spike, no loss, no step) is left out, as are limits of another kind. */
export const showScenario = (
  scenario: ScenarioDescription & Partial<Pick<Comparison["scenario"], "limit" | "windowMs">>,
): string =>
  [
    `load ${scenario.load}`,
    scenario.windowMs === undefined
      ? counted(scenario.keys, "key")
      : `${counted(scenario.keys, "key")}, each ${scenario.limit} in ${showMs(scenario.windowMs)}`,
    `TTL ${scenario.ttlMs === null ? "none" : showMs(scenario.ttlMs)}`,
    `bound ${scenario.boundMs === null ? "none" : showMs(scenario.boundMs)}`,
    `delay ${scenario.delay}`,
    ...(scenario.spike === null ? [] : [`spike ${scenario.spike.probability}:${scenario.spike.ms}`]),
    ...(scenario.loss === 0 ? [] : [`loss ${scenario.loss}`]),
    ...(scenario.clockStep === null
      ? []
      : [`clock step ${scenario.clockStep.byMs} ms at ${showMs(scenario.clockStep.atMs)}`]),
    ...(scenario.lateMs === 0 ? [] : [`timers up to ${showMs(scenario.lateMs)} late`]),
    showMs(scenario.durationMs),
  ].join("; ")

/** The seeds, which follow each other, in a few words. */
export const showSeeds = (seeds: ReadonlyArray<number>): string =>
  seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds[0]} to ${seeds.at(-1)}`

export const perSecond = (interval: Interval): ReadonlyArray<string> => [
  interval.mean.toFixed(2),
  interval.plusMinus === null ? "-" : interval.plusMinus.toFixed(2),
]
export const percent = (share: number | null): string =>
  share === null ? "-" : `${(100 * share).toFixed(1)} %`
const ages = (age: GateComparison["orderAgeMs"]): ReadonlyArray<string> =>
  age === null ? ["-", "-"] : [age.p50.toFixed(1), age.p99.toFixed(1)]

const HEADINGS = [
  "gate",
  "accepted/s",
  "±",
  "ceiling",
  "optimum",
  "expired",
  "exceeds",
  "nonce",
  "bans",
  "blocked",
  "age p50",
  "p99",
]

const EXPLAINED = [
  "accepted/s: mean over the seeds, ± 95 % confidence; ceiling, optimum: the share of it reached.",
  "expired, exceeds (429), nonce errors, bans (refused because blocked), blocked keys: totals over the seeds.",
  "age: from an order's creation to its request, in ms, mean over the seeds in which a key was left to the end.",
]

/** A gate that was left without a key, such as `dead after 0.8 s`; with several seeds, in how many runs. Undefined where none was. */
export const deadText = ({ deadAfterMs, deadRuns, runs }: GateComparison): string | undefined => {
  if (deadAfterMs === null) return undefined
  const after = `dead after ${(deadAfterMs / 1000).toFixed(1)} s`
  return runs.length === 1 ? after : `${after} in ${deadRuns} of ${runs.length} runs`
}

const isDead = ({ deadRuns, runs }: GateComparison): boolean => deadRuns === runs.length

/** What is to be known of gates that were left without a key. */
const deadLines = (gates: ReadonlyArray<GateComparison>): ReadonlyArray<string> =>
  gates.flatMap((gate) => {
    const dead = deadText(gate)
    return dead === undefined ? [] : [`${gate.gate}: ${dead}, every key blocked or parked.`]
  })

export const renderComparison = (comparison: Comparison): string => {
  const { ceilingPerSecond, safeOptimum, seeds } = comparison
  const optimum = safeOptimum.acceptedPerSecond
  const rows = [
    HEADINGS,
    ...comparison.gates.map((gate) => [
      gate.gate,
      ...perSecond(gate.acceptedPerSecond),
      percent(gate.shareOfCeiling),
      percent(gate.shareOfOptimum),
      isDead(gate) ? "-" : String(gate.expired),
      ...[gate.exceeds, gate.nonceErrors, gate.bans].map(String),
      `${gate.keysBlocked}/${comparison.scenario.keys * seeds.length}`,
      ...ages(gate.orderAgeMs),
    ]),
    [
      "safe optimum",
      ...perSecond(optimum),
      percent(optimum.mean / ceilingPerSecond),
      "",
      String(safeOptimum.runs.reduce((total, run) => total + run.expired, 0)),
    ],
    ["ceiling", ceilingPerSecond.toFixed(2)],
  ]
  const scenario = `${showScenario(comparison.scenario)}; ${showSeeds(seeds)}`
  const dead = deadLines(comparison.gates)
  return `${[
    scenario,
    "",
    ...alignColumns(rows, "right"),
    "",
    ...dead,
    ...(dead.length === 0 ? [] : [""]),
    ...EXPLAINED,
  ].join("\n")}\n`
}
