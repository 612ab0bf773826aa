/** The smallest spare time of the window over time. */
import { isSafe, NEVER_MS } from "../../certificate/SpareTime.ts"
import type { Point } from "../Timeline.ts"
import { showSpare } from "../show.ts"
import { windowVerdict, type WindowVerdict } from "../windowVerdict.ts"
import { draw } from "./draw.ts"
import { intervalName, middleOf, stepsOf } from "./orders.ts"
import { longestSeconds, type Panel, type ReportedLog, type Section } from "./Panel.ts"
import { valueScale } from "./scale.ts"
import { limitLine, line, steps, timeAxis, valueAxis } from "./style.ts"

const MARGINS = { left: 62, right: 14, top: 12, bottom: 28 }

/** A key that stood idle has much to spare, and how much says nothing; nor does how much a window is missed by. */
const MOST_WINDOWS = 0.1
const LEAST_WINDOWS = -1

const shown = ({ spareMs }: Point, { run }: ReportedLog): number | null => {
  const windowMs = run.settings?.windowMs ?? 0
  return spareMs === null
    ? null
    : Math.max(LEAST_WINDOWS * windowMs, Math.min(spareMs, MOST_WINDOWS * windowMs))
}

const sentenceOf = ({ leastMs, text }: WindowVerdict): string =>
  leastMs === NEVER_MS
    ? `There is no spare time: requests whose end is not in the log may be counted at any time, so ${text}.`
    : `The smallest spare time is ${showSpare(leastMs)}: ${text}.`

export const spareSection = (logs: ReadonlyArray<ReportedLog>): Section => {
  const seconds = longestSeconds(logs)
  const scale = valueScale(logs.flatMap((log) => log.run.points.map((point) => shown(point, log) ?? 0)))
  const panel = (log: ReportedLog, index: number): Panel | string => {
    const least = windowVerdict(log)
    if (least === undefined) return "This log does not tell, or no key ever filled a window."
    const { run } = log
    const verdict = sentenceOf(least)
    const safe = stepsOf(run.points, (point) => {
      const ms = shown(point, log)
      return ms === null || !isSafe(ms) ? null : ms
    })
    const unsafe = stepsOf(run.points, (point) => {
      const ms = shown(point, log)
      return ms === null || isSafe(ms) ? null : ms
    })
    return {
      axis: "x",
      description: verdict,
      says: verdict,
      drawing: draw({
        id: `spare-${index}`,
        margins: MARGINS,
        option: (size) => ({
          xAxis: timeAxis(seconds, size),
          yAxis: valueAxis(scale, " ms"),
          series: [
            steps("accepted", safe),
            steps("refused", unsafe),
            line(
              "created",
              stepsOf(run.points, (point) => shown(point, log)),
              {
                step: "end",
                symbol: "none",
                lineStyle: { color: "var(--ink)", width: 1 },
              },
            ),
            limitLine("ceiling", [0, 0], [seconds, 0]),
          ],
        }),
      }),
      table: {
        corner: "time",
        columns: [{ name: "least spare time", mark: least.isSafe ? "accepted" : "refused" }],
        rows: run.points.map((point) => ({
          at: middleOf(point, seconds),
          header: intervalName(point, seconds),
          cells: [showSpare(point.spareMs)],
        })),
      },
    }
  }
  return {
    id: "spare",
    title: "Spare time of the window",
    note: "How much earlier the closest request could have been sent before more than the limit could have been in one window, whatever the delays: the least of all keys. At or above zero no window can have been exceeded. It is cut off at a tenth of a window above, and at a window below.",
    legend: [
      { mark: "accepted", form: "area", name: "to spare" },
      { mark: "refused", form: "area", name: "below zero: not safe" },
    ],
    panels: logs.map(panel),
  }
}
