/** How many orders ended how, as a journal's footer counts them. */
import type { LogEvent } from "../journal/LogEvent.ts"
import type { Outcome } from "../domain/Outcome.ts"
import type { Summary } from "./Summary.ts"

export type OutcomeCounts = Readonly<Record<Outcome["outcome"], number>>

export interface OutcomeCounter {
  readonly add: (event: LogEvent) => void
  readonly counts: () => OutcomeCounts
}

export const makeOutcomeCounter = (): OutcomeCounter => {
  const counts = { accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 }
  return {
    add: (event) => {
      if (event.type === "outcome") counts[event.outcome.outcome] += 1
    },
    counts: () => counts,
  }
}

/** What a footer calls created: orders that have an outcome. */
export const createdOf = (counts: OutcomeCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

/** The outcomes of a whole log: a summary takes orders without one for unknown. */
export const outcomesOf = ({ losses, orders }: Summary): OutcomeCounts => ({
  accepted: orders.accepted,
  rejected: orders.rejected,
  expired: orders.expired,
  unknown: orders.unknown - losses.unknown.unfinished,
  cancelled: orders.cancelled,
})
