/** What a venue makes of the orders that a run reads. */
import type { LimitSpec } from "../../domain/LimitSpec.ts"
import { misfits } from "../../limits/JoinedLimits.ts"
import { scopedLimits } from "../../limits/scopedLimits.ts"
import type { Venue } from "../../venues/Venue.ts"
import type { Misfit } from "./NdjsonSource.ts"

/** Why an order can never be sent: its venue cannot take it, or it finds no room in a limit. */
export const misfitOf = (venue: Venue | undefined, limits: ReadonlyArray<LimitSpec> | undefined): Misfit => {
  const misfit = misfits(scopedLimits(limits ?? []))
  return (order) => venue?.problemOf(order) ?? misfit(order)
}
