/** Durations over time as a band from the median to the 99th percentile, and as a distribution. */
import { percentilesOf } from "../../summary/Distribution.ts"
import { type Bin, binsOf } from "../bins.ts"
import { showCount, showMs, showShare } from "../show.ts"
import type { Band } from "../Timeline.ts"
import { draw } from "./draw.ts"
import { legendEntry, type Panel, type ReportedLog, type Section } from "./Panel.ts"
import { binWidth, type Scale, valueScale } from "./scale.ts"
import {
  alongAxis,
  colour,
  limitLine,
  line,
  type Place,
  steps,
  still,
  valueAxis,
  type ValueAxis,
} from "./style.ts"
import { longestSeconds, MARGINS, timePanel } from "./timeChart.ts"

/** What is measured, and what is said of it. */
export interface Measured {
  readonly what: "orderAge" | "roundTrip"
  readonly id: string
  /** What half of them were, such as `were no older`. */
  readonly atMost: string
  readonly overTime: { readonly title: string; readonly note: string }
  readonly distribution: { readonly title: string; readonly note: string }
}

const NOT_TOLD = "This log does not tell, or nothing was sent."

/** An area that lies upon an invisible one. */
const band = (data: ReadonlyArray<Place>, areaStyle?: object): object => ({
  ...still,
  type: "line",
  symbol: "none",
  stack: "band",
  data,
  lineStyle: { width: 0 },
  ...(areaStyle && { areaStyle }),
})

const timePanelOf = (
  { id, overTime, what }: Measured,
  log: ReportedLog,
  index: number,
  seconds: number,
  yAxis: ValueAxis,
): Panel | string => {
  const all = log.summary[what]
  if (all === null) return NOT_TOLD
  const { points } = log.run
  const centred = (value: (band: Band) => number): ReadonlyArray<Place> =>
    points.map((point) => {
      const measured = point[what]
      return [(point.fromMs + point.toMs) / 2000, measured === null ? null : value(measured)]
    })
  const p50 = centred((_) => _.p50)
  const p99 = centred((_) => _.p99)
  return timePanel(log, {
    id: `${id}-time-${index}`,
    seconds,
    yAxis,
    description: `${overTime.title} over ${points.length} intervals; of the whole log p50 ${showMs(all.p50)}, p99 ${showMs(all.p99)}.`,
    series: [
      band(p50),
      band(
        centred((_) => _.p99 - _.p50),
        { color: colour("accepted"), opacity: 0.22 },
      ),
      line("p99", p99, { lineStyle: { color: colour("p99"), width: 1.25, type: [5, 3] } }),
      line("p50", p50),
    ],
    columns: [
      { name: "p50", mark: "p50" },
      { name: "p99", mark: "p99" },
    ],
    cells: (point) => [showMs(point[what]?.p50), showMs(point[what]?.p99)],
  })
}

export const overTimeSection = (measured: Measured, logs: ReadonlyArray<ReportedLog>): Section => {
  const { atMost, id, overTime, what } = measured
  const seconds = longestSeconds(logs)
  const longest = logs.flatMap(({ run }) => run.points.map((point) => point[what]?.p99 ?? 0))
  const yAxis = valueAxis(valueScale(longest), " ms")
  return {
    id: `${id}-time`,
    ...overTime,
    legend: [
      legendEntry("p50", "line", `p50: half ${atMost}`),
      legendEntry("p99", "dashed", `p99: 99 of 100 ${atMost}`),
    ],
    panels: logs.map((log, index) => timePanelOf(measured, log, index, seconds, yAxis)),
  }
}

const MOST_BINS = 40

/** The bins of all logs. Longer durations are in one more bin, which ends at `endMs`. */
interface Bins {
  readonly widthMs: number
  readonly count: number
  readonly endMs: number
  /** From tick to tick. */
  readonly stepMs: number
}

interface BinShare extends Bin {
  readonly share: number
}

const binsFor = (longestMs: number): Bins => {
  const widthMs = binWidth(longestMs, MOST_BINS)
  const count = Math.max(1, Math.ceil(longestMs / widthMs - 1e-9))
  return { widthMs, count, endMs: (count + 1) * widthMs, stepMs: valueScale([longestMs]).step }
}

const binName = ({ fromMs, toMs }: Bin): string =>
  toMs === Infinity ? `${showMs(fromMs)} or more` : `${showMs(fromMs)} to ${showMs(toMs)}`

const distributionPanel = (
  { distribution, id, what }: Measured,
  { summary }: ReportedLog,
  index: number,
  { endMs, stepMs, widthMs }: Bins,
  shares: ReadonlyArray<BinShare>,
  scale: Scale,
): Panel | string => {
  const all = summary[what]
  if (all === null) return NOT_TOLD
  const limitAt = (mark: "p50" | "p99"): ReturnType<typeof limitLine> => {
    const ms = Math.min(all[mark], endMs)
    return limitLine(mark, [ms, 0], [ms, scale.max])
  }
  return {
    axis: "x",
    description: `${distribution.title}: p50 ${showMs(all.p50)}, p90 ${showMs(all.p90)}, p99 ${showMs(all.p99)}, longest ${showMs(all.max)}.`,
    drawing: draw({
      id: `${id}-distribution-${index}`,
      margins: MARGINS,
      option: ({ ticks }) => ({
        xAxis: alongAxis(endMs, ticks < 6 ? stepMs * 2 : stepMs, (value) => `${Number(value.toFixed(3))} ms`),
        yAxis: valueAxis(scale, " %"),
        series: [
          steps("accepted", [
            ...shares.map(({ fromMs, share }): Place => [fromMs, 100 * share]),
            [endMs, 100 * (shares.at(-1)?.share ?? 0)],
          ]),
          { ...limitAt("p50"), lineStyle: { color: colour("p50"), width: 1.75 } },
          limitAt("p99"),
        ],
      }),
    }),
    table: {
      corner: "duration",
      columns: [{ name: "share", mark: "accepted" }, { name: "count" }],
      rows: shares.map((bin, place) => ({
        at: ((place + 0.5) * widthMs) / endMs,
        header: binName(bin),
        cells: [showShare(bin.share), showCount(bin.count)],
      })),
    },
  }
}

export const distributionSection = (measured: Measured, logs: ReadonlyArray<ReportedLog>): Section => {
  const { distribution, id, what } = measured
  const bins = binsFor(Math.max(...logs.map(({ run }) => percentilesOf(run[what])?.p99 ?? 0)))
  const shares = logs.map(({ run }): ReadonlyArray<BinShare> => {
    const all = Math.max(1, run[what].histogram.count)
    return binsOf(run[what], bins.widthMs, bins.count).map((bin) => ({ ...bin, share: bin.count / all }))
  })
  const scale = valueScale(shares.flat().map(({ share }) => 100 * share))
  return {
    id: `${id}-distribution`,
    ...distribution,
    legend: [
      legendEntry("accepted", "area", "share"),
      legendEntry("p50", "line"),
      legendEntry("p99", "dashed"),
    ],
    panels: logs.map((log, index) =>
      distributionPanel(measured, log, index, bins, shares[index] ?? [], scale),
    ),
  }
}
