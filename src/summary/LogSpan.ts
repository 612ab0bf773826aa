/** The time that a run of a log covers, and the chosen part of it. */
import { elapsedMs } from "../journal/elapsed.ts"
import type { LogEvent } from "../journal/LogEvent.ts"
import type { LogKind } from "../journal/LogReader.ts"
import type { Moment, TimeSpan } from "./Selection.ts"

/** The span of one run, in the log's own times, as far as its events so far tell. */
export interface LogSpan {
  /** Where the log's times begin. */
  readonly beginMs: number
  /** The same by the clock, in milliseconds since 1970; undefined where the log does not say. */
  readonly clockMs: number | undefined
  /** Where the log's records begin: at its beginning or, if that was cut off, at its first record. */
  readonly startMs: number
  /** The time of its last record. */
  readonly endMs: number
  /** Where the chosen part begins. */
  readonly sinceMs: number
  /** Where the chosen part ends; this moment is no part of it. */
  readonly untilMs: number
}

/** A log has no records of the time that was asked for. */
export interface Missed {
  readonly asked: TimeSpan
  /** The time that it has; undefined if it has no records at all. */
  readonly has: LogSpan | undefined
}

interface RunSpan {
  /** Takes the run's next event, chosen or not. */
  readonly add: (event: LogEvent) => void
  /** It grows with the run's events. */
  readonly span: LogSpan
  /** Whether a time of day or a date was asked for, and the log does not say when it began. */
  readonly lacksBeginning: () => boolean
  /** Set if the log so far has no records of the time that was asked for. */
  readonly missed: () => Missed | undefined
}

const DAY_MS = 86_400_000
/** A time of day up to this long before the log's beginning means the same day, a longer one the next day. */
const BEFORE_BEGINNING_MS = 3_600_000

/** The moment in the log's own times; undefined if that is not known. */
const placeOf = (moment: Moment, { beginMs, clockMs }: LogSpan): number | undefined => {
  if (moment.type === "offset") return beginMs + moment.ms
  if (clockMs === undefined) return undefined
  if (moment.type === "date-time") return beginMs + moment.ms - clockMs
  const sinceMidnight = ((clockMs % DAY_MS) + DAY_MS) % DAY_MS
  const ahead = moment.ms - sinceMidnight
  return beginMs + (ahead < -BEFORE_BEGINNING_MS ? ahead + DAY_MS : ahead)
}

/** How much of the time between two moments the run covers and was chosen, in milliseconds. */
export const coveredMs = (
  { startMs, endMs, sinceMs, untilMs }: LogSpan,
  fromMs: number,
  toMs: number,
): number => Math.max(0, elapsedMs(Math.max(fromMs, startMs, sinceMs), Math.min(toMs, endMs, untilMs)))

type Growing = { -readonly [Field in keyof LogSpan]: LogSpan[Field] }

export const makeLogSpan = (asked: TimeSpan, kind: LogKind): RunSpan => {
  const { since, until } = asked
  let hasBegun = false
  let hasRecord = false
  let hasAny = false
  let lacksBeginning = false
  const span: Growing = {
    beginMs: 0,
    clockMs: undefined,
    startMs: 0,
    endMs: 0,
    sinceMs: Number.NEGATIVE_INFINITY,
    untilMs: Number.POSITIVE_INFINITY,
  }

  const place = (moment: Moment | undefined, otherwise: number): number => {
    if (moment === undefined) return otherwise
    const ms = placeOf(moment, span)
    lacksBeginning ||= ms === undefined
    return ms ?? otherwise
  }

  const begin = (beginMs: number, clockMs: number | undefined, startMs: number): void => {
    hasBegun = true
    Object.assign(span, { beginMs, clockMs, startMs, endMs: startMs })
    span.sinceMs = place(since, Number.NEGATIVE_INFINITY)
    span.untilMs = place(until, Number.POSITIVE_INFINITY)
  }

  return {
    add: (event) => {
      if (event.type === "settings") return begin(0, event.startedAtMs, 0)
      if (!("atMs" in event)) return
      const { atMs } = event
      if (!hasBegun) {
        // A journal's times begin at 0, with or without a header; a Python client's are those of the clock.
        if (kind === "journal") begin(0, undefined, atMs)
        else begin(atMs, atMs, atMs)
      }
      span.endMs = Math.max(span.endMs, atMs)
      hasRecord = true
      if (event.type !== "ended") hasAny ||= span.sinceMs <= atMs && atMs < span.untilMs
    },
    span,
    lacksBeginning: () => lacksBeginning,
    missed: () =>
      hasAny || (since === undefined && until === undefined)
        ? undefined
        : { asked, has: hasRecord ? span : undefined },
  }
}
