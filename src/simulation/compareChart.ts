/**
 * A comparison as a picture: a bar for each gate with its confidence interval, and lines for what could be
 * reached. Gates that broke a rule are marked by colour and in words.
 */
import { BarChart, type BarSeriesOption, CustomChart, type CustomSeriesOption } from "echarts/charts"
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from "echarts/components"
import { init, use } from "echarts/core"
import { SVGRenderer } from "echarts/renderers"
import { counted } from "../platform/counted.ts"
import { FAINT, INK, SAFE, UNSAFE } from "./colours.ts"
import type { Comparison, GateComparison } from "./Compare.ts"
import { deadText, showScenario, showSeeds } from "./renderComparison.ts"

use([BarChart, CustomChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer])

const OPTIMUM = "#1d4ed8"
const FONT = "Helvetica, Arial, sans-serif"

const WIDTH_PER_GATE = 130
const HEIGHT = 560
/** Room around the bars, in pixels. */
const GRID = { left: 64, right: 150, top: 132, bottom: 92 }
/** Half of a whisker's end, in pixels. */
const CAP = 7

const ifAny = (count: number, one: string): ReadonlyArray<string> =>
  count === 0 ? [] : [counted(count, one)]

const wrongs = (gate: GateComparison): ReadonlyArray<string> => [
  ...[deadText(gate)].flatMap((text) => text ?? []),
  ...ifAny(gate.exceeds, "exceed"),
  ...ifAny(gate.nonceErrors, "nonce error"),
  ...ifAny(gate.bans, "ban"),
]

const axisLabel = (gate: GateComparison): string =>
  gate.safe
    ? `{name|${gate.gate}}\n{safe|safe}`
    : [`{name|${gate.gate}}`, "{unsafe|unsafe:}", ...wrongs(gate).map((wrong) => `{unsafe|${wrong}}`)].join(
        "\n",
      )

const line = (x1: number, y1: number, x2: number, y2: number) => ({
  type: "line" as const,
  shape: { x1, y1, x2, y2 },
  style: { stroke: INK, lineWidth: 1.5 },
})

const whiskers = (gates: ReadonlyArray<GateComparison>): CustomSeriesOption => ({
  type: "custom",
  z: 10,
  data: gates.flatMap(({ acceptedPerSecond: { mean, plusMinus } }, index) =>
    plusMinus === null ? [] : [[index, mean - plusMinus, mean + plusMinus]],
  ),
  renderItem: (_, api) => {
    const at = (dimension: number) => api.coord([api.value(0), api.value(dimension)])
    const [x = 0, low = 0] = at(1)
    const [, high = 0] = at(2)
    return {
      type: "group",
      children: [line(x, low, x, high), line(x - CAP, low, x + CAP, low), line(x - CAP, high, x + CAP, high)],
    }
  },
})

/** What is accepted at most by any bar or line. */
const topOf = ({ ceilingPerSecond, gates }: Comparison): number =>
  Math.max(
    ceilingPerSecond,
    ...gates.map(({ acceptedPerSecond: { mean, plusMinus } }) => mean + (plusMinus ?? 0)),
  )

/** A bar, with its figure inside; above its whisker where it is too low to hold it. */
const bar = ({ acceptedPerSecond: { mean, plusMinus } }: GateComparison, highest: number) => {
  const inside = mean > highest / 5
  const whiskerPx = ((plusMinus ?? 0) / highest) * (HEIGHT - GRID.top - GRID.bottom)
  return {
    value: mean,
    label: {
      show: true,
      position: inside ? ("insideBottom" as const) : ("top" as const),
      distance: inside ? 10 : whiskerPx + 7,
      color: inside ? "#ffffff" : INK,
      fontSize: 14,
      fontWeight: "bold" as const,
      formatter: mean.toFixed(1),
    },
  }
}

/** The bars of the gates that are safe, or of those that are not. */
const bars = (gates: ReadonlyArray<GateComparison>, safe: boolean, highest: number): BarSeriesOption => ({
  type: "bar",
  name: safe ? "no rule broken" : "a rule broken",
  stack: "accepted",
  barMaxWidth: 70,
  itemStyle: { color: safe ? SAFE : UNSAFE },
  data: gates.map((gate) => (gate.safe === safe ? bar(gate, highest) : null)),
})

/** A line across the chart. One has its label above and one below: the two may be close together. */
const level = (name: string, value: number, color: string, verticalAlign: "bottom" | "top") => ({
  name,
  yAxis: value,
  lineStyle: { color, width: 1.5, type: "dashed" as const },
  label: {
    formatter: `${name} ${value.toFixed(1)}`,
    color,
    verticalAlign,
    position: "end" as const,
    fontSize: 12,
  },
})

const categories = (gates: ReadonlyArray<GateComparison>) => ({
  type: "category" as const,
  data: gates.map(axisLabel),
  axisTick: { show: false },
  axisLine: { lineStyle: { color: FAINT } },
  axisLabel: {
    interval: 0,
    margin: 12,
    rich: {
      name: { fontSize: 13, fontWeight: "bold" as const, color: INK, lineHeight: 18 },
      safe: { fontSize: 12, color: SAFE, lineHeight: 15 },
      unsafe: { fontSize: 12, color: UNSAFE, lineHeight: 15 },
    },
  },
})

export const compareChart = (comparison: Comparison): string => {
  const { gates, ceilingPerSecond, safeOptimum } = comparison
  const highest = Math.ceil((topOf(comparison) * 1.05) / 5) * 5
  const levels = [
    level("ceiling", ceilingPerSecond, INK, "bottom"),
    level("safe optimum", safeOptimum.acceptedPerSecond.mean, OPTIMUM, "top"),
  ]
  const chart = init(null, null, {
    renderer: "svg",
    ssr: true,
    width: Math.max(760, 190 + gates.length * WIDTH_PER_GATE),
    height: HEIGHT,
  })
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: FONT, color: INK },
    title: {
      text: "Orders accepted per second, by gate",
      subtext: `${showScenario(comparison.scenario)}; ${showSeeds(comparison.seeds)}; whiskers: 95 % confidence`,
      left: 20,
      top: 14,
      textStyle: { fontSize: 19, color: INK },
      subtextStyle: { fontSize: 12, color: FAINT },
    },
    legend: {
      top: 68,
      left: 16,
      data: ["no rule broken", "a rule broken"],
      textStyle: { color: INK },
      selectedMode: false,
    },
    grid: GRID,
    xAxis: categories(gates),
    yAxis: {
      type: "value",
      name: "orders/s",
      min: 0,
      max: highest,
      nameTextStyle: { color: FAINT },
      axisLabel: { color: FAINT, showMaxLabel: false },
      splitLine: { lineStyle: { color: "#e4e7eb" } },
    },
    series: [
      { ...bars(gates, true, highest), markLine: { symbol: "none", silent: true, data: levels } },
      bars(gates, false, highest),
      whiskers(gates),
    ],
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${svg}\n`
}
