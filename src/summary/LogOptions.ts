/** What a log is read with. */
import type { LogEvent } from "../journal/LogEvent.ts"
import type { LogKind } from "../journal/LogReader.ts"
import type { LogSpan } from "./LogSpans.ts"
import type { LogContext } from "./LogStart.ts"
import type { Selection } from "./Selection.ts"

/** What the exchange allowed, for logs that do not say. */
export type LogDefaults = Pick<LogContext, "keys" | "limit">

/** Who is told every event that is looked at, too, and when there are no more. */
export interface EventListener {
  readonly add: (event: LogEvent) => void
  readonly end: () => void
}

/**
 * Makes a listener for one log.
 *
 * @param current the time of the run that the log has come to
 */
export type Listen = (kind: LogKind, current: () => LogSpan) => EventListener

/** What else is done with a log's events on their way to its summary. */
export interface LogOptions {
  /** What is looked at; everything where it is left out. */
  readonly selection?: Selection
  readonly listen?: ReadonlyArray<Listen>
}
