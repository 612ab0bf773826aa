/** What became of each key's requests, against what it may pass. */
import type { KeyFigures } from "../../summary/keyFigures.ts"
import { withoutControls } from "../../platform/quote.ts"
import { showCount, showLabel, showRate, showShare, showSpare } from "../show.ts"
import { draw } from "./draw.ts"
import { legendEntry, type Panel, type ReportedLog, type Section } from "./Panel.ts"
import { type Scale, valueScale } from "./scale.ts"
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
/** A rate over less would be of a moment only. */
const SHORTEST_MS = 1000

const STACK = ["accepted", "unknown", "refused"] as const

const countOf = (key: KeyFigures, what: (typeof STACK)[number]): number =>
  what === "refused" ? Object.values(key.refused).reduce((sum, count) => sum + count, 0) : key[what]

/** What a key may pass in a second at the very most; undefined where the log does not tell, or the run kept other limits. */
const ceilingOf = ({ run: { settings } }: ReportedLog): number | undefined =>
  settings === undefined || settings.limits !== undefined
    ? undefined
    : (settings.limit * 1000) / (settings.windowMs + TICK_MS)

const perSecond = (count: number, { summary }: ReportedLog): number =>
  (count * 1000) / Math.max(summary.totalTimeMs, SHORTEST_MS)

const drawKeys = (log: ReportedLog, keys: ReadonlyArray<KeyFigures>, id: string, scale: Scale) => {
  const labels = keys.map(({ key }) => showLabel(withoutControls(key)))
  const longest = Math.max(...labels.map(({ length }) => length))
  return draw({
    id,
    margins: { ...MARGINS, left: Math.max(LEAST_LEFT_PX, GAP_PX + LABEL_PX * longest) },
    height: MARGINS.top + MARGINS.bottom + ROW_PX * keys.length,
    option: () => ({
      xAxis: valueAxis(scale),
      yAxis: categoryAxis(labels),
      series: STACK.map((mark) => ({
        ...still,
        type: "bar",
        stack: "requests",
        barWidth: "62%",
        itemStyle: fill(mark),
        data: keys.map((key) => perSecond(countOf(key, mark), log)),
      })),
    }),
  })
}

const panel = (log: ReportedLog, id: string, scale: Scale): Panel | string => {
  const all = log.summary.keys ?? []
  const keys = all.slice(0, MOST_KEYS)
  if (keys.length === 0) return "This log does not say whose requests are whose."
  const which = keys.length === all.length ? all.length : `the first ${keys.length} of ${all.length}`
  const ceiling = ceilingOf(log)
  return {
    axis: "y",
    description: `Requests per second of ${which} keys${ceiling === undefined ? "" : `, each against a ceiling of ${showRate(ceiling)}`}.`,
    drawing: drawKeys(log, keys, id, scale),
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
          ...STACK.map((what) => showCount(countOf(key, what))),
          showShare(key.slotsUsed),
          showSpare(log.run.spareByKey.get(key.key)),
        ],
      })),
    },
  }
}

export const keysSection = (logs: ReadonlyArray<ReportedLog>): Section => {
  const rates = logs.flatMap((log) => [
    ceilingOf(log) ?? 0,
    ...(log.summary.keys ?? []).map((key) => {
      const all = STACK.reduce((sum, what) => sum + countOf(key, what), 0)
      return perSecond(all, log)
    }),
  ])
  const scale = valueScale(rates)
  return {
    id: "keys",
    title: "Use of each key",
    note: "Requests per second of each API key, by what became of them. Keys that do about as much as each other share the load.",
    legend: STACK.map((mark) => legendEntry(mark)),
    panels: logs.map((log, index) => panel(log, `keys-${index}`, scale)),
  }
}
