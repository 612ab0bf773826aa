/** What a venue makes of the orders that a run reads. */
import type { LimitSpec } from "../../domain/LimitSpec.ts"
import type { MadeOrder } from "../../domain/Order.ts"
import { misfits } from "../../limits/JoinedLimits.ts"
import { scopedLimits } from "../../limits/scopedLimits.ts"
import { quote } from "../../platform/quote.ts"
import type { Venue } from "../../venues/Venue.ts"
import type { Misfit } from "./NdjsonSource.ts"

/** So many names are kept in mind; then they are learnt anew. */
const MOST_NAMES = 10_000

/** Whether an order calls what a limit counts by otherwise than one before it: the venue has one counter for both. */
const otherName = (
  nameOf: (text: string) => string,
  limits: ReadonlyArray<LimitSpec>,
): ((order: MadeOrder) => string | undefined) => {
  const fields = new Set(limits.flatMap(({ field }) => field ?? []))
  const names = new Map<string, string>()
  return ({ params }) => {
    for (const field of fields) {
      const text = params[field]
      if (text === undefined) continue
      const name = nameOf(text)
      const first = names.get(name) ?? text
      if (first !== text)
        return `has the ${field} ${quote(text)}, which orders before it call ${quote(first)}: give it one name in all orders, or each name has the whole limit`
      if (names.size >= MOST_NAMES) names.clear()
      names.set(name, first)
    }
    return undefined
  }
}

/** Why an order can never be sent: its venue cannot take it, it finds no room in a limit, or would be in a counter of its own. */
export const misfitOf = (venue: Venue | undefined, limits: ReadonlyArray<LimitSpec> = []): Misfit => {
  const misfit = misfits(scopedLimits(limits))
  const misnamed = otherName(venue?.nameOf ?? ((text) => text), limits)
  return (order) => venue?.problemOf(order) ?? misfit(order) ?? misnamed(order)
}
