/** Prints a log's table of intervals while the log is read. */
import { Console, Duration, Effect } from "effect"
import { makeIntervals } from "../summary/Intervals.ts"
import type { LogOptions } from "../summary/LogReader.ts"
import { type IntervalFormat, intervalLines } from "../summary/renderIntervals.ts"

export interface IntervalTable {
  readonly every: Duration.Duration
  readonly format: IntervalFormat
  /** The log's name. */
  readonly file: string
  /** Whether it is the first log that is printed. */
  readonly isFirst: boolean
}

/** Makes the listener that prints each interval on standard output as soon as it is complete. */
export const printIntervals = ({
  every,
  format,
  file,
  isFirst,
}: IntervalTable): Effect.Effect<NonNullable<LogOptions["listen"]>> =>
  Effect.map(Console.Console, (console) => {
    const { heading, line } = intervalLines(format, file, isFirst)
    return (source) => {
      if (heading !== undefined) console.log(heading)
      return makeIntervals(Duration.toMillis(every), source, (interval) => {
        console.log(line(interval))
      })
    }
  })
