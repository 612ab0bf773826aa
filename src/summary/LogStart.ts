/**
 * Where a log begins, which its figures are counted from.
 *
 * Threads write lines a little out of order, so the first line is not always the first record. The first record is known
 * once one came that is a second younger, or after 1024 records.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogKind } from "../journal/LogReader.ts"
import type { LogEvent, Settings, TimedEvent } from "../journal/LogEvent.ts"

export interface LogStart {
  /**
   * Who wrote the log. A journal tells when each order was created; a Python client numbers its orders and may
   * count them once a second.
   */
  readonly kind: LogKind
  /** The time of the log's first record, in milliseconds: where its windows begin. */
  readonly firstMs: number
  /** The most orders that can leave the queue in a second, as the exchange's limit has it. */
  readonly capPerSecond: number
  /** What the log's header says of the run; undefined if there is none. */
  readonly settings: Settings | undefined
  /**
   * From the first record to the end that was planned for the run, in milliseconds: nothing after it is in a window. Infinity
   * where none was planned, or where it is within a second.
   */
  readonly plannedMs: number
}

/** Who wrote a log, and what the exchange allowed if the log does not say. */
export interface LogContext {
  readonly kind: LogKind
  readonly keys: number
  /** Requests that a key may pass in a second. */
  readonly limit: number
}

export interface LogStartFinder {
  /** Takes the log's next event. Once the start is known, later ones change nothing. */
  readonly add: (event: LogEvent) => void
  readonly isKnown: () => boolean
  /** The start, as far as the events so far tell: all there is of a short log. */
  readonly start: () => LogStart
}

const SECOND_MS = 1000
const PRELUDE_MS = SECOND_MS
const PRELUDE_RECORDS = 1024

const plannedOf = (settings: Settings | undefined, firstMs: number): number => {
  if (settings?.durationMs === undefined) return Infinity
  const plannedMs = elapsedMs(firstMs, settings.durationMs)
  return plannedMs < SECOND_MS ? Infinity : plannedMs
}

/**
 * So many as the log tells of; null where it tells of none and would not if there were any. A Python client says nothing of
 * requests without an answer, nor of what it dropped.
 */
export const toldBy = (kind: LogKind, count: number): number | null =>
  kind === "python-client" && count === 0 ? null : count

export const isTimed = (event: LogEvent): event is TimedEvent =>
  event.type === "outcome" || event.type === "requests"

/** A window of no length limits nothing, and what other limits let through in a second depends on what came before. */
const capOf = ({ limit, limits, windowMs, keys }: Settings): number =>
  windowMs > 0 && limits === undefined ? ((limit * SECOND_MS) / windowMs) * keys : Infinity

export const makeLogStartFinder = (context: LogContext): LogStartFinder => {
  let settings: Settings | undefined
  let firstMs = Infinity
  let records = 0
  let known = false
  return {
    add: (event) => {
      if (known) return
      if (event.type === "settings") settings = event
      if (!isTimed(event)) return
      firstMs = Math.min(firstMs, event.atMs)
      records += 1
      known = event.atMs - firstMs > PRELUDE_MS || records >= PRELUDE_RECORDS
    },
    isKnown: () => known,
    start: () => ({
      kind: context.kind,
      firstMs: records === 0 ? 0 : firstMs,
      plannedMs: plannedOf(settings, records === 0 ? 0 : firstMs),
      capPerSecond: settings === undefined ? context.limit * context.keys : capOf(settings),
      settings,
    }),
  }
}
