/** Prints a log's table of intervals while the log is read. */
import { Console, Duration, Effect } from "effect"
import { makeIntervals } from "../summary/Intervals.ts"
import type { Listen } from "../summary/LogOptions.ts"
import { type IntervalFormat, intervalLines } from "../summary/renderIntervals.ts"
import type { Selection } from "../summary/Selection.ts"

/** A log's table, as long as it is read. `file` is the log's name; `isFirst` says that none was printed before. */
export const printIntervals = (
  every: Duration.Duration,
  format: IntervalFormat,
  file: string,
  selection: Selection,
  isFirst: boolean,
) =>
  Effect.map(Console.Console, (console) => {
    let lines = intervalLines(format, file, isFirst, selection)
    let hasHeading = false
    const printHeading = (): void => {
      if (!hasHeading && lines.heading !== undefined) console.log(lines.heading)
      hasHeading = true
    }
    return {
      /** Prints each interval on standard output as soon as it is complete. */
      listen: ((source, span, run) => {
        if (run > 1) {
          lines = intervalLines(format, `${file} (run ${run})`, false, selection)
          hasHeading = false
        }
        return makeIntervals(Duration.toMillis(every), source, span, (interval) => {
          printHeading()
          console.log(lines.line(interval))
        })
      }) satisfies Listen,
      /** Prints the heading if no interval did: an empty table has one, a log that is refused has none. */
      end: Effect.sync(printHeading),
    }
  })
