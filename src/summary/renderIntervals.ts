/**
 * Intervals as lines of a table, one by one: for reading, as JSON objects, or as comma-separated values. All have the same
 * figures in the same order, but the table for reading has two of the percentiles only.
 */
import { DateTime, Option } from "effect"
import { csvLine, type CsvValue } from "./csv.ts"
import type { Percentiles } from "./Distribution.ts"
import type { Interval } from "./Intervals.ts"
import { nameWithScope, type Selection } from "./Selection.ts"

export type IntervalFormat = "text" | "json" | "csv"

export interface IntervalLines {
  /** What stands above the table, if anything does. */
  readonly heading: string | undefined
  /** Ends in no newline, which printing it adds; comma-separated values end in the carriage return before it. */
  readonly line: (interval: Interval) => string
}

interface Column {
  /** As in the JSON form; a field within another is `orderAge.p50`. */
  readonly name: string
  /** Undefined if it is not in the table for reading. */
  readonly title: string | undefined
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
const decimal = (name: string, title: string | undefined, value: Column["value"]): Column => ({
  name,
  title,
  width: Math.max(8, title?.length ?? 0),
  value,
  digits: 1,
})

const percentiles = (
  name: string,
  title: string,
  of: (interval: Interval) => Percentiles | null,
): ReadonlyArray<Column> => {
  const column = (percentile: keyof Percentiles, isInText: boolean): Column =>
    decimal(`${name}.${percentile}`, isInText ? `${title} ${percentile}` : undefined, (interval) => {
      const known = of(interval)
      return known === null ? null : known[percentile]
    })
  return [
    column("p50", true),
    column("p90", false),
    column("p99", true),
    column("p999", false),
    column("max", false),
  ]
}

/** A rate over less than a second would say more than is known. */
const SHORTEST_RATE_MS = 1000

/** The rate over the part of the interval that the log covers and that was chosen. */
const acceptedPerSecond = ({ accepted, coveredMs }: Interval): number | null =>
  coveredMs < SHORTEST_RATE_MS ? null : (accepted * 1000) / coveredMs

const columns: ReadonlyArray<Column> = [
  count("created", (_) => _.created),
  count("accepted", (_) => _.accepted),
  count("rejected", (_) => _.rejected),
  count("expired", (_) => _.expired),
  count("unknown", (_) => _.unknown),
  count("cancelled", (_) => _.cancelled),
  count("exceeds", (_) => _.exceeds),
  decimal("acceptedPerSecond", "accept/s", acceptedPerSecond),
  ...percentiles("orderAge", "age", (_) => _.orderAge),
  ...percentiles("roundTrip", "trip", (_) => _.roundTrip),
]
const columnsToRead = columns.filter(({ title }) => title !== undefined)

const asJson = (file: string, interval: Interval): string => {
  const { atMs, fromMs, orderAge, roundTrip, ...counts } = interval
  const begin = { file, fromMs, at: clockText(atMs) }
  const rate = acceptedPerSecond(interval)
  return JSON.stringify({ ...begin, ...counts, acceptedPerSecond: rate, orderAge, roundTrip })
}

const BEGIN_WIDTH = 12

const asText = ({ value, digits, width }: Column, interval: Interval): string => {
  const known = value(interval)
  return (typeof known === "number" ? known.toFixed(digits) : "-").padStart(width)
}

/**
 * The lines of one log's table.
 *
 * @param file the log's name, the first of the comma-separated values
 * @param isFirst whether it is the first log's table
 * @param selection the chosen part of the log; all of it if left out
 */
export const intervalLines = (
  format: IntervalFormat,
  file: string,
  isFirst: boolean,
  selection?: Selection,
): IntervalLines => {
  switch (format) {
    case "text": {
      const titles = columnsToRead.map(({ title = "", width }) => title.padStart(width)).join("  ")
      return {
        heading: `${isFirst ? "" : "\n"}${nameWithScope(file, selection)}\n\n${"from".padStart(BEGIN_WIDTH)}  ${titles}`,
        line: (interval) => {
          const begin = `${(interval.fromMs / 1000).toFixed(interval.everyMs % 1000 === 0 ? 0 : 1)} s`
          return [
            begin.padStart(BEGIN_WIDTH),
            ...columnsToRead.map((column) => asText(column, interval)),
          ].join("  ")
        },
      }
    }
    case "csv":
      return {
        heading: isFirst
          ? `${csvLine(["file", "fromMs", "at", "everyMs", "coveredMs", ...columns.map(({ name }) => name)])}\r`
          : undefined,
        line: (interval) => {
          const { fromMs, atMs, everyMs, coveredMs } = interval
          const values = columns.map(({ value }) => value(interval))
          return `${csvLine([file, fromMs, clockText(atMs), everyMs, coveredMs, ...values])}\r`
        },
      }
    case "json":
      return {
        heading: undefined,
        line: (interval) => asJson(file, interval),
      }
  }
}
