/** The options of reading a log. */
import type { LogEvent } from "../journal/LogEvent.ts"
import type { LogKind } from "../journal/LogReader.ts"
import type { LogSpan } from "./LogSpan.ts"
import type { LogContext } from "./LogStart.ts"
import type { Selection } from "./Selection.ts"

/** What the exchange allowed, for logs that do not say. */
export type LogDefaults = Pick<LogContext, "keys" | "limit">

/** Hears every chosen event, and when there are no more. */
export interface EventListener {
  readonly add: (event: LogEvent) => void
  readonly end: () => void
}

/**
 * Makes a listener for a run of a log.
 *
 * @param span the time that the run covers, as far as it has been read
 * @param run which of the log's runs it hears, counted from 1
 */
export type Listen = (kind: LogKind, span: LogSpan, run: number) => EventListener

/** Which events count, and who hears them besides the summary. */
export interface LogOptions {
  /** The chosen part; the whole log if left out. */
  readonly selection?: Selection
  readonly listen?: ReadonlyArray<Listen>
}
