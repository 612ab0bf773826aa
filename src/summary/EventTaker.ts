/**
 * What becomes of a log's events: they are looked at or not, summarised, and told to whoever listens.
 */
import type { LogEvent } from "../journal/LogEvent.ts"
import { makeEventFilter } from "./EventFilter.ts"
import type { LogOptions } from "./LogOptions.ts"
import { makeLogSpans, type Missed } from "./LogSpans.ts"
import type { OriginOptions } from "./Origin.ts"
import { makeOutcomeCounter, type OutcomeCounts } from "./OutcomeCounts.ts"
import type { Summary } from "./Summary.ts"
import { makeSummariser } from "./Summariser.ts"

export interface EventTaker {
  /** Takes the log's next event. */
  readonly take: (event: LogEvent) => void
  /** Whether the selection needs to know when the log began, and it does not say: it must then be refused. */
  readonly lacksBeginning: () => boolean
  /** Undefined unless the log so far has nothing of the time that was asked for: it must then be refused. */
  readonly missed: () => Missed | undefined
  /** Whether the run that wrote the log has ended. */
  readonly hasEnded: () => boolean
  /** The outcomes so far, whether they are looked at or not. */
  readonly outcomes: () => OutcomeCounts
  /** There are no more events. */
  readonly end: () => void
  /** The summary of the events so far. */
  readonly summary: () => Summary
}

/** Makes one for one log. */
export const makeEventTaker = (origin: OriginOptions, options: LogOptions): EventTaker => {
  const summariser = makeSummariser(origin)
  const outcomes = makeOutcomeCounter()
  const { selection } = options
  const spans = makeLogSpans(selection ?? { since: undefined, until: undefined }, origin.source)
  const filter = selection && makeEventFilter(selection.keys, spans.current)
  const listener = options.listen?.(origin.source, spans.current)
  let hasEnded = false
  return {
    take: (event) => {
      if (event.type === "settings") hasEnded = false
      if (event.type === "ended") hasEnded = true
      outcomes.add(event)
      spans.add(event)
      const seen = filter === undefined ? event : filter(event)
      if (seen === undefined) return
      summariser.add(seen)
      listener?.add(seen)
    },
    lacksBeginning: spans.lacksBeginning,
    missed: spans.missed,
    hasEnded: () => hasEnded,
    outcomes: outcomes.counts,
    end: () => listener?.end(),
    summary: summariser.finish,
  }
}
