/** The limits of logs as tables for reading: a row for each limit. */
import { alignColumns } from "../platform/alignColumns.ts"
import { inEnglish } from "../platform/counted.ts"
import { withoutControls } from "../platform/quote.ts"
import type { LimitFigures } from "./LimitSpares.ts"
import type { NamedSummary } from "./Summary.ts"

/** What was spared of a limit at the least, and of how much. */
export const spareText = ({ of, spare }: LimitFigures): string =>
  spare === null ? "-" : `${inEnglish.format(spare)} of ${inEnglish.format(of)}`

const table = (title: string, limits: ReadonlyArray<LimitFigures>): string => {
  const rows = limits.map((limit) => [withoutControls(limit.limit), spareText(limit)])
  return [title, ...alignColumns(rows, "left").map((line) => `  ${line}`)].join("\n")
}

/** A table of each log whose run kept limits, named where there are several logs. */
export const renderLimits = (logs: ReadonlyArray<NamedSummary>): ReadonlyArray<string> =>
  logs.flatMap(({ name, summary: { limits = [] } }) =>
    limits.length === 0
      ? []
      : [table(`Least spare of each limit${logs.length === 1 ? "" : `: ${name}`}`, limits)],
  )
