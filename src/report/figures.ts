/** The ten figures and what each means, for a reader who has not read the documents. */
import { isSpared } from "../journal/LoggedLimits.ts"
import type { LimitFigures } from "../summary/LimitSpares.ts"
import { spareText } from "../summary/renderLimits.ts"
import type { Summary } from "../summary/Summary.ts"
import { type Content, html, type Html } from "./html.ts"
import type { ReportedLog } from "./charts/Panel.ts"
import { showCount, showMs, showName, showRate, showShare } from "./show.ts"

interface Figure {
  readonly name: string
  readonly meaning: string
  readonly value: (summary: Summary) => string
  /** Whether it says that something went wrong. */
  readonly isWrong?: (summary: Summary) => boolean
}

const figure = (name: string, meaning: string, value: Figure["value"]): Figure => ({ name, meaning, value })

/** A count that should be none. */
const errors = (name: string, meaning: string, of: (summary: Summary) => number): Figure => ({
  ...figure(name, meaning, (_) => showCount(of(_))),
  isWrong: (_) => of(_) > 0,
})

const TEN: ReadonlyArray<Figure> = [
  figure("Average Requests Rate", "orders created per second: what was asked for", (_) =>
    showRate(_.averageRequestsRate),
  ),
  figure(
    "Max Possible Throughput",
    "orders per second that could have been accepted: those that left the queue, in each second at most limit × keys",
    (_) => showRate(_.maxPossibleThroughput),
  ),
  figure("Average Throughput", "orders accepted per second: what was reached", (_) =>
    showRate(_.averageThroughput),
  ),
  figure("Lowest Throughput", "orders accepted in the worst second", (_) => showRate(_.lowestThroughput)),
  figure(
    "Average Ignored from Queue",
    "orders per second that became too old while they waited in the queue",
    (_) => showRate(_.averageIgnoredFromQueue),
  ),
  figure(
    "Average Limited by Limiter",
    "orders per second that a key had taken, and that became too old while it waited for a slot",
    (_) => showRate(_.averageLimitedByLimiter),
  ),
  errors("Exceeds", "requests over the rate limit (429): ten of them block a key for good", (_) => _.exceeds),
  errors("Bans", "requests refused because their key was blocked", (_) => _.bans),
  errors("Nonce Errors", "requests that came after one with a greater nonce", (_) => _.nonceErrors),
  figure(
    "Total Time",
    "from the first outcome to the last, or to the end that was planned",
    (_) => `${showRate(_.totalTimeMs / 1000)} s`,
  ),
]

const MORE: ReadonlyArray<Figure> = [
  figure("Created", "orders", (_) => showCount(_.orders.created)),
  figure("Accepted", "the exchange took them", (_) => showCount(_.orders.accepted)),
  figure("Rejected", "refused for good, not executed", (_) => showCount(_.orders.rejected)),
  figure("Expired", "too old before they could be sent", (_) => showCount(_.orders.expired)),
  figure("Unknown", "sent, and no usable answer came: may have been executed", (_) =>
    showCount(_.orders.unknown),
  ),
  figure("Cancelled", "still queued when the run was stopped", (_) => showCount(_.orders.cancelled)),
  figure(
    "Of the ceiling",
    "average throughput as a share of what the exchange lets through at the very most",
    (_) => showShare(_.utilisation.ofCeiling),
  ),
  figure(
    "Of the safe optimum",
    "as a share of what is accepted at best by the same rules, on these orders with these delays",
    (_) => showShare(_.utilisation.ofSafeOptimum),
  ),
  figure("Order age, p50", "half of the orders were no older when they were sent", (_) =>
    showMs(_.orderAge?.p50),
  ),
  figure("Order age, p99", "99 of 100 were no older", (_) => showMs(_.orderAge?.p99)),
  figure("Round trip, p50", "half of the answers took no longer", (_) => showMs(_.roundTrip?.p50)),
  figure("Round trip, p99", "99 of 100 took no longer", (_) => showMs(_.roundTrip?.p99)),
  figure("Unrecognised lines", "passed over", (_) => showCount(_.unrecognisedLines)),
]

const row = ({ isWrong, meaning, name, value }: Figure, logs: ReadonlyArray<ReportedLog>): Html =>
  html`<tr>
    <th scope="row"><span class="name">${name}</span> <span class="meaning">${meaning}</span></th>
    ${logs.map(({ summary }) => html`<td${isWrong?.(summary) === true ? html` class="wrong"` : ""}>${value(summary)}</td>`)}
  </tr> `

const table = (
  caption: Content,
  [first, ...others]: readonly [string, ...ReadonlyArray<string>],
  rows: ReadonlyArray<Html>,
): Html =>
  html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table class="figures">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">${first}</th>
          ${others.map((heading) => html`<th scope="col">${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`

const figuresTable = (
  caption: string,
  figures: ReadonlyArray<Figure>,
  logs: ReadonlyArray<ReportedLog>,
): Html =>
  table(
    caption,
    ["Figure", ...logs.map(({ name }) => (logs.length === 1 ? "Value" : showName(name)))],
    figures.map((figure) => row(figure, logs)),
  )

const limitRow = (limit: LimitFigures): Html =>
  html`<tr>
    <th scope="row"><span class="name">${limit.limit}</span></th>
    <td${isSpared(limit.spare ?? 0) ? "" : html` class="wrong"`}>${spareText(limit)}</td>
  </tr> `

/** A table for each log whose run kept limits. */
export const limitFigures = (logs: ReadonlyArray<ReportedLog>): ReadonlyArray<Html> =>
  logs.flatMap(({ name, summary: { limits = [] } }) => {
    const caption = logs.length === 1 ? "Limits" : html`Limits of ${showName(name)}`
    return limits.length === 0
      ? []
      : [html` ${table(caption, ["Limit", "Least spare"], limits.map(limitRow))}`]
  })

export const tenFigures = (logs: ReadonlyArray<ReportedLog>): Html =>
  figuresTable("The ten figures", TEN, logs)
export const moreFigures = (logs: ReadonlyArray<ReportedLog>): Html =>
  figuresTable("Orders, shares and times", MORE, logs)
