/** Durations over time as a band from the median to the 99th percentile, and as a distribution. */
import { binsOf, type Bin } from "../bins.ts"
import { showCount, showMs, showShare } from "../show.ts"
import { type Distribution, percentilesOf } from "../../summary/Distribution.ts"
import { draw } from "./draw.ts"
import { intervalName, middleOf } from "./orders.ts"
import { longestSeconds, type Panel, type ReportedLog, type Section } from "./Panel.ts"
import { binWidth, valueScale } from "./scale.ts"
import { alongAxis, colour, limitLine, line, type Place, steps, still, timeAxis, valueAxis } from "./style.ts"

const MARGINS = { left: 62, right: 14, top: 12, bottom: 28 }

/** What is measured, and what is said of it. */
export interface Measured {
  readonly what: "orderAge" | "roundTrip"
  readonly id: string
  readonly overTime: { readonly title: string; readonly note: string }
  readonly distribution: { readonly title: string; readonly note: string }
}

const NOT_TOLD = "This log does not tell, or nothing was sent."

export const overTimeSection = (
  { id, overTime, what }: Measured,
  logs: ReadonlyArray<ReportedLog>,
): Section => {
  const seconds = longestSeconds(logs)
  const scale = valueScale(logs.flatMap(({ run }) => run.points.map((point) => point[what]?.p99 ?? 0)))
  const panel = ({ run, summary }: ReportedLog, index: number): Panel | string => {
    const all = summary[what]
    if (all === null) return NOT_TOLD
    const centred = (value: (band: { readonly p50: number; readonly p99: number }) => number) =>
      run.points.map((point): Place => {
        const band = point[what]
        return [(point.fromMs + point.toMs) / 2000, band === null ? null : value(band)]
      })
    return {
      axis: "x",
      description: `${overTime.title} over ${run.points.length} intervals; of the whole log p50 ${showMs(all.p50)}, p99 ${showMs(all.p99)}.`,
      drawing: draw({
        id: `${id}-time-${index}`,
        margins: MARGINS,
        option: (size) => ({
          xAxis: timeAxis(seconds, size),
          yAxis: valueAxis(scale, " ms"),
          series: [
            // A band is an area that lies upon another one, which is not seen.
            {
              ...still,
              type: "line",
              symbol: "none",
              stack: "band",
              data: centred((_) => _.p50),
              lineStyle: { width: 0 },
            },
            {
              ...still,
              type: "line",
              symbol: "none",
              stack: "band",
              data: centred((_) => _.p99 - _.p50),
              lineStyle: { width: 0 },
              areaStyle: { color: colour("accepted"), opacity: 0.22 },
            },
            line(
              "p99",
              centred((_) => _.p99),
              { lineStyle: { color: colour("p99"), width: 1.25, type: [5, 3] } },
            ),
            line(
              "p50",
              centred((_) => _.p50),
            ),
          ],
        }),
      }),
      table: {
        corner: "time",
        columns: [
          { name: "p50", mark: "p50" },
          { name: "p99", mark: "p99" },
        ],
        rows: run.points.map((point) => ({
          at: middleOf(point, seconds),
          header: intervalName(point, seconds),
          cells: [showMs(point[what]?.p50), showMs(point[what]?.p99)],
        })),
      },
    }
  }
  return {
    id: `${id}-time`,
    ...overTime,
    legend: [
      { mark: "p50", form: "line", name: "p50: half were shorter" },
      { mark: "p99", form: "dashed", name: "p99: 99 of 100 were shorter" },
    ],
    panels: logs.map(panel),
  }
}

const MOST_BINS = 40

const binName = ({ fromMs, toMs }: Bin): string =>
  toMs === Infinity ? `${showMs(fromMs)} or more` : `${showMs(fromMs)} to ${showMs(toMs)}`

export const distributionSection = (
  { distribution, id, what }: Measured,
  logs: ReadonlyArray<ReportedLog>,
): Section => {
  const longest = Math.max(...logs.map(({ run }) => percentilesOf(run[what])?.p99 ?? 0))
  const { step } = valueScale([longest])
  const width = binWidth(longest, MOST_BINS)
  const bins = Math.max(1, Math.ceil(longest / width - 1e-9))
  // One bin more: for all that is longer.
  const end = (bins + 1) * width
  const shares = (measured: Distribution) =>
    binsOf(measured, width, bins).map((bin) => ({
      bin,
      share: measured.histogram.count === 0 ? 0 : bin.count / measured.histogram.count,
    }))
  const binned = logs.map(({ run }) => shares(run[what]))
  const scale = valueScale(binned.flatMap((bins) => bins.map(({ share }) => 100 * share)))
  const panel = ({ summary }: ReportedLog, index: number): Panel | string => {
    const all = summary[what]
    const bins = binned[index] ?? []
    if (all === null) return NOT_TOLD
    const top = (ms: number) => [Math.min(ms, end), scale.max] as const
    return {
      axis: "x",
      description: `${distribution.title}: p50 ${showMs(all.p50)}, p90 ${showMs(all.p90)}, p99 ${showMs(all.p99)}, longest ${showMs(all.max)}.`,
      drawing: draw({
        id: `${id}-distribution-${index}`,
        margins: MARGINS,
        option: ({ ticks }) => ({
          xAxis: alongAxis(end, ticks < 6 ? step * 2 : step, (value) => `${Number(value.toFixed(3))} ms`),
          yAxis: valueAxis(scale, " %"),
          series: [
            steps("accepted", [
              ...bins.map(({ bin, share }): Place => [bin.fromMs, 100 * share]),
              [end, 100 * (bins.at(-1)?.share ?? 0)],
            ]),
            limitLine("p50", [Math.min(all.p50, end), 0], top(all.p50)),
            limitLine("p99", [Math.min(all.p99, end), 0], top(all.p99)),
          ].map((series, place) =>
            place === 1 ? { ...series, lineStyle: { color: colour("p50"), width: 1.75 } } : series,
          ),
        }),
      }),
      table: {
        corner: "duration",
        columns: [{ name: "share", mark: "accepted" }, { name: "count" }],
        rows: bins.map(({ bin, share }, place) => ({
          at: ((place + 0.5) * width) / end,
          header: binName(bin),
          cells: [showShare(share), showCount(bin.count)],
        })),
      },
    }
  }
  return {
    id: `${id}-distribution`,
    ...distribution,
    legend: [
      { mark: "accepted", form: "area", name: "share" },
      { mark: "p50", form: "line", name: "p50" },
      { mark: "p99", form: "dashed", name: "p99" },
    ],
    panels: logs.map(panel),
  }
}
