/**
 * How charts look: the same marks mean the same in all of them.
 */
import type { Scale } from "./scale.ts"
import { showMoment, timeStep } from "./scale.ts"

/** What has a colour of its own; the page's style says which, and what texture goes with it. */
export type Mark = "accepted" | "unknown" | "refused" | "expired" | "created" | "ceiling" | "p50" | "p99"

export const colour = (mark: Mark): string => `var(--${mark})`

const stripes = (rotation: number) => ({
  symbol: "rect",
  dashArrayX: [1, 0],
  dashArrayY: [1.5, 4.5],
  rotation,
  color: "var(--texture)",
})

const dots = {
  symbol: "circle",
  symbolSize: 0.7,
  dashArrayX: [
    [0, 5],
    [2.5, 5],
  ],
  dashArrayY: [2.5, 0],
  color: "var(--texture)",
}

/** Colours are told apart by texture, too. */
const TEXTURES: Partial<Record<Mark, object>> = {
  refused: stripes(Math.PI / 4),
  unknown: stripes(-Math.PI / 4),
  expired: dots,
}

export const fill = (mark: Mark) => ({
  color: colour(mark),
  ...(TEXTURES[mark] && { decal: TEXTURES[mark] }),
})

const label = { color: "var(--faint)", fontSize: 12 }
const grid = { lineStyle: { color: "var(--grid)" } }
const base = { lineStyle: { color: "var(--faint)" } }

/** What never moves. */
export const still = { silent: true, animation: false, emphasis: { disabled: true } }

const inEnglish = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 })

export const valueAxis = ({ max, min, step }: Scale, unit = "") => ({
  type: "value" as const,
  min,
  max,
  interval: step,
  axisLabel: { ...label, formatter: (value: number) => `${inEnglish.format(value)}${unit}` },
  axisLine: { show: false },
  axisTick: { show: false },
  splitLine: grid,
})

export type ValueAxis = ReturnType<typeof valueAxis>

/** Values along the chart, from 0 on. */
export const alongAxis = (max: number, step: number, show: (value: number) => string) => ({
  type: "value" as const,
  min: 0,
  max,
  interval: step,
  axisLabel: {
    ...label,
    hideOverlap: true,
    // The axis ends where the longest log does, which is between two ticks as a rule.
    formatter: (value: number) =>
      Math.abs(value / step - Math.round(value / step)) < 1e-6 ? show(value) : "",
  },
  axisLine: { ...base, onZero: true },
  axisTick: { show: false },
  splitLine: { show: false },
})

/** Time from the log's first record on. */
export const timeAxis = (seconds: number, ticks: number) =>
  alongAxis(seconds, timeStep(seconds, ticks), (value) => showMoment(value, seconds))

export const categoryAxis = (names: ReadonlyArray<string>) => ({
  type: "category" as const,
  data: [...names],
  inverse: true,
  axisLabel: { ...label, interval: 0 },
  axisLine: base,
  axisTick: { show: false },
})

export type Place = readonly [number, number | null]

/** A line, with or without corners. */
export const line = (mark: Mark, data: ReadonlyArray<Place>, options: object = {}) => ({
  ...still,
  type: "line",
  showSymbol: data.length <= 2,
  symbol: "circle",
  symbolSize: 5,
  data: [...data],
  itemStyle: { color: colour(mark) },
  lineStyle: { color: colour(mark), width: 1.75 },
  ...options,
})

/** A limit, from one end to the other. */
export const limitLine = (mark: Mark, from: Place, to: Place) =>
  line(mark, [from, to], {
    symbol: "none",
    showSymbol: false,
    lineStyle: { color: colour(mark), width: 1.5, type: "dashed" },
    z: 5,
  })

/** An area under steps; areas of a stack lie upon each other. */
export const steps = (mark: Mark, data: ReadonlyArray<Place>, stack?: string) => ({
  ...still,
  type: "line",
  step: "end",
  symbol: "none",
  ...(stack !== undefined && { stack, stackStrategy: "all" }),
  data: [...data],
  itemStyle: fill(mark),
  lineStyle: { width: 0 },
  areaStyle: { color: colour(mark), opacity: 1 },
})
