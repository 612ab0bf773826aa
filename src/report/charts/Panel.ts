/**
 * One log's chart and the data behind it, and a section of a report: the same chart of every log.
 */
import type { NamedSummary } from "../../summary/Summary.ts"
import type { Html } from "../html.ts"
import type { RunRecord } from "../RunRecord.ts"
import type { Mark } from "./style.ts"

/** A log as a report shows it. */
export interface ReportedLog extends NamedSummary {
  readonly run: RunRecord
}

/** What can be pointed at. */
export interface Row {
  /** Where it is along the chart, from 0 to 1. */
  readonly at: number
  readonly header: string
  readonly cells: ReadonlyArray<string>
}

export interface Table {
  /** What the rows' headers are. */
  readonly corner: string
  readonly columns: ReadonlyArray<{ readonly name: string; readonly mark?: Mark }>
  readonly rows: ReadonlyArray<Row>
}

export interface Panel {
  readonly drawing: Html
  /** Whether rows are beside each other or below each other. */
  readonly axis: "x" | "y"
  /** What it shows, in a sentence for those who do not see it. */
  readonly description: string
  /** What it amounts to, if that is hard to see. */
  readonly says?: string
  readonly table: Table
}

export interface LegendEntry {
  readonly mark: Mark
  readonly form: "area" | "line" | "dashed"
  readonly name: string
}

export interface Section {
  readonly id: string
  readonly title: string
  /** What it shows, and how to read it. */
  readonly note: string
  readonly legend: ReadonlyArray<LegendEntry>
  /** A panel for every log, or a sentence for a log that does not tell. */
  readonly panels: ReadonlyArray<Panel | string>
}

export const legendEntry = (
  mark: Mark,
  form: LegendEntry["form"] = "area",
  name: string = mark,
): LegendEntry => ({ mark, form, name })
