/**
 * Summaries as comma-separated values: a line for each log, always with the same columns, but for those of limits where a run
 * kept some. They are the fields of the JSON form, a field within another as `orders.created`; the keys, of which there are any
 * number, are left out.
 */
import { CSV_NEWLINE, csvLine, type CsvValue } from "./csv.ts"
import type { Percentiles } from "./Distribution.ts"
import { type Selection, selectionJson } from "./Selection.ts"
import type { NamedSummary, Summary } from "./Summary.ts"

type Columns = ReadonlyArray<readonly [name: string, value: CsvValue]>

const under = (name: string, values: Readonly<Record<string, number | null>>): Columns =>
  Object.entries(values).map(([field, value]) => [`${name}.${field}`, value])

const percentiles = (name: string, known: Percentiles | null): Columns => [
  [`${name}.p50`, known && known.p50],
  [`${name}.p90`, known && known.p90],
  [`${name}.p99`, known && known.p99],
  [`${name}.p999`, known && known.p999],
  [`${name}.max`, known && known.max],
]

const selectionColumns = (selection: Selection | undefined): Columns => {
  const known = selectionJson(selection)
  return [
    ["selection.since", known && known.since],
    ["selection.until", known && known.until],
    ["selection.keys", known && known.keys && known.keys.join(" ")],
  ]
}

const columnsOf = (summary: Summary): Columns => [
  ["averageRequestsRate", summary.averageRequestsRate],
  ["maxPossibleThroughput", summary.maxPossibleThroughput],
  ["averageThroughput", summary.averageThroughput],
  ["lowestThroughput", summary.lowestThroughput],
  ["averageIgnoredFromQueue", summary.averageIgnoredFromQueue],
  ["averageLimitedByLimiter", summary.averageLimitedByLimiter],
  ["exceeds", summary.exceeds],
  ["bans", summary.bans],
  ["nonceErrors", summary.nonceErrors],
  ["totalTimeMs", summary.totalTimeMs],
  ["windows", summary.windows],
  ...under("orders", summary.orders),
  ["unrecognisedLines", summary.unrecognisedLines],
  ...percentiles("queueWait", summary.queueWait),
  ...percentiles("orderAge", summary.orderAge),
  ...percentiles("writeDelay", summary.writeDelay),
  ...percentiles("roundTrip", summary.roundTrip),
  ...under("losses.expired", summary.losses.expired),
  ...under("losses.rejected", summary.losses.rejected),
  ...under("losses.unknown", summary.losses.unknown),
  ["losses.cancelled", summary.losses.cancelled],
  ["utilisation.ceiling", summary.utilisation.ceiling],
  ["utilisation.ofCeiling", summary.utilisation.ofCeiling],
  ["utilisation.safeOptimum", summary.utilisation.safeOptimum],
  ["utilisation.ofSafeOptimum", summary.utilisation.ofSafeOptimum],
  ["longestWithoutAcceptance.ms", summary.longestWithoutAcceptance.ms],
  ["longestWithoutAcceptance.fromMs", summary.longestWithoutAcceptance.fromMs],
  ["nonceJumps", summary.nonceJumps],
]

/** Of the n-th limit, from 1. */
const limitColumns = ({ limits = [] }: Summary, most: number): Columns =>
  Array.from({ length: most }, (_, n) => n).flatMap((n) => {
    const { limit = null, of = null, spare = null } = limits[n] ?? {}
    return Object.entries({ limit, of, spare }).map(
      ([field, value]) => [`limits.${n + 1}.${field}`, value] as const,
    )
  })

/** A line of names, then one for each log. */
export const renderCsv = (logs: ReadonlyArray<NamedSummary>): string => {
  const most = Math.max(...logs.map(({ summary: { limits = [] } }) => limits.length))
  const rows = logs.map(({ name, summary, selection }) => ({
    name,
    columns: [...columnsOf(summary), ...limitColumns(summary, most), ...selectionColumns(selection)],
  }))
  const names = rows[0]?.columns.map(([name]) => name) ?? []
  return [
    ["file", ...names],
    ...rows.map(({ name, columns }) => [name, ...columns.map(([, value]) => value)]),
  ]
    .map((values) => `${csvLine(values)}${CSV_NEWLINE}`)
    .join("")
}
