/** What a request costs whose cost depends on the age of what it is about: `cost` while that is younger than `untilMs`. */
export interface AgeCost {
  /** Infinity for the last. */
  readonly untilMs: number
  readonly cost: number
}

/**
 * The most that such a request can cost, from now on: cancelling an order, say. Its least possible age counts: what it is
 * about arrived at `latestMs` at the latest (undefined while that is not known), and nothing arrives before now.
 */
export const greatestCost = (
  costs: ReadonlyArray<AgeCost>,
  latestMs: number | undefined,
  nowMs: number,
): number => {
  const leastAgeMs = latestMs === undefined ? 0 : nowMs - latestMs
  return costs.reduce((most, { cost, untilMs }) => (leastAgeMs <= untilMs ? Math.max(most, cost) : most), 0)
}
