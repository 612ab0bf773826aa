/**
 * The form for reading: a table with a row for each figure and a column for each log.
 */
import type { Percentiles } from "./Distribution.ts"
import type { NamedSummary, Summary } from "./Summary.ts"

interface Row {
  readonly label: string
  readonly value: (summary: Summary) => string
  readonly unit: string
  /** What the figure means, where its name does not say. */
  readonly note: string
}

interface Section {
  readonly title: string
  readonly rows: ReadonlyArray<Row>
}

const inEnglish = new Intl.NumberFormat("en-US")
const withTwoDecimals = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
})

const count = (label: string, of: (summary: Summary) => number, note = ""): Row => ({
  label,
  value: (summary) => inEnglish.format(of(summary)),
  unit: "",
  note,
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
  const names = ["p50", "p90", "p99", "max"] as const
  return names.map((name, index) => ({
    label: `${label} ${name}`,
    value: (summary) => {
      const known = of(summary)
      return known === null ? "-" : withTwoDecimals.format(known[name])
    },
    unit: "ms",
    note: index === 0 ? note : "",
  }))
}

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
    title: "Errors",
    rows: [
      count("exceeds", (_) => _.exceeds, "requests over the rate limit"),
      count("bans", (_) => _.bans, "requests refused because the key was blocked"),
      count("nonce errors", (_) => _.nonceErrors, "requests whose nonce came too late"),
    ],
  },
  {
    title: "Times",
    rows: [
      ...percentiles("order age", (_) => _.orderAge, "from an order's creation to its request"),
      ...percentiles("round trip", (_) => _.roundTrip, "from a request to its answer"),
    ],
  },
  {
    title: "Log",
    rows: [
      {
        label: "total time",
        value: (_) => withTwoDecimals.format(_.totalTimeMs / 1000),
        unit: "s",
        note: "from the first outcome to the last",
      },
      count("windows", (_) => _.windows, "complete seconds: what rates are averages over"),
      count("unrecognised lines", (_) => _.unrecognisedLines, "passed over"),
    ],
  },
]

/** A table of all figures, ending in a newline. Columns stand in the order of `logs`. */
export const renderText = (logs: ReadonlyArray<NamedSummary>): string => {
  const rows = sections.flatMap((section) => section.rows)
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

  const heading =
    only === undefined
      ? line(
          "",
          columns.map((column) => `  ${column.name.padStart(column.width)}`),
          "",
        )
      : only.name
  const body = sections.map((section) =>
    [
      section.title,
      ...section.rows.map((row) =>
        line(
          `  ${row.label}`,
          columns.map((column) => `  ${row.value(column.summary).padStart(column.width)}`),
          ` ${row.unit.padEnd(4)}${row.note}`,
        ),
      ),
    ].join("\n"),
  )
  return `${[heading, ...body].join("\n\n")}\n`
}
