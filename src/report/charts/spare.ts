/** The smallest spare time of the window over time. */
import { refusalText } from "../../certificate/Refusals.ts"
import { isSafe, NEVER_MS } from "../../certificate/SpareTime.ts"
import { isSpared } from "../../journal/LoggedLimits.ts"
import { showSpare } from "../show.ts"
import type { Point } from "../Timeline.ts"
import { legendEntry, type Panel, type ReportedLog, type Section } from "./Panel.ts"
import { valueScale } from "./scale.ts"
import { limitLine, line, steps, valueAxis, type ValueAxis } from "./style.ts"
import { longestSeconds, stepsOf, timePanel } from "./timeChart.ts"

/** A key that stood idle has much to spare, and how much says nothing; nor does how much a window is missed by. */
const MOST_WINDOWS = 0.1
const LEAST_WINDOWS = -1

const shown = ({ spareMs }: Point, { run }: ReportedLog): number | null => {
  const windowMs = run.settings?.windowMs ?? 0
  return spareMs === null
    ? null
    : Math.max(LEAST_WINDOWS * windowMs, Math.min(spareMs, MOST_WINDOWS * windowMs))
}

/** The smallest spare time of all keys; undefined where the log does not tell, or no key ever filled a window. */
const leastSpare = ({ run }: ReportedLog): number | undefined =>
  run.spareByKey.size === 0 ? undefined : Math.min(...run.spareByKey.values())

/** Whether no window, or no limit where a run kept such, could have been exceeded; undefined where the log does not tell. */
const isKept = (log: ReportedLog): boolean | undefined => {
  const { limits } = log.summary
  if (limits === undefined) {
    const leastMs = leastSpare(log)
    return leastMs === undefined ? undefined : isSafe(leastMs)
  }
  const spares = limits.flatMap(({ spare }) => spare ?? [])
  return spares.length === 0 ? undefined : spares.every(isSpared)
}

/** What a log says of its windows or limits, and whether all is right; undefined where it does not tell. */
export const keptVerdict = (
  log: ReportedLog,
): { readonly isRight: boolean; readonly text: string; readonly refused?: string } | undefined => {
  const { exceeds, settings } = log.run
  const what = log.summary.limits === undefined ? "window" : "limit"
  const isRight = isKept(log)
  if (isRight === undefined) return undefined
  if (!isRight) return { isRight, text: `a ${what} could have been exceeded` }
  const kept = `no ${what} could have been exceeded`
  const refused =
    exceeds === undefined || settings === undefined
      ? undefined
      : refusalText(`No ${what} could have been exceeded`, exceeds, settings)
  return refused === undefined
    ? { isRight: true, text: kept }
    : { isRight: false, text: `${kept}, yet the exchange refused`, refused }
}

const panel = (log: ReportedLog, id: string, seconds: number, yAxis: ValueAxis): Panel | string => {
  if (log.summary.limits !== undefined)
    return "This run kept other limits: what was left of each stands among the figures."
  const leastMs = leastSpare(log)
  const kept = keptVerdict(log)
  if (leastMs === undefined || kept === undefined)
    return "This log does not tell, or no key ever filled a window."
  const { refused, text } = kept
  const verdict =
    leastMs === NEVER_MS
      ? `There is no spare time: requests whose end is not in the log may be counted at any time, so ${text}.`
      : `The smallest spare time is ${showSpare(leastMs)}: ${text}.${refused === undefined ? "" : ` ${refused}`}`
  const stepsWhere = (isShown: (ms: number) => boolean) =>
    stepsOf(log.run.points, (point) => {
      const ms = shown(point, log)
      return ms === null || !isShown(ms) ? null : ms
    })
  const ink = { step: "end", symbol: "none", lineStyle: { color: "var(--ink)", width: 1 } }
  return timePanel(log, {
    id,
    seconds,
    yAxis,
    description: verdict,
    says: verdict,
    series: [
      steps("accepted", stepsWhere(isSafe)),
      steps(
        "refused",
        stepsWhere((ms) => !isSafe(ms)),
      ),
      line(
        "created",
        stepsWhere(() => true),
        ink,
      ),
      limitLine("ceiling", [0, 0], [seconds, 0]),
    ],
    columns: [{ name: "least spare time", mark: isSafe(leastMs) ? "accepted" : "refused" }],
    cells: ({ spareMs }) => [showSpare(spareMs)],
  })
}

export const spareSection = (logs: ReadonlyArray<ReportedLog>): Section => {
  const seconds = longestSeconds(logs)
  const spares = logs.flatMap((log) => log.run.points.map((point) => shown(point, log) ?? 0))
  const yAxis = valueAxis(valueScale(spares), " ms")
  return {
    id: "spare",
    title: "Spare time of the window",
    note: "How much earlier the closest request could have been sent before more than the limit could have been in one window, whatever the delays: the least of all keys. At or above zero no window can have been exceeded. It is cut off at a tenth of a window above, and at a window below.",
    legend: [
      legendEntry("accepted", "area", "to spare"),
      legendEntry("refused", "area", "below zero: not safe"),
    ],
    panels: logs.map((log, index) => panel(log, `spare-${index}`, seconds, yAxis)),
  }
}
