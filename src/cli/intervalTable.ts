/** Prints a log's table of intervals while the log is read. */
import { Console, Duration, Effect } from "effect"
import { makeIntervals } from "../summary/Intervals.ts"
import type { Listen } from "../summary/LogOptions.ts"
import { type IntervalFormat, intervalLines } from "../summary/renderIntervals.ts"
import type { Selection } from "../summary/Selection.ts"

export interface IntervalTable {
  readonly every: Duration.Duration
  readonly format: IntervalFormat
  /** The log's name. */
  readonly file: string
  readonly selection: Selection
  /** Whether it is the first log that is printed. */
  readonly isFirst: boolean
}

export interface IntervalPrinter {
  /** Prints each interval on standard output as soon as it is complete. */
  readonly listen: Listen
  /** Prints what stands above the table where no interval did: an empty table has it, a log that is refused has not. */
  readonly end: Effect.Effect<void>
}

export const printIntervals = ({
  every,
  format,
  file,
  selection,
  isFirst,
}: IntervalTable): Effect.Effect<IntervalPrinter> =>
  Effect.map(Console.Console, (console) => {
    const { heading, line } = intervalLines(format, file, isFirst, selection)
    let hasHeading = heading === undefined
    const printHeading = (): void => {
      if (!hasHeading) console.log(heading)
      hasHeading = true
    }
    return {
      listen: (source, current) =>
        makeIntervals(Duration.toMillis(every), source, current, (interval) => {
          printHeading()
          console.log(line(interval))
        }),
      end: Effect.sync(printHeading),
    }
  })
