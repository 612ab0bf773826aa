/**
 * A comparison over rules as a picture: for each rule a bar for each gate, as long as the share of what the exchange lets pass.
 * Gates that broke a rule are marked by colour and in words.
 */
import { counted } from "../platform/counted.ts"
import { FAINT, INK, SAFE, UNSAFE } from "./colours.ts"
import type { GateComparison } from "./Compare.ts"
import type { RulesComparison } from "./compareRules.ts"
import { deadText, percent } from "./renderComparison.ts"
import { showRulesScenario } from "./renderRules.ts"

const WIDTH = 960
/** Where bars begin, and how long one of 100 % is. */
const LEFT = 200
const FULL = 420
const TOP = 96
const ROW = 24
/** Between two rules. */
const GAP = 44

const text = (x: number, y: number, said: string, look = ""): string =>
  `<text x="${x}" y="${y}" ${look}>${said}</text>`

const wrongs = (gate: GateComparison): string =>
  [
    ...(gate.exceeds > 0 ? [counted(gate.exceeds, "exceed")] : []),
    ...(gate.nonceErrors > 0 ? [counted(gate.nonceErrors, "nonce error")] : []),
    ...[deadText(gate)].flatMap((dead) => dead ?? []),
  ].join(", ")

const gateRow = (gate: GateComparison, y: number): string => {
  const colour = gate.safe ? SAFE : UNSAFE
  const length = FULL * Math.min(1, gate.shareOfCeiling)
  const said = [percent(gate.shareOfCeiling), gate.safe ? "no rule broken" : wrongs(gate)].join("; ")
  return [
    text(LEFT - 10, y + 13, gate.gate, 'text-anchor="end"'),
    `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${ROW - 6}" fill="${colour}"/>`,
    text(LEFT + FULL + 12, y + 13, said, `fill="${colour}"`),
  ].join("\n")
}

export const rulesChart = (comparison: RulesComparison): string => {
  let y = TOP
  const parts = comparison.rules.map(({ ceilingPerSecond, gates, limit }) => {
    const heading = text(
      20,
      y,
      `${limit}: at most ${ceilingPerSecond.toFixed(2)} a second`,
      'font-weight="bold"',
    )
    const rows = gates.map((gate, index) => gateRow(gate, y + 12 + index * ROW))
    const end = y + 6 + gates.length * ROW
    const ceiling = `<path d="M${LEFT + FULL} ${y + 8}V${end}" stroke="${FAINT}" stroke-dasharray="4 3"/>`
    y += gates.length * ROW + GAP
    return [heading, ...rows, ceiling].join("\n")
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" font-family="Helvetica, Arial, sans-serif" font-size="13" fill="${INK}">
<rect width="100%" height="100%" fill="#ffffff"/>
${text(20, 34, "Share of what the exchange lets pass, by rule and gate", 'font-size="19" font-weight="bold"')}
${text(20, 58, showRulesScenario(comparison), `font-size="12" fill="${FAINT}"`)}
${parts.join("\n")}
</svg>
`
}
