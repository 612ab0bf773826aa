/** Orders a second by what became of them, against what the exchange lets through. */
import { NONE, showCount, showRate } from "../show.ts"
import type { Counts, Point } from "../Timeline.ts"
import { legendEntry, type Panel, type ReportedLog, type Section } from "./Panel.ts"
import { valueScale } from "./scale.ts"
import { colour, limitLine, line, type Mark, steps, valueAxis, type ValueAxis } from "./style.ts"
import { longestSeconds, MARGINS, stepsOf, timePanel } from "./timeChart.ts"

/** From the bottom of the stack to its top. */
const STACK = ["accepted", "unknown", "refused", "expired"] as const satisfies ReadonlyArray<
  keyof Counts & Mark
>

const rateOf = (point: Point, what: keyof Counts): number =>
  (point[what] * 1000) / (point.toMs - point.fromMs)

/** Less of an interval than this tells no rate. */
const LEAST_SHARE = 0.5

/** Orders created a second, over the time of the interval of which the log has them; null where that is too short. */
const createdRate = ({ created, createdMs, fromMs, toMs }: Point): number | null =>
  createdMs < LEAST_SHARE * Math.min(toMs - fromMs, 1000) ? null : (created * 1000) / createdMs

/** On a line of the paper's colour, so that it stands out from what it crosses. */
const createdLines = (points: ReadonlyArray<Point>): ReadonlyArray<object> =>
  [["var(--paper)", 3.5] as const, [colour("created"), 1.5] as const].map(([color, width]) =>
    line("created", stepsOf(points, createdRate), {
      step: "end",
      symbol: "none",
      lineStyle: { color, width },
      z: 4,
    }),
  )

const showRateOr = (rate: number | null): string => (rate === null ? NONE : showRate(rate))

const panel = (log: ReportedLog, id: string, seconds: number, yAxis: ValueAxis): Panel => {
  const { points } = log.run
  const { averageThroughput, utilisation } = log.summary
  const { ceiling } = utilisation
  const knowsCreated = points.some(({ created }) => created > 0)
  const height = ceiling === null ? "unknown height" : showRate(ceiling)
  return timePanel(log, {
    id,
    seconds,
    margins: { ...MARGINS, left: 44 },
    yAxis,
    description: `Orders per second over ${points.length} intervals; on average ${showRate(averageThroughput)} accepted, of a ceiling of ${height}.`,
    series: [
      ...STACK.map((what) => {
        const rates = stepsOf(points, (point) => rateOf(point, what))
        return steps(what, rates, "orders")
      }),
      ...(knowsCreated ? createdLines(points) : []),
      ...(ceiling === null ? [] : [limitLine("ceiling", [0, ceiling], [seconds, ceiling])]),
    ],
    columns: [
      ...[...STACK, "created" as const].map((mark) => ({ name: `${mark}/s`, mark })),
      { name: "accepted" },
    ],
    cells: (point) => [
      ...STACK.map((what) => showRate(rateOf(point, what))),
      knowsCreated ? showRateOr(createdRate(point)) : NONE,
      showCount(point.accepted),
    ],
  })
}

export const ordersSection = (logs: ReadonlyArray<ReportedLog>): Section => {
  const seconds = longestSeconds(logs)
  const heights = logs.flatMap(({ run, summary }) => [
    summary.utilisation.ceiling ?? 0,
    ...run.points.flatMap((point) => [
      STACK.reduce((sum, what) => sum + rateOf(point, what), 0),
      createdRate(point) ?? 0,
    ]),
  ])
  const yAxis = valueAxis(valueScale(heights))
  return {
    id: "orders",
    title: "Orders per second",
    note: "What became of orders, at the time when it did. Refused counts every request that was refused, also where its order was sent again. Nothing can be accepted above the ceiling, what the exchange lets through at the very most. The line of created orders ends where no more were made, or where the log no longer tells of all of them.",
    legend: [
      ...STACK.map((mark) => legendEntry(mark)),
      legendEntry("created", "line"),
      legendEntry("ceiling", "dashed"),
    ],
    panels: logs.map((log, index) => panel(log, `orders-${index}`, seconds, yAxis)),
  }
}
