/** The ten figures and what each means, in the words of one who has not read the documents. */
import type { Summary } from "../summary/Summary.ts"
import { html, type Html } from "./html.ts"
import type { ReportedLog } from "./charts/Panel.ts"
import { showCount, showMs, showName, showRate, showShare } from "./show.ts"

interface Figure {
  readonly name: string
  readonly meaning: string
  readonly value: (summary: Summary) => string
  /** Whether it says that something went wrong. */
  readonly isWrong?: (summary: Summary) => boolean
}

const TEN: ReadonlyArray<Figure> = [
  {
    name: "Average Requests Rate",
    meaning: "orders created per second: what was asked for",
    value: (_) => showRate(_.averageRequestsRate),
  },
  {
    name: "Max Possible Throughput",
    meaning:
      "orders per second that could have been accepted: those that left the queue, in each second at most limit × keys",
    value: (_) => showRate(_.maxPossibleThroughput),
  },
  {
    name: "Average Throughput",
    meaning: "orders accepted per second: what was reached",
    value: (_) => showRate(_.averageThroughput),
  },
  {
    name: "Lowest Throughput",
    meaning: "orders accepted in the worst second",
    value: (_) => showRate(_.lowestThroughput),
  },
  {
    name: "Average Ignored from Queue",
    meaning: "orders per second that became too old while they waited in the queue",
    value: (_) => showRate(_.averageIgnoredFromQueue),
  },
  {
    name: "Average Limited by Limiter",
    meaning: "orders per second that a key had taken, and that became too old while it waited for a slot",
    value: (_) => showRate(_.averageLimitedByLimiter),
  },
  {
    name: "Exceeds",
    meaning: "requests over the rate limit (429): ten of them block a key for good",
    value: (_) => showCount(_.exceeds),
    isWrong: (_) => _.exceeds > 0,
  },
  {
    name: "Bans",
    meaning: "requests refused because their key was blocked",
    value: (_) => showCount(_.bans),
    isWrong: (_) => _.bans > 0,
  },
  {
    name: "Nonce Errors",
    meaning: "requests that came after one with a greater nonce",
    value: (_) => showCount(_.nonceErrors),
    isWrong: (_) => _.nonceErrors > 0,
  },
  {
    name: "Total Time",
    meaning: "from the first outcome to the last",
    value: (_) => `${showRate(_.totalTimeMs / 1000)} s`,
  },
]

const MORE: ReadonlyArray<Figure> = [
  { name: "Created", meaning: "orders", value: (_) => showCount(_.orders.created) },
  { name: "Accepted", meaning: "the exchange took them", value: (_) => showCount(_.orders.accepted) },
  { name: "Rejected", meaning: "refused for good, not executed", value: (_) => showCount(_.orders.rejected) },
  {
    name: "Expired",
    meaning: "too old before they could be sent",
    value: (_) => showCount(_.orders.expired),
  },
  {
    name: "Unknown",
    meaning: "sent, and no usable answer came: may have been executed",
    value: (_) => showCount(_.orders.unknown),
  },
  {
    name: "Cancelled",
    meaning: "still queued when the run was stopped",
    value: (_) => showCount(_.orders.cancelled),
  },
  {
    name: "Of the ceiling",
    meaning: "average throughput as a share of what the exchange lets through at the very most",
    value: (_) => showShare(_.utilisation.ofCeiling),
  },
  {
    name: "Of the safe optimum",
    meaning: "as a share of what can safely be sent with the delays of this log",
    value: (_) => showShare(_.utilisation.ofSafeOptimum),
  },
  {
    name: "Order age, p50",
    meaning: "half of the orders were younger when they were sent",
    value: (_) => showMs(_.orderAge?.p50),
  },
  { name: "Order age, p99", meaning: "99 of 100 were younger", value: (_) => showMs(_.orderAge?.p99) },
  {
    name: "Round trip, p50",
    meaning: "half of the answers came sooner",
    value: (_) => showMs(_.roundTrip?.p50),
  },
  { name: "Round trip, p99", meaning: "99 of 100 came sooner", value: (_) => showMs(_.roundTrip?.p99) },
  { name: "Unrecognised lines", meaning: "passed over", value: (_) => showCount(_.unrecognisedLines) },
]

const row = ({ isWrong, meaning, name, value }: Figure, logs: ReadonlyArray<ReportedLog>): Html =>
  html`<tr>
    <th scope="row"><span class="name">${name}</span> <span class="meaning">${meaning}</span></th>
    ${logs.map(({ summary }) => html`<td${isWrong?.(summary) === true ? html` class="wrong"` : ""}>${value(summary)}</td>`)}
  </tr> `

const table = (caption: string, figures: ReadonlyArray<Figure>, logs: ReadonlyArray<ReportedLog>): Html =>
  html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table class="figures">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">Figure</th>
          ${logs.map(({ name }) => html`<th scope="col">${logs.length === 1 ? "Value" : showName(name)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${figures.map((figure) => row(figure, logs))}
      </tbody>
    </table>
  </div>`

export const tenFigures = (logs: ReadonlyArray<ReportedLog>): Html => table("The ten figures", TEN, logs)
export const moreFigures = (logs: ReadonlyArray<ReportedLog>): Html =>
  table("Orders, shares and times", MORE, logs)
