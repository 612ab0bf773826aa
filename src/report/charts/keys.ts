/** What became of each key's requests, against what it may pass. */
import type { KeyFigures } from "../../summary/keyFigures.ts"
import { withoutControls } from "../html.ts"
import { showCount, showRate, showShare, showSpare } from "../show.ts"
import { draw } from "./draw.ts"
import type { Panel, ReportedLog, Section } from "./Panel.ts"
import { valueScale } from "./scale.ts"
import { shortLabels } from "./shortLabels.ts"
import { categoryAxis, fill, still, valueAxis } from "./style.ts"

const MARGINS = { right: 18, top: 8, bottom: 28 }
const LEAST_LEFT_PX = 60
const ROW_PX = 30
/** More would be no chart. */
const MOST_KEYS = 40
/** A character of a label, at most as a rule, and what is between it and the chart, in pixels. */
const LABEL_PX = 7
const GAP_PX = 12
const TICK_MS = 1

const refusals = ({ refused }: KeyFigures): number =>
  Object.values(refused).reduce((sum, count) => sum + count, 0)

/** What a key may pass in a second at the very most. */
const ceilingOf = ({ run: { settings } }: ReportedLog): number =>
  settings === undefined ? 0 : (settings.limit * 1000) / (settings.windowMs + TICK_MS)

export const keysSection = (logs: ReadonlyArray<ReportedLog>): Section => {
  const perSecond = (count: number, { summary }: ReportedLog): number =>
    summary.totalTimeMs > 0 ? (count * 1000) / summary.totalTimeMs : count
  const counts = (key: KeyFigures) =>
    [
      ["accepted", key.accepted],
      ["unknown", key.unknown],
      ["refused", refusals(key)],
    ] as const
  const scale = valueScale(
    logs.flatMap((log) => [
      ceilingOf(log),
      ...(log.summary.keys ?? []).map((key) =>
        perSecond(
          counts(key).reduce((sum, [, count]) => sum + count, 0),
          log,
        ),
      ),
    ]),
  )
  const panel = (log: ReportedLog, index: number): Panel | string => {
    const keys = log.summary.keys?.slice(0, MOST_KEYS) ?? []
    if (keys.length === 0) return "This log does not say whose requests are whose."
    const all = log.summary.keys?.length ?? 0
    const ceiling = ceilingOf(log)
    const labels = shortLabels(keys.map(({ key }) => withoutControls(key)))
    const left = Math.max(LEAST_LEFT_PX, GAP_PX + LABEL_PX * Math.max(...labels.map(({ length }) => length)))
    return {
      axis: "y",
      description: `Requests per second of ${keys.length === all ? all : `the first ${keys.length} of ${all}`} keys, each against a ceiling of ${showRate(ceiling)}.`,
      drawing: draw({
        id: `keys-${index}`,
        margins: { ...MARGINS, left },
        height: MARGINS.top + MARGINS.bottom + ROW_PX * keys.length,
        option: () => ({
          xAxis: valueAxis(scale),
          yAxis: categoryAxis(labels),
          series: (["accepted", "unknown", "refused"] as const).map((mark, place) => ({
            ...still,
            type: "bar",
            stack: "requests",
            barWidth: "62%",
            itemStyle: fill(mark),
            data: keys.map((key) => perSecond(counts(key)[place]?.[1] ?? 0, log)),
          })),
        }),
      }),
      table: {
        corner: "key",
        columns: [
          { name: "accepted/s", mark: "accepted" },
          { name: "accepted" },
          { name: "unknown", mark: "unknown" },
          { name: "refused", mark: "refused" },
          { name: "slots used" },
          { name: "least spare time" },
        ],
        rows: keys.map((key, place) => ({
          at: (place + 0.5) / keys.length,
          header: key.key,
          cells: [
            showRate(perSecond(key.accepted, log)),
            showCount(key.accepted),
            showCount(key.unknown),
            showCount(refusals(key)),
            showShare(key.slotsUsed),
            showSpare(log.run.spareByKey.get(key.key)),
          ],
        })),
      },
    }
  }
  return {
    id: "keys",
    title: "Use of each key",
    note: "Requests per second of each API key, by what became of them. Keys that do about as much as each other share the load.",
    legend: [
      { mark: "accepted", form: "area", name: "accepted" },
      { mark: "unknown", form: "area", name: "unknown" },
      { mark: "refused", form: "area", name: "refused" },
    ],
    panels: logs.map(panel),
  }
}
