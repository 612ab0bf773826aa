/**
 * The chosen part of a log: some time of it, or some keys.
 */
import { DateTime, Option } from "effect"

/** A moment of a log, in milliseconds. */
export type Moment =
  /** Since the log's beginning. */
  | { readonly type: "offset"; readonly ms: number }
  /** Since midnight, by the log's own clock: UTC in a journal. */
  | { readonly type: "time-of-day"; readonly ms: number }
  /** Since 1970, by the log's own clock. */
  | { readonly type: "date-time"; readonly ms: number }

/** The time from one moment on, and before another. */
export interface TimeSpan {
  readonly since: Moment | undefined
  readonly until: Moment | undefined
}

/** The chosen part. */
export interface Selection extends TimeSpan {
  /** The keys whose requests count; all keys if empty. */
  readonly keys: ReadonlyArray<string>
}

export const looksAtAll = ({ since, until, keys }: Selection): boolean =>
  since === undefined && until === undefined && keys.length === 0

/** Whether no log can have anything between the two. A time of day may be on the day after another. */
export const isContradictory = ({ since, until }: TimeSpan): boolean => {
  if (since === undefined || until === undefined || since.type !== until.type) return false
  return since.type === "time-of-day" ? until.ms === since.ms : until.ms <= since.ms
}

const UNITS = [
  ["h", 3_600_000],
  ["m", 60_000],
] as const

/** Shows a time in the largest unit that makes it a whole number; else in seconds, or in milliseconds below one. */
export const offsetText = (ms: number): string => {
  if (ms > 0 && ms < 1000) return `${ms}ms`
  const [unit, length] = UNITS.find(([, length]) => ms > 0 && ms % length === 0) ?? ["s", 1000]
  return `${ms / length}${unit}`
}

/** Without the zone, which is the log's own. */
export const clockText = (ms: number): string =>
  Option.match(DateTime.make(ms), {
    onNone: () => offsetText(ms),
    onSome: (moment) => DateTime.formatIso(moment).replace(/(?:\.000)?Z$/, ""),
  })

/** As `--since` and `--until` take it. */
export const momentText = ({ type, ms }: Moment): string => {
  switch (type) {
    case "offset":
      return offsetText(ms)
    case "time-of-day":
      return clockText(ms).replace(/^.*T/, "")
    case "date-time":
      return clockText(ms)
  }
}

/** Such as `from 10s to 20s`; empty for the whole time. */
export const spanText = ({ since, until }: TimeSpan): string => {
  if (since === undefined) return until === undefined ? "" : `before ${momentText(until)}`
  return `from ${momentText(since)} ${until === undefined ? "on" : `to ${momentText(until)}`}`
}

const MOST_NAMED = 3

const keysText = (keys: ReadonlyArray<string>): string => {
  if (keys.length === 0) return ""
  const named = keys.slice(0, MOST_NAMED).join(", ")
  const rest = keys.length - MOST_NAMED
  return `${named}${rest > 0 ? ` and ${rest} more` : ""} only`
}

/** What stands beside a log's name, such as `from 10s to 20s, key-1 only`; empty for the whole log. */
export const scopeText = (selection: Selection | undefined): string =>
  selection === undefined
    ? ""
    : [spanText(selection), keysText(selection.keys)].filter((part) => part !== "").join(", ")

/** A log's name with its chosen part: `run.ndjson, from 10s to 20s, key-1 only`. */
export const nameWithScope = (name: string, selection: Selection | undefined): string =>
  [name, scopeText(selection)].filter((part) => part !== "").join(", ")

/** The JSON form's `selection`; null for the whole log. */
export const selectionJson = (selection: Selection | undefined) =>
  selection === undefined || looksAtAll(selection)
    ? null
    : {
        since: selection.since === undefined ? null : momentText(selection.since),
        until: selection.until === undefined ? null : momentText(selection.until),
        keys: selection.keys.length === 0 ? null : selection.keys,
      }
