import { type ClockMargin, defaultClockMargin } from "./Limit.ts"

/** What a request costs whose cost depends on the age of what it is about: `cost` while that is younger than `untilMs`. */
export interface AgeCost {
  /** Infinity for the last. */
  readonly untilMs: number
  readonly cost: number
}

/**
 * The most that a request can cost which leaves now or later: cancelling an order, say, which costs the more the younger it
 * is. The least possible age counts: what it is about arrived at `latestMs` at the latest (undefined while that is not
 * known), and nothing arrives before it leaves.
 */
export const greatestCost = (
  costs: ReadonlyArray<AgeCost>,
  latestMs: number | undefined,
  nowMs: number,
  { drift, tickMs }: ClockMargin = defaultClockMargin,
): number => {
  const leastAgeMs = latestMs === undefined ? 0 : (nowMs - latestMs) * (1 - drift) - tickMs
  return costs.reduce((most, { cost, untilMs }) => (leastAgeMs < untilMs ? Math.max(most, cost) : most), 0)
}
