/**
 * The form for reading: a table with a row for each figure and a column for each log.
 */
import { inEnglish } from "../platform/counted.ts"
import type { Percentiles } from "./Distribution.ts"
import { endTexts } from "./ending.ts"
import { withoutSharedFolder } from "./headings.ts"
import { renderKeys } from "./renderKeys.ts"
import { renderLimits } from "./renderLimits.ts"
import { reachText } from "./ReachTally.ts"
import { nameWithScope, scopeText } from "./Selection.ts"
import type { NamedSummary, Summary } from "./Summary.ts"

interface Row {
  readonly label: string
  readonly value: (summary: Summary) => string
  readonly unit: string
  /** What the figure means, if its name does not say. */
  readonly note: string
  /** Whether these logs need the row; if left out, all do. */
  readonly isShown?: (logs: ReadonlyArray<Summary>) => boolean
}

interface Section {
  readonly title: string
  readonly rows: ReadonlyArray<Row>
}

const withTwoDecimals = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
})

const count = (label: string, of: (summary: Summary) => number | null, note = ""): Row => ({
  label,
  value: (summary) => {
    const known = of(summary)
    return known === null ? "-" : inEnglish.format(known)
  },
  unit: "",
  note,
})

const loss = (label: string, of: (summary: Summary) => number | null, note = ""): Row => ({
  ...count(label, of, note),
  isShown: (logs) => logs.some((summary) => (of(summary) ?? 0) !== 0),
})

const perSecond = (label: string, of: (summary: Summary) => number, note: string): Row => ({
  label,
  value: (summary) => withTwoDecimals.format(of(summary)),
  unit: "/s",
  note,
})

const percentiles = (
  label: string,
  of: (summary: Summary) => Percentiles | null,
  note: string,
): ReadonlyArray<Row> => {
  const names = ["p50", "p90", "p99", "p999", "max"] as const
  const isKnown = (logs: ReadonlyArray<Summary>): boolean => logs.some((summary) => of(summary) !== null)
  const unknown: Row = { label, value: () => "-", unit: "", note, isShown: (logs) => !isKnown(logs) }
  const known = names.map((name, index): Row => ({
    label: `${label} ${name === "p999" ? "p99.9" : name}`,
    value: (summary) => {
      const percentiles = of(summary)
      return percentiles === null ? "-" : withTwoDecimals.format(percentiles[name])
    },
    unit: "ms",
    note: index === 0 ? note : "",
    isShown: isKnown,
  }))
  return [unknown, ...known]
}

const orDash = (value: number | null): string => (value === null ? "-" : withTwoDecimals.format(value))

const ofPossible = (label: string, of: (summary: Summary) => number | null, note: string): Row => ({
  label,
  value: (summary) => {
    const part = of(summary)
    return orDash(part === null ? null : part * 100)
  },
  unit: "%",
  note,
})

const possible = (label: string, of: (summary: Summary) => number | null, note: string): Row => ({
  label,
  value: (summary) => orDash(of(summary)),
  unit: "/s",
  note,
})

const seconds = (label: string, ofMs: (summary: Summary) => number, note: string): Row => ({
  label,
  value: (summary) => withTwoDecimals.format(ofMs(summary) / 1000),
  unit: "s",
  note,
})

const share = (part: number, whole: number): string =>
  whole === 0 ? "-" : withTwoDecimals.format((100 * part) / whole)

