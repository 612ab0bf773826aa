/**
 * Which time a log tells of, and which of that is looked at: for each of its runs, whose times begin anew.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent } from "../journal/LogEvent.ts"
import type { LogKind } from "../journal/LogReader.ts"
import type { Moment, TimeSpan } from "./Selection.ts"

/** Of one run, in the log's own times, as far as its events so far tell. */
export interface LogSpan {
  /** Where the log's times begin. */
  readonly beginMs: number
  /** The same by the clock, in milliseconds since 1970; undefined where the log does not say. */
  readonly clockMs: number | undefined
  /** From where on the log tells: its beginning or, where that was cut off, its first record. */
  readonly startMs: number
  /** Of its last record. */
  readonly endMs: number
  /** From here on it is looked at. */
  readonly sinceMs: number
  /** Before this it is looked at. */
  readonly untilMs: number
}

/** That a log has nothing of the time that was asked for. */
export interface Missed {
  readonly asked: TimeSpan
  /** What it has; undefined where it has nothing at all. */
  readonly has: LogSpan | undefined
}

export interface LogSpans {
  /** Takes the log's next event, looked at or not. */
  readonly add: (event: LogEvent) => void
  /** That of the run which the log has come to. It goes on with the run's events; the next run has its own. */
  readonly current: () => LogSpan
  /** Whether the log did not say when it began, and a time of day or a date was asked for. */
  readonly lacksBeginning: () => boolean
  /** Undefined unless the log so far has nothing of a time that was asked for. */
  readonly missed: () => Missed | undefined
}

const DAY_MS = 86_400_000
/** A time of day may be as much before the log's beginning, and still be meant for the same day. */
const BEFORE_BEGINNING_MS = 3_600_000

/** In the log's own times; undefined where that is not known. */
const placeOf = (moment: Moment, { beginMs, clockMs }: LogSpan): number | undefined => {
  if (moment.type === "offset") return beginMs + moment.ms
  if (clockMs === undefined) return undefined
  if (moment.type === "date-time") return beginMs + moment.ms - clockMs
  const sinceMidnight = ((clockMs % DAY_MS) + DAY_MS) % DAY_MS
  const ahead = moment.ms - sinceMidnight
  return beginMs + (ahead < -BEFORE_BEGINNING_MS ? ahead + DAY_MS : ahead)
}

/** How much of the time between two moments the run tells of and is looked at, in milliseconds. */
export const coveredMs = (
  { startMs, endMs, sinceMs, untilMs }: LogSpan,
  fromMs: number,
  toMs: number,
): number => Math.max(0, elapsedMs(Math.max(fromMs, startMs, sinceMs), Math.min(toMs, endMs, untilMs)))

type Growing = { -readonly [Field in keyof LogSpan]: LogSpan[Field] }

/** Makes one for a log. */
export const makeLogSpans = (asked: TimeSpan, kind: LogKind): LogSpans => {
  const { since, until } = asked
  let hasBegun = false
  let hasAny = false
  let lacksBeginning = false
  /** The last run of which something was recorded. */
  let recorded: LogSpan | undefined

  const place = (moment: Moment | undefined, span: LogSpan, otherwise: number): number => {
    if (moment === undefined) return otherwise
    const ms = placeOf(moment, span)
    lacksBeginning ||= ms === undefined
    return ms ?? otherwise
  }

  const begin = (span: Growing, beginMs: number, clockMs: number | undefined, startMs: number): void => {
    hasBegun = true
    Object.assign(span, { beginMs, clockMs, startMs, endMs: startMs })
    span.sinceMs = place(since, span, Number.NEGATIVE_INFINITY)
    span.untilMs = place(until, span, Number.POSITIVE_INFINITY)
  }

  const unknown = (): Growing => ({
    beginMs: 0,
    clockMs: undefined,
    startMs: 0,
    endMs: 0,
    sinceMs: Number.NEGATIVE_INFINITY,
    untilMs: Number.POSITIVE_INFINITY,
  })
  let span = unknown()

  return {
    add: (event) => {
      if (event.type === "settings") {
        span = unknown()
        return begin(span, 0, event.startedAtMs, 0)
      }
      if (!("atMs" in event)) return
      const { atMs } = event
      if (!hasBegun) {
        // A journal's times begin at 0, with or without a header; a Python client's are those of the clock.
        if (kind === "journal") begin(span, 0, undefined, atMs)
        else begin(span, atMs, atMs, atMs)
      }
      span.endMs = Math.max(span.endMs, atMs)
      recorded = span
      if (event.type !== "ended") hasAny ||= span.sinceMs <= atMs && atMs < span.untilMs
    },
    current: () => span,
    lacksBeginning: () => lacksBeginning,
    missed: () =>
      hasAny || (since === undefined && until === undefined) ? undefined : { asked, has: recorded },
  }
}
