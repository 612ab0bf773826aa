/** What a venue makes of the orders that a run reads. */
import type { LimitSpec } from "../../domain/LimitSpec.ts"
import { MadeOrder } from "../../domain/Order.ts"
import { misfits } from "../../limits/JoinedLimits.ts"
import { scopedLimits } from "../../limits/scopedLimits.ts"
import { actionOf, COST } from "../../venues/fields.ts"
import type { Venue } from "../../venues/Venue.ts"
import { costOf } from "../../venues/VenueLimit.ts"
import type { Misfit } from "./NdjsonSource.ts"

/**
 * The order with its cost: its own, or else the most that its action costs of any of the venue's limits. An order has one cost,
 * and what is counted at too much is still safe.
 */
export const priced = (venue: Venue | undefined, order: MadeOrder): MadeOrder => {
  if (venue === undefined || order.params[COST] !== undefined) return order
  const action = actionOf(order)
  const cost = Math.max(1, ...venue.limits.map((limit) => costOf(limit, action)))
  return cost === 1
    ? order
    : new MadeOrder(order.id, { ...order.params, [COST]: String(cost) }, order.createdMs)
}

/** Why an order can never be sent: its venue cannot take it, or it finds no room in a limit. */
export const misfitOf = (venue: Venue | undefined, limits: ReadonlyArray<LimitSpec> | undefined): Misfit => {
  const misfit = misfits(scopedLimits(limits ?? []))
  return (order) => venue?.problemOf(order) ?? misfit(priced(venue, order))
}
