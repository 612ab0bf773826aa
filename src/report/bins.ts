/**
 * A distribution as counts in bins of equal width.
 */
import type { Distribution } from "../summary/Distribution.ts"

export interface Bin {
  readonly fromMs: number
  /** Infinite for the last, which holds all that is longer. */
  readonly toMs: number
  readonly count: number
}

/** How many durations were at most so long: as exact as the histogram. */
const countUpTo = ({ histogram }: Distribution, ms: number): number => {
  const micros = Math.round(ms * 1000)
  let from = 0
  let to = histogram.count
  while (from < to) {
    const rank = Math.ceil((from + to) / 2)
    if (histogram.percentile((100 * rank) / histogram.count) <= micros) from = rank
    else to = rank - 1
  }
  return from
}

/** Bins of a width from 0 on, and one for all that is longer. */
export const binsOf = (distribution: Distribution, widthMs: number, howMany: number): ReadonlyArray<Bin> => {
  const upTo = Array.from({ length: howMany + 1 }, (_, index) =>
    index === 0 ? 0 : countUpTo(distribution, index * widthMs),
  )
  const bins = Array.from({ length: howMany }, (_, index) => ({
    fromMs: index * widthMs,
    toMs: (index + 1) * widthMs,
    count: (upTo[index + 1] ?? 0) - (upTo[index] ?? 0),
  }))
  const longer = distribution.histogram.count - (upTo[howMany] ?? 0)
  return [...bins, { fromMs: howMany * widthMs, toMs: Infinity, count: longer }]
}
