/** A comparison over rules for the terminal: for each rule a row with what the exchange lets pass, then a row for each gate. */
import { alignColumns } from "../platform/alignColumns.ts"
import type { GateComparison } from "./Compare.ts"
import type { RulesComparison } from "./compareRules.ts"
import { percent, perSecond, showScenario, showSeeds } from "./renderComparison.ts"

const HEADINGS = [
  "limit, gate",
  "accepted/s",
  "±",
  "ceiling",
  "exceeds",
  "nonce",
  "bans",
  "blocked",
  "dead after",
]

const EXPLAINED = [
  "A limit's own row: what the exchange lets pass; accepted/s: mean over the seeds, ± 95 % confidence; ceiling: the share of it.",
  "exceeds (429), nonce errors, bans (refused because blocked), blocked keys: totals over the seeds.",
  "dead after: when no key was left, mean over the seeds in which that was so.",
]

const deadAfter = ({ deadAfterMs, deadRuns, runs }: GateComparison): string => {
  if (deadAfterMs === null) return "-"
  const seconds = `${(deadAfterMs / 1000).toFixed(1)} s`
  return deadRuns === runs.length ? seconds : `${seconds} in ${deadRuns}/${runs.length}`
}

export const showRulesScenario = ({ scenario, seeds }: RulesComparison): string =>
  `${showScenario(scenario)}; nonces ${scenario.nonces === "rising" ? "rising" : "in any order"}; ${showSeeds(seeds)}`

export const renderRules = (comparison: RulesComparison): string => {
  const { rules, scenario, seeds } = comparison
  const rows = rules.flatMap(({ ceilingPerSecond, gates, limit }) => [
    [limit, ceilingPerSecond.toFixed(2), "", percent(1)],
    ...gates.map((gate) => [
      `  ${gate.gate}`,
      ...perSecond(gate.acceptedPerSecond),
      percent(gate.shareOfCeiling),
      ...[gate.exceeds, gate.nonceErrors, gate.bans].map(String),
      `${gate.keysBlocked}/${scenario.keys * seeds.length}`,
      deadAfter(gate),
    ]),
  ])
  const lines = [
    showRulesScenario(comparison),
    "",
    ...alignColumns([HEADINGS, ...rows], "right"),
    "",
    ...EXPLAINED,
  ]
  return `${lines.join("\n")}\n`
}
