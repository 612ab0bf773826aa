/**
 * A summary in one of its four forms.
 */
import { renderClassic } from "./renderClassic.ts"
import { renderCsv } from "./renderCsv.ts"
import { renderText } from "./renderText.ts"
import { selectionJson } from "./Selection.ts"
import type { NamedSummary } from "./Summary.ts"

/** A table for reading, one JSON value, comma-separated values, or the ten lines of the exercise's own log analysis. */
export type SummaryFormat = "text" | "json" | "csv" | "classic"

const renderJson = (logs: ReadonlyArray<NamedSummary>): string => {
  const values = logs.map(({ name, summary, selection }) => {
    const { classic: _, ...figures } = summary
    return {
      ...(logs.length === 1 ? {} : { file: name }),
      ...figures,
      selection: selectionJson(selection),
    }
  })
  const value = logs.length === 1 ? values[0] : values
  return `${JSON.stringify(value, null, 2)}\n`
}

/** The classic form of one or more logs: blocks with an empty line between them, named where there are several. */
const renderBlocks = (logs: ReadonlyArray<NamedSummary>): string =>
  logs.map(({ name, summary }) => (logs.length === 1 ? "" : `${name}\n`) + renderClassic(summary)).join("\n")

/**
 * Summaries of one or more logs, ending in a newline. In the text form they stand side by side; in JSON one is
 * an object, several are an array of objects that begin with `file`.
 */
export const renderSummaries = (format: SummaryFormat, logs: ReadonlyArray<NamedSummary>): string => {
  switch (format) {
    case "text":
      return renderText(logs)
    case "json":
      return renderJson(logs)
    case "csv":
      return renderCsv(logs)
    case "classic":
      return renderBlocks(logs)
  }
}
