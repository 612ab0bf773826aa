/**
 * Turns a log's events into its summary: one pass, constant memory. The definitions are those of `Summary`.
 */
import type { LogEvent, TimedEvent } from "../journal/LogEvent.ts"
import { emptyTally, tallyEvent } from "./LogTally.ts"
import { emptyHeld } from "./Held.ts"
import { isTimed, makeOriginFinder, type Origin, type OriginOptions } from "./Origin.ts"
import { addTimed, type PartialSummary, summaryOf } from "./PartialSummary.ts"
import type { Summary } from "./Summary.ts"
import { emptyGrid } from "./WindowGrid.ts"

export interface Summariser {
  readonly add: (event: LogEvent) => void
  /**
   * The summary of what came so far; more may come after. An order that was sent and has no outcome counts as
   * unknown, so in mid-run that is what is in flight.
   */
  readonly finish: () => Summary
}

/** A log whose beginning is known. */
interface Started {
  readonly origin: Origin
  readonly part: PartialSummary
}

/** Makes a summariser for one log. Feed it the log's events in the log's order. */
export const makeSummariser = (options: OriginOptions): Summariser => {
  const finder = makeOriginFinder(options)
  const tally = emptyTally(true)
  let started: Started | undefined
  /** The records so far, until the origin is known. */
  let prelude: Array<TimedEvent> = []

  const start = (): Started => {
    const origin = finder.origin()
    const part = { tally, windows: emptyGrid(), held: emptyHeld() }
    for (const event of prelude) addTimed(part, event, origin)
    return { origin, part }
  }

  return {
    add: (event) => {
      tallyEvent(tally, event)
      if (started !== undefined) {
        if (isTimed(event)) addTimed(started.part, event, started.origin)
        return
      }
      finder.add(event)
      if (isTimed(event)) prelude.push(event)
      if (!finder.isKnown()) return
      started = start()
      prelude = []
    },
    finish: () => {
      const { origin, part } = started ?? start()
      return summaryOf(part, origin)
    },
  }
}
