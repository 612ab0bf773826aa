/** Charts along the time of the longest of a report's logs, to the end that was planned for it, with a row for each interval. */
import type { Point } from "../Timeline.ts"
import { draw } from "./draw.ts"
import type { Panel, ReportedLog, Table } from "./Panel.ts"
import { showMoment } from "./scale.ts"
import { type Place, timeAxis, type ValueAxis } from "./style.ts"

/** Room for an axis of values with a unit, in pixels. */
export const MARGINS = { left: 62, right: 14, top: 12, bottom: 28 }

export interface TimeChart extends Pick<Panel, "description" | "says"> {
  /** No other drawing of the page has it. */
  readonly id: string
  /** Seconds that the longest of the logs lasts. */
  readonly seconds: number
  readonly margins?: typeof MARGINS
  readonly yAxis: ValueAxis
  readonly series: ReadonlyArray<object>
  readonly columns: Table["columns"]
  readonly cells: (point: Point) => ReadonlyArray<string>
}

export const longestSeconds = (logs: ReadonlyArray<ReportedLog>): number =>
  Math.max(
    ...logs.map(({ run, summary }) => Math.max(run.points.at(-1)?.toMs ?? 1, summary.totalTimeMs) / 1000),
  )

/** Values of intervals as steps: the last goes on to its end. */
export const stepsOf = (
  points: ReadonlyArray<Point>,
  value: (point: Point) => number | null,
): ReadonlyArray<Place> => {
  const last = points.at(-1)
  const places = points.map((point): Place => [point.fromMs / 1000, value(point)])
  return last === undefined ? places : [...places, [last.toMs / 1000, value(last)]]
}

export const timePanel = (
  { run: { points } }: ReportedLog,
  { cells, columns, id, margins = MARGINS, seconds, series, yAxis, ...said }: TimeChart,
): Panel => ({
  ...said,
  axis: "x",
  drawing: draw({
    id,
    margins,
    option: ({ ticks }) => ({ xAxis: timeAxis(seconds, ticks), yAxis, series }),
  }),
  table: {
    corner: "time",
    columns,
    rows: points.map((point) => ({
      at: (point.fromMs + point.toMs) / 2000 / seconds,
      header: `${showMoment(point.fromMs / 1000, seconds)} to ${showMoment(point.toMs / 1000, seconds)}`,
      cells: cells(point),
    })),
  },
})