const sections: ReadonlyArray<Section> = [
  {
    title: "Orders",
    rows: [
      count("created", (_) => _.orders.created),
      count("accepted", (_) => _.orders.accepted),
      {
        label: "accepted share",
        value: (_) => share(_.orders.accepted, _.orders.created),
        unit: "%",
        note: "of those created",
      },
      count("rejected", (_) => _.orders.rejected, "refused for good, not executed"),
      count("expired", (_) => _.orders.expired, "too old before they were sent"),
      count("unknown", (_) => _.orders.unknown, "no usable answer: may have been executed"),
      count("cancelled", (_) => _.orders.cancelled, "still queued when the run was stopped"),
    ],
  },
  {
    title: "Rates",
    rows: [
      perSecond("requests", (_) => _.averageRequestsRate, "orders created"),
      perSecond(
        "possible throughput",
        (_) => _.maxPossibleThroughput,
        "orders that left the queue, at most limit x keys",
      ),
      perSecond("throughput", (_) => _.averageThroughput, "orders accepted"),
      perSecond("lowest throughput", (_) => _.lowestThroughput, "orders accepted in the worst second"),
      perSecond("ignored from queue", (_) => _.averageIgnoredFromQueue, "orders that expired in the queue"),
      perSecond(
        "limited by limiter",
        (_) => _.averageLimitedByLimiter,
        "orders that expired while waiting for a slot",
      ),
    ],
  },
  {
    title: "Use of what was possible",
    rows: [
      possible("ceiling", (_) => _.utilisation.ceiling, "what the exchange lets through at the very most"),
      ofPossible("throughput of ceiling", (_) => _.utilisation.ofCeiling, ""),
      possible(
        "safe optimum",
        (_) => _.utilisation.safeOptimum,
        "accepted at best by these rules, on these orders with these delays",
      ),
      ofPossible("throughput of optimum", (_) => _.utilisation.ofSafeOptimum, ""),
      seconds("longest stretch", (_) => _.longestWithoutAcceptance.ms, "without an acceptance"),
      seconds("... which began at", (_) => _.longestWithoutAcceptance.fromMs, "from the first outcome on"),
    ],
  },
  {
    title: "Orders lost",
    rows: [
      loss("expired in queue", (_) => _.losses.expired.queue),
      loss("expired in limiter", (_) => _.losses.expired.limiter),
      loss("rejected: rate limit", (_) => _.losses.rejected["rate-limit"]),
      loss("rejected: blocked", (_) => _.losses.rejected.blocked),
      loss("rejected: nonce", (_) => _.losses.rejected.nonce),
      loss("rejected: api key", (_) => _.losses.rejected["api-key"]),
      loss("rejected: clock", (_) => _.losses.rejected.clock, "the exchange takes our clock for wrong"),
      loss("rejected: other", (_) => _.losses.rejected.exchange),
      loss("unknown: timeout", (_) => _.losses.unknown.timeout),
      loss("unknown: broken", (_) => _.losses.unknown["broken-connection"], "the connection broke off"),
      loss("unknown: undecodable", (_) => _.losses.unknown.undecodable, "the answer made no sense"),
      loss("unknown: server error", (_) => _.losses.unknown["server-error"]),
      loss("unknown: unfinished", (_) => _.losses.unknown.unfinished, "sent, and the log tells no outcome"),
      loss("cancelled", (_) => _.losses.cancelled),
    ],
  },
  {
    title: "Errors",
    rows: [
      count("exceeds", (_) => _.exceeds, "requests over the rate limit"),
      count("bans", (_) => _.bans, "requests refused because the key was blocked"),
      count("nonce errors", (_) => _.nonceErrors, "requests whose nonce came too late"),
      count("nonce jumps", (_) => _.nonceJumps, "a key's nonces had to go on further ahead"),
    ],
  },
  {
    title: "Times",
    rows: [
      ...percentiles("queue wait", (_) => _.queueWait, "from an order's creation to its first request"),
      ...percentiles("order age", (_) => _.orderAge, "from an order's creation to its last request"),
      ...percentiles(
        "write delay",
        (_) => _.writeDelay,
        "from a request's beginning until a connection has it",
      ),
      ...percentiles("round trip", (_) => _.roundTrip, "from a request to its answer"),
    ],
  },
  {
    title: "Log",
    rows: [
      seconds(
        "total time",
        (_) => _.totalTimeMs,
        "from the first outcome to the last, or to the end that was planned",
      ),
      count("windows", (_) => _.windows, "complete seconds: what rates are averages over"),
      count("unrecognised lines", (_) => _.unrecognisedLines, "passed over"),
    ],
  },
]

/** What is said of a log's end below its heading. */
const endLines = (log: NamedSummary, isNamed: boolean): ReadonlyArray<string> =>
  endTexts(log).map((text) => `${isNamed ? `${log.name}: ` : ""}${text}`)

/** What is said below the heading of a log whose reach widened. */
const reachLine = ({ name, summary }: NamedSummary, isNamed: boolean): ReadonlyArray<string> =>
  summary.reach === null ? [] : [`${isNamed ? `${name}: ` : ""}${reachText(summary.reach)}`]

/** A table of all figures, ending in a newline. Columns stand in the order of the logs. */
export const renderText = (named: ReadonlyArray<NamedSummary>): string => {
  const logs = withoutSharedFolder(named)
  const summaries = logs.map(({ summary }) => summary)
  const isShown = (row: Row): boolean => row.isShown === undefined || row.isShown(summaries)
  const shown = sections
    .map(({ title, rows }) => ({ title, rows: rows.filter(isShown) }))
    .filter(({ rows }) => rows.length > 0)
  const rows = shown.flatMap((section) => section.rows)
  const labelWidth = Math.max(...rows.map((row) => row.label.length)) + 2
  // A single log needs no column heading: its name stands above the table.
  const [only] = logs.length === 1 ? logs : []
  const columns = logs.map((log) => ({
    ...log,
    width: Math.max(
      only === undefined ? log.name.length : 0,
      ...rows.map((row) => row.value(log.summary).length),
    ),
  }))
  const line = (label: string, cells: ReadonlyArray<string>, rest: string): string =>
    `${label.padEnd(labelWidth)}${cells.join("")}${rest}`.trimEnd()

  const names =
    only === undefined
      ? line(
          "",
          columns.map((column) => `  ${column.name.padStart(column.width)}`),
          "",
        )
      : nameWithScope(only.name, only.selection)
  const body = shown.map((section) =>
    [
      section.title,
      ...section.rows.map((row) =>
        line(
          `  ${row.label}`,
          columns.map((column) => `  ${row.value(column.summary).padStart(column.width)}`),
          // What nobody knows has no unit either.
          ` ${(columns.every(({ summary }) => row.value(summary) === "-") ? "" : row.unit).padEnd(4)}${row.note}`,
        ),
      ),
    ].join("\n"),
  )
  const heading = [
    names,
    ...logs.flatMap((log) => [...endLines(log, logs.length > 1), ...reachLine(log, logs.length > 1)]),
  ].join("\n")
  // The same part of each of several logs, said once.
  const scope = only === undefined ? scopeText(logs[0]?.selection) : ""
  const headings = scope === "" ? [heading] : [scope, heading]
  return `${[...headings, ...body, ...renderKeys(logs), ...renderLimits(logs)].join("\n\n")}\n`
}
