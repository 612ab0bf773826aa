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

type Of = (summary: Summary) => number

const rate = (name: string, meaning: string, of: Of): Figure => ({
  name,
  meaning,
  value: (_) => showRate(of(_)),
})

const count = (name: string, meaning: string, of: Of): Figure => ({
  name,
  meaning,
  value: (_) => showCount(of(_)),
})

/** A count that should be none. */
const errors = (name: string, meaning: string, of: Of): Figure => ({
  ...count(name, meaning, of),
  isWrong: (_) => of(_) > 0,
})

const share = (name: string, meaning: string, of: (summary: Summary) => number | null): Figure => ({
  name,
  meaning,
  value: (_) => showShare(of(_)),
})

const duration = (name: string, meaning: string, of: (summary: Summary) => number | undefined): Figure => ({
  name,
  meaning,
  value: (_) => showMs(of(_)),
})

const TEN: ReadonlyArray<Figure> = [
  rate(
    "Average Requests Rate",
    "orders created per second: what was asked for",
    (_) => _.averageRequestsRate,
  ),
  rate(
    "Max Possible Throughput",
    "orders per second that could have been accepted: those that left the queue, in each second at most limit × keys",
    (_) => _.maxPossibleThroughput,
  ),
  rate("Average Throughput", "orders accepted per second: what was reached", (_) => _.averageThroughput),
  rate("Lowest Throughput", "orders accepted in the worst second", (_) => _.lowestThroughput),
  rate(
    "Average Ignored from Queue",
    "orders per second that became too old while they waited in the queue",
    (_) => _.averageIgnoredFromQueue,
  ),
  rate(
    "Average Limited by Limiter",
    "orders per second that a key had taken, and that became too old while it waited for a slot",
    (_) => _.averageLimitedByLimiter,
  ),
  errors("Exceeds", "requests over the rate limit (429): ten of them block a key for good", (_) => _.exceeds),
  errors("Bans", "requests refused because their key was blocked", (_) => _.bans),
  errors("Nonce Errors", "requests that came after one with a greater nonce", (_) => _.nonceErrors),
  {
    name: "Total Time",
    meaning: "from the first outcome to the last",
    value: (_) => `${showRate(_.totalTimeMs / 1000)} s`,
  },
]

const MORE: ReadonlyArray<Figure> = [
  count("Created", "orders", (_) => _.orders.created),
  count("Accepted", "the exchange took them", (_) => _.orders.accepted),
  count("Rejected", "refused for good, not executed", (_) => _.orders.rejected),
  count("Expired", "too old before they could be sent", (_) => _.orders.expired),
  count("Unknown", "sent, and no usable answer came: may have been executed", (_) => _.orders.unknown),
  count("Cancelled", "still queued when the run was stopped", (_) => _.orders.cancelled),
  share(
    "Of the ceiling",
    "average throughput as a share of what the exchange lets through at the very most",
    (_) => _.utilisation.ofCeiling,
  ),
  share(
    "Of the safe optimum",
    "as a share of what can safely be sent with the delays of this log",
    (_) => _.utilisation.ofSafeOptimum,
  ),
  duration("Order age, p50", "half of the orders were younger when they were sent", (_) => _.orderAge?.p50),
  duration("Order age, p99", "99 of 100 were younger", (_) => _.orderAge?.p99),
  duration("Round trip, p50", "half of the answers came sooner", (_) => _.roundTrip?.p50),
  duration("Round trip, p99", "99 of 100 came sooner", (_) => _.roundTrip?.p99),
  count("Unrecognised lines", "passed over", (_) => _.unrecognisedLines),
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
