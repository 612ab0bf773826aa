/**
 * Draws docs/theorem.svg: a bucket of four, its client and its exchange, from the real limit and the real counter.
 *
 *     node scripts/theorem.ts > docs/theorem.svg
 */
import process from "node:process"
import { BucketCounter } from "../src/exchange/counters/BucketCounter.ts"
import { Bucket } from "../src/limits/Bucket.ts"
import { TimeHeap } from "../src/platform/TimeHeap.ts"

const RULE = { capacity: 4, perSecond: 8 }
const END_MS = 800
/** Of each request: there and back. */
const DELAYS = [
  [30, 50],
  [150, 60],
  [10, 20],
  [90, 40],
  [40, 150],
  [160, 30],
  [20, 60],
  [60, 90],
  [110, 20],
] as const

interface Sent {
  readonly sentMs: number
  readonly arrivedMs: number
  readonly latestMs: number
}

interface Level {
  readonly atMs: number
  readonly v: number
  readonly f: number
}

/** An order is always waiting. Levels of each millisecond, and before and after each change. */
const play = (): { readonly sent: ReadonlyArray<Sent>; readonly levels: ReadonlyArray<Level> } => {
  const limit = new Bucket(RULE)
  const counter = new BucketCounter(RULE)
  const due = new TimeHeap<() => void>()
  const sent: Array<Sent> = []
  const levels: Array<Level> = []
  const look = (atMs: number) => levels.push({ atMs, v: limit.level(atMs), f: counter.used(atMs) })
  for (let nowMs = 0; nowMs <= END_MS; nowMs += 1) {
    look(nowMs)
    for (let next = due.first(); next !== undefined && next.atMs <= nowMs; next = due.first()) {
      due.take()?.value?.()
      look(nowMs)
    }
    for (let delays = DELAYS[sent.length]; delays !== undefined; delays = DELAYS[sent.length]) {
      if (limit.nextAt(1, nowMs) > nowMs) break
      const [onWayMs, backMs] = delays
      const [arrivedMs, latestMs] = [nowMs + onWayMs, nowMs + onWayMs + backMs]
      limit.hold(1, nowMs)
      due.add(arrivedMs, () => {
        if (!counter.pass(1, arrivedMs)) throw new Error("the exchange refused a request")
      })
      due.add(latestMs, () => limit.settle(1, latestMs))
      sent.push({ sentMs: nowMs, arrivedMs, latestMs })
      look(nowMs)
    }
  }
  return { sent, levels }
}

const LEFT = 56
const WIDTH = 860
const PX_PER_MS = 0.95
const ROWS_TOP = 66
const ROW = 15
const UNIT = 42

const { levels, sent } = play()
const chartTop = ROWS_TOP + ROW * sent.length + 64
const chartEnd = chartTop + UNIT * RULE.capacity
const height = chartEnd + 74

const x = (ms: number): string => (LEFT + ms * PX_PER_MS).toFixed(1)
const y = (level: number): string => (chartEnd - level * UNIT).toFixed(1)
/** A line through all levels, with a point where it bends. */
const curve = (of: (level: Level) => number): string =>
  levels
    .filter((level, index) => {
      const [before, after] = [levels[index - 1], levels[index + 1]]
      if (before === undefined || after === undefined) return true
      const isSteady = level.atMs - before.atMs === after.atMs - level.atMs
      return !isSteady || Math.abs(of(before) + of(after) - 2 * of(level)) > 1e-6
    })
    .map((level, index) => `${index === 0 ? "M" : "L"}${x(level.atMs)} ${y(of(level))}`)
    .join("")
const text = (left: number | string, top: number, said: string, look = ""): string =>
  `<text x="${left}" y="${top}"${look === "" ? "" : ` ${look}`}>${said}</text>`

const rows = sent.flatMap(({ arrivedMs, latestMs, sentMs }, index) => {
  const top = ROWS_TOP + index * ROW
  return [
    `<path class="way" d="M${x(sentMs)} ${top}H${x(latestMs)}"/>`,
    `<circle class="f" cx="${x(arrivedMs)}" cy="${top}" r="4"/>`,
    `<path class="guide" d="M${x(sentMs)} ${top + 4}V${chartEnd}"/>`,
  ]
})

const below = chartEnd + 26
process.stdout
  .write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="13" role="img">
<title>The client's counter is never below the exchange's, and rises only when a request leaves</title>
<style>
.page { fill: #ffffff } text { fill: #1f2933 } .faint { fill: #52606d } text.v { fill: #2b7a78 } text.f { fill: #c2410c }
.way { stroke: #9fb3c8; stroke-width: 5; fill: none } circle.f { fill: #c2410c } .guide { stroke: #9fb3c8; stroke-width: 0.6; stroke-dasharray: 2 4 }
.axis { stroke: #52606d; fill: none } .limit { stroke: #1f2933; stroke-dasharray: 6 4; fill: none }
path.v { stroke: #2b7a78; stroke-width: 2.2; fill: none } path.f { stroke: #c2410c; stroke-width: 2.2; fill: none }
@media (prefers-color-scheme: dark) {
.page { fill: #10161d } text { fill: #e4e7eb } .faint { fill: #9aa5b1 } text.v { fill: #4fd1c5 } text.f { fill: #fb923c }
.way { stroke: #486581 } circle.f { fill: #fb923c } .guide { stroke: #486581 } .axis { stroke: #9aa5b1 } .limit { stroke: #e4e7eb }
path.v { stroke: #4fd1c5 } path.f { stroke: #fb923c }
}
</style>
<rect class="page" width="100%" height="100%" rx="6"/>
${text(LEFT, 28, "Each request: from when it leaves to the latest moment at which it can have arrived", 'font-weight="bold"')}
${text(LEFT, 46, "The dot is when the exchange counted it. The client never learns that.", 'class="faint"')}
${rows.join("\n")}
${text(LEFT, chartTop - 22, "What both count: a bucket of 4 that drains evenly", 'font-weight="bold"')}
<path class="axis" d="M${LEFT} ${chartTop - 8}V${chartEnd}H${x(END_MS)}"/>
${Array.from({ length: RULE.capacity + 1 }, (_, level) => text(LEFT - 18, Number(y(level)) + 4, String(level), 'class="faint"')).join("\n")}
<path class="limit" d="M${LEFT} ${y(RULE.capacity)}H${x(END_MS)}"/>
${text(x(END_MS), Number(y(RULE.capacity)) - 8, "limit", 'text-anchor="end"')}
<path class="f" d="${curve(({ f }) => f)}"/>
<path class="v" d="${curve(({ v }) => v)}"/>
${text(x(END_MS), chartEnd - 6, "time", 'class="faint" text-anchor="end"')}
${text(LEFT, below, "V, the client's: what is on its way arrives now, what is answered arrived at its latest. It rises by sending alone.", 'class="v"')}
${text(LEFT, below + 22, "F, the exchange's: never above V, whatever the delays, and so never above the limit.", 'class="f"')}
</svg>
`)
