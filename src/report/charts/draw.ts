/**
 * Draws a chart as SVG text, in each size that the page chooses from: in a chart that grew with its page the words would
 * grow too. The page's style gives the colours their values, so one drawing serves light and dark.
 */
import { BarChart, LineChart } from "echarts/charts"
import { GridComponent } from "echarts/components"
import { type EChartsCoreOption, init, use } from "echarts/core"
import { SVGRenderer } from "echarts/renderers"
import { html, type Html, trusted } from "../html.ts"

use([BarChart, LineChart, GridComponent, SVGRenderer])

/** In pixels. */
export interface Size {
  readonly name: "wide" | "medium" | "narrow"
  readonly width: number
  readonly height: number
  /** Ticks that an axis along it has room for. */
  readonly ticks: number
}

const SIZES: ReadonlyArray<Size> = [
  { name: "wide", width: 1040, height: 280, ticks: 12 },
  { name: "medium", width: 600, height: 260, ticks: 8 },
  { name: "narrow", width: 340, height: 220, ticks: 5 },
]

/** Room for an axis's labels, in pixels. */
export interface Margins {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

export interface Drawing {
  /** Begins the names of what is defined in it; no other drawing of the page may have it. */
  readonly id: string
  readonly margins: Margins
  /** In pixels, where not the usual. */
  readonly height?: number
  readonly option: (size: Size) => EChartsCoreOption
}

/** What a chart drawn with a browser would need, and one that is drawn to text only carries along. */
const LEFT_OVER = /<style ?>.*?<\/style>| (?:class|pointer-events|style)="[^"]*"/gs

const drawSize = ({ height, id, margins, option }: Drawing, size: Size): Html => {
  const drawn = { ...size, height: height ?? size.height }
  const chart = init(null, null, { renderer: "svg", ssr: true, width: drawn.width, height: drawn.height })
  chart.setOption({ animation: false, grid: margins, ...option(drawn) })
  const svg = chart
    .renderToSVGString({ useViewBox: true })
    .replace(LEFT_OVER, "")
    .replace(/zr\d+-/g, `${id}-${size.name}-`)
    .replace("<svg ", '<svg aria-hidden="true" focusable="false" ')
  chart.dispose()
  const plot = [
    margins.left / drawn.width,
    margins.top / drawn.height,
    (drawn.width - margins.left - margins.right) / drawn.width,
    (drawn.height - margins.top - margins.bottom) / drawn.height,
  ]
  return html`<div
    class="drawing ${size.name}"
    data-plot="${plot.map((share) => share.toFixed(4)).join(" ")}"
  >
    ${trusted(svg)}
  </div>`
}

export const draw = (drawing: Drawing): Html => html`${SIZES.map((size) => drawSize(drawing, size))}`
