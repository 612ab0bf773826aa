/**
 * Intervals as lines of a table, one by one: for reading, as JSON objects, or as comma-separated values.
 */
import { DateTime, Option } from "effect"
import { csvLine, type CsvValue } from "./csv.ts"
import type { Interval } from "./Intervals.ts"
import { nameWithScope, type Selection } from "./Selection.ts"

export type IntervalFormat = "text" | "json" | "csv"

export interface IntervalLines {
  /** What stands above the table; undefined where nothing does. */
  readonly heading: string | undefined
  /** Ends in no newline, which printing it adds; comma-separated values end in the carriage return before it. */
  readonly line: (interval: Interval) => string
}

interface Column {
  readonly name: string
  readonly title: string
  readonly width: number
  readonly value: (interval: Interval) => CsvValue
  readonly digits: number
}

const clockText = (atMs: number | null): string | null =>
  atMs === null ? null : Option.getOrNull(Option.map(DateTime.make(atMs), DateTime.formatIso))

const count = (name: string, value: Column["value"]): Column => ({
  name,
  title: name,
  width: Math.max(8, name.length),
  value,
  digits: 0,
})
const ms = (name: string, title: string, value: Column["value"]): Column => ({
  name,
  title,
  width: Math.max(8, title.length),
  value,
  digits: 1,
})

/** Of less than a second a rate would say more than it knows. */
const SHORTEST_RATE_MS = 1000

/** Over as much of the interval as the log tells of and is looked at. */
const perSecond = (count: number, { coveredMs }: Interval): number | null =>
  coveredMs < SHORTEST_RATE_MS ? null : (count * 1000) / coveredMs

const columns: ReadonlyArray<Column> = [
  count("created", (_) => _.created),
  count("accepted", (_) => _.accepted),
  count("rejected", (_) => _.rejected),
  count("expired", (_) => _.expired),
  count("unknown", (_) => _.unknown),
  count("cancelled", (_) => _.cancelled),
  count("exceeds", (_) => _.exceeds),
  ms("acceptedPerSecond", "accept/s", (_) => perSecond(_.accepted, _)),
  ms("orderAge.p50", "age p50", (_) => _.orderAge && _.orderAge.p50),
  ms("orderAge.p99", "age p99", (_) => _.orderAge && _.orderAge.p99),
  ms("roundTrip.p50", "trip p50", (_) => _.roundTrip && _.roundTrip.p50),
  ms("roundTrip.p99", "trip p99", (_) => _.roundTrip && _.roundTrip.p99),
]

const BEGIN_WIDTH = 12

const asText = ({ value, digits, width }: Column, interval: Interval): string => {
  const known = value(interval)
  return (typeof known === "number" ? known.toFixed(digits) : "-").padStart(width)
}

/**
 * The lines of one log's table.
 *
 * @param file the log's name, which comma-separated values begin with
 * @param isFirst whether it is the first log's table
 * @param selection which part of the log it is of; all where it is left out
 */
export const intervalLines = (
  format: IntervalFormat,
  file: string,
  isFirst: boolean,
  selection?: Selection,
): IntervalLines => {
  switch (format) {
    case "text": {
      const titles = columns.map(({ title, width }) => title.padStart(width)).join("  ")
      return {
        heading: `${isFirst ? "" : "\n"}${nameWithScope(file, selection)}\n\n${"from".padStart(BEGIN_WIDTH)}  ${titles}`,
        line: (interval) => {
          const begin = `${(interval.fromMs / 1000).toFixed(interval.everyMs % 1000 === 0 ? 0 : 1)} s`
          return [begin.padStart(BEGIN_WIDTH), ...columns.map((column) => asText(column, interval))].join(
            "  ",
          )
        },
      }
    }
    case "csv":
      return {
        heading: isFirst
          ? `${csvLine(["file", "fromMs", "at", "everyMs", ...columns.map(({ name }) => name)])}\r`
          : undefined,
        line: (interval) => {
          const { fromMs, atMs, everyMs } = interval
          const values = columns.map(({ value }) => value(interval))
          return `${csvLine([file, fromMs, clockText(atMs), everyMs, ...values])}\r`
        },
      }
    case "json":
      return {
        heading: undefined,
        line: (interval) =>
          JSON.stringify({ file, ...interval, atMs: undefined, at: clockText(interval.atMs) }),
      }
  }
}
