/** Orders a second by what became of them, against what the exchange lets through. */
import type { Counts, Point } from "../Timeline.ts"
import { NONE, showCount, showRate } from "../show.ts"
import { draw } from "./draw.ts"
import { longestSeconds, type Panel, type ReportedLog, type Section } from "./Panel.ts"
import { showMoment, valueScale } from "./scale.ts"
import { colour, limitLine, line, type Mark, type Place, steps, timeAxis, valueAxis } from "./style.ts"

const MARGINS = { left: 44, right: 14, top: 12, bottom: 28 }

/** From the bottom of the stack to its top. */
const STACK = ["accepted", "unknown", "refused", "expired"] as const satisfies ReadonlyArray<
  keyof Counts & Mark
>

export const rateOf = (point: Point, what: keyof Counts): number =>
  (point[what] * 1000) / (point.toMs - point.fromMs)

/** Values of intervals as steps: the last goes on to its end. */
export const stepsOf = (
  points: ReadonlyArray<Point>,
  value: (point: Point) => number | null,
): ReadonlyArray<Place> => {
  const last = points.at(-1)
  const places = points.map((point): Place => [point.fromMs / 1000, value(point)])
  return last === undefined ? places : [...places, [last.toMs / 1000, value(last)]]
}

export const intervalName = ({ fromMs, toMs }: Point, ofSeconds: number): string =>
  `${showMoment(fromMs / 1000, ofSeconds)} to ${showMoment(toMs / 1000, ofSeconds)}`

/** Where an interval's middle is along the axis. */
export const middleOf = ({ fromMs, toMs }: Point, ofSeconds: number): number =>
  (fromMs + toMs) / 2000 / ofSeconds

const knowsCreated = ({ run }: ReportedLog): boolean => run.points.some(({ created }) => created > 0)

export const ordersSection = (logs: ReadonlyArray<ReportedLog>): Section => {
  const seconds = longestSeconds(logs)
  const scale = valueScale(
    logs.flatMap(({ run, summary }) => [
      summary.utilisation.ceiling ?? 0,
      ...run.points.flatMap((point) => [
        STACK.reduce((sum, what) => sum + rateOf(point, what), 0),
        rateOf(point, "created"),
      ]),
    ]),
  )
  const panel = (log: ReportedLog, index: number): Panel => {
    const { run, summary } = log
    const { ceiling } = summary.utilisation
    return {
      axis: "x",
      description: `Orders per second over ${run.points.length} intervals; on average ${showRate(summary.averageThroughput)} accepted, of a ceiling of ${ceiling === null ? "unknown height" : showRate(ceiling)}.`,
      drawing: draw({
        id: `orders-${index}`,
        margins: MARGINS,
        option: (size) => ({
          xAxis: timeAxis(seconds, size),
          yAxis: valueAxis(scale),
          series: [
            ...STACK.map((what) =>
              steps(
                what,
                stepsOf(run.points, (point) => rateOf(point, what)),
                "orders",
              ),
            ),
            // On a line of the paper's colour, so that it stands out from what it crosses.
            ...(knowsCreated(log)
              ? [["var(--paper)", 3.5] as const, [colour("created"), 1.5] as const].map(([color, width]) =>
                  line(
                    "created",
                    stepsOf(run.points, (point) => rateOf(point, "created")),
                    {
                      step: "end",
                      symbol: "none",
                      lineStyle: { color, width },
                      z: 4,
                    },
                  ),
                )
              : []),
            ...(ceiling === null ? [] : [limitLine("ceiling", [0, ceiling], [seconds, ceiling])]),
          ],
        }),
      }),
      table: {
        corner: "time",
        columns: [
          { name: "accepted/s", mark: "accepted" },
          { name: "unknown/s", mark: "unknown" },
          { name: "refused/s", mark: "refused" },
          { name: "expired/s", mark: "expired" },
          { name: "created/s", mark: "created" },
          { name: "accepted" },
        ],
        rows: run.points.map((point) => ({
          at: middleOf(point, seconds),
          header: intervalName(point, seconds),
          cells: [
            ...STACK.map((what) => showRate(rateOf(point, what))),
            knowsCreated(log) ? showRate(rateOf(point, "created")) : NONE,
            showCount(point.accepted),
          ],
        })),
      },
    }
  }
  return {
    id: "orders",
    title: "Orders per second",
    note: "What became of orders, at the time when it did. Refused counts every request that was refused, also where its order was sent again. Nothing can be accepted above the ceiling, what the exchange lets through at the very most.",
    legend: [
      { mark: "accepted", form: "area", name: "accepted" },
      { mark: "unknown", form: "area", name: "unknown" },
      { mark: "refused", form: "area", name: "refused" },
      { mark: "expired", form: "area", name: "expired" },
      { mark: "created", form: "line", name: "created" },
      { mark: "ceiling", form: "dashed", name: "ceiling" },
    ],
    panels: logs.map(panel),
  }
}
