/**
 * The keys of logs as tables for reading: a row for each key.
 */
import { alignColumns } from "../platform/alignColumns.ts"
import { inEnglish } from "../platform/counted.ts"
import type { KeyFigures } from "./keyFigures.ts"
import type { NamedSummary } from "./Summary.ts"

const MOST_ROWS = 50

const withOneDecimal = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  // What rounds to nothing has no sign.
  signDisplay: "negative",
})

const count = (of: (key: KeyFigures) => number) => (key: KeyFigures) => inEnglish.format(of(key))
const decimal = (of: (key: KeyFigures) => number | null) => (key: KeyFigures) => {
  const value = of(key)
  return value === null ? "-" : withOneDecimal.format(value)
}

const retiredText = ({ retired }: KeyFigures): string => {
  if (retired === null) return "-"
  const why = retired.reason === null ? retired.state : `${retired.state}, ${retired.reason}`
  return `${withOneDecimal.format(retired.atMs / 1000)} s: ${why}`
}

interface Column {
  readonly title: string
  readonly cell: (key: KeyFigures) => string
  /** The column is left out where this holds for no key. */
  readonly isShown?: (key: KeyFigures) => boolean
}

const columns: ReadonlyArray<Column> = [
  { title: "sent", cell: count((_) => _.sent) },
  { title: "accepted", cell: count((_) => _.accepted) },
  { title: "rate limit", cell: count((_) => _.refused["rate-limit"]) },
  { title: "blocked", cell: count((_) => _.refused.blocked) },
  { title: "nonce", cell: count((_) => _.refused.nonce) },
  { title: "other", cell: count((_) => _.refused["api-key"] + _.refused.clock + _.refused.exchange) },
  { title: "unknown", cell: count((_) => _.unknown) },
  { title: "not sent", cell: count((_) => _.notSent) },
  { title: "no end", cell: count((_) => _.unfinished), isShown: (_) => _.unfinished > 0 },
  { title: "per window", cell: decimal((_) => _.sentPerWindow) },
  { title: "slots used %", cell: decimal((_) => _.slotsUsed && _.slotsUsed * 100) },
  { title: "nonce jumps", cell: count((_) => _.nonceJumps) },
  { title: "retired", cell: retiredText },
]

const table = (title: string, keys: ReadonlyArray<KeyFigures>): string => {
  const shown = keys.slice(0, MOST_ROWS)
  const columnsShown = columns.filter(({ isShown }) => isShown === undefined || keys.some(isShown))
  const rows = [
    ["", ...columnsShown.map((column) => column.title)],
    ...shown.map((key) => [key.key, ...columnsShown.map(({ cell }) => cell(key))]),
  ]
  const rest = keys.length - shown.length
  return [
    title,
    ...alignColumns(rows, "right").map((line) => `  ${line}`),
    ...(rest === 0 ? [] : [`  and ${rest} more, which the JSON form has`]),
  ].join("\n")
}

/** A table of each log that knows its keys, named where there are several logs. */
export const renderKeys = (logs: ReadonlyArray<NamedSummary>): ReadonlyArray<string> =>
  logs.flatMap(({ name, summary: { keys } }) =>
    keys === null || keys.length === 0
      ? []
      : [table(logs.length === 1 ? "Requests by key" : `Requests by key: ${name}`, keys)],
  )
