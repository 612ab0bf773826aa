/**
 * Which part of a log is looked at: some time of it, or some keys.
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

/** From a moment on, and before another. */
export interface TimeSpan {
  readonly since: Moment | undefined
  readonly until: Moment | undefined
}

/** What is looked at. */
export interface Selection extends TimeSpan {
  /** Requests of these keys; of all where there are none. */
  readonly keys: ReadonlyArray<string>
}

/** Whether nothing is left out. */
export const looksAtAll = ({ since, until, keys }: Selection): boolean =>
  since === undefined && until === undefined && keys.length === 0

/** Whether nothing can be between the two, whatever the log. A time of day may be on the day after another. */
export const isContradictory = ({ since, until }: TimeSpan): boolean => {
  if (since === undefined || until === undefined || since.type !== until.type) return false
  return since.type === "time-of-day" ? until.ms === since.ms : until.ms <= since.ms
}

const UNITS = [
  ["h", 3_600_000],
  ["m", 60_000],
] as const

/** In the largest unit of which it is a whole number; else in seconds, or below a second in milliseconds. */
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

/** Such as `from 10s to 20s`; empty where it is all time. */
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

/** What stands beside a log's name, such as `from 10s to 20s, key-1 only`; empty where nothing is left out. */
export const scopeText = (selection: Selection | undefined): string =>
  selection === undefined
    ? ""
    : [spanText(selection), keysText(selection.keys)].filter((part) => part !== "").join(", ")

/** A name that says what it stands for: `run.ndjson, from 10s to 20s, key-1 only`. */
export const nameWithScope = (name: string, selection: Selection | undefined): string =>
  [name, scopeText(selection)].filter((part) => part !== "").join(", ")

/** As the JSON form has it: the flags' values; null where nothing is left out. */
export const selectionJson = (selection: Selection | undefined) =>
  selection === undefined || looksAtAll(selection)
    ? null
    : {
        since: selection.since === undefined ? null : momentText(selection.since),
        until: selection.until === undefined ? null : momentText(selection.until),
        keys: selection.keys.length === 0 ? null : selection.keys,
      }
