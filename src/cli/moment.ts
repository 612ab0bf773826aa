/** Reads a moment of a log, as `--since` and `--until` take it. */
import { DateTime, Duration, Option, Result } from "effect"
import type { Moment } from "../summary/Selection.ts"
import { quote } from "../platform/quote.ts"
import { type Parse, parseDuration } from "./values.ts"

const FORM =
  "write it as 10s (from the log's beginning), 09:30, 09:30:15.250 or 2026-11-24T09:30:00 (by the log's own clock: UTC in journals)"

const TIME = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d{1,3})?))?Z?$/
const DATE_TIME = /^\d{4}-\d\d-\d\d(?:[T ](.*))?$/

const timeOfDay = (text: string): number | undefined => {
  const [, hours, minutes, seconds = "0"] = TIME.exec(text) ?? []
  return hours === undefined
    ? undefined
    : (Number(hours) * 60 + Number(minutes)) * 60_000 + Math.round(Number(seconds) * 1000)
}

const day = (text: string): number | undefined =>
  Option.getOrUndefined(
    Option.map(
      // A day that does not exist, such as 31 February, must not count as another.
      Option.filter(DateTime.make(`${text}T00:00:00Z`), (date) => DateTime.formatIsoDate(date) === text),
      DateTime.toEpochMillis,
    ),
  )

/** An offset from the log's beginning, a time of day, or a date with or without a time. */
export const parseMoment: Parse<Moment> = (text) => {
  const ofDay = timeOfDay(text)
  if (ofDay !== undefined) return Result.succeed({ type: "time-of-day", ms: ofDay })
  const [date, time = "00:00"] = DATE_TIME.exec(text) ?? []
  if (date !== undefined) {
    const [dayMs, timeMs] = [day(text.slice(0, "2026-11-24".length)), timeOfDay(time)]
    return dayMs === undefined || timeMs === undefined
      ? Result.fail(`${quote(text)} is not a moment; ${FORM}`)
      : Result.succeed({ type: "date-time", ms: dayMs + timeMs })
  }
  return Result.mapBoth(parseDuration({ zero: true })(text), {
    onSuccess: (offset) => ({ type: "offset", ms: Duration.toMillis(offset) }) as const,
    onFailure: () => `${quote(text)} is not a moment; ${FORM}`,
  })
}
