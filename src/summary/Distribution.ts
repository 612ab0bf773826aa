/**
 * A distribution of durations in constant memory: Node's own HDR histogram, with three significant figures.
 */
import { createHistogram } from "node:perf_hooks"

/** In milliseconds. `max` is exact; of the others three figures are. */
export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

export interface Distribution {
  /** Takes a duration in milliseconds. A negative one, which only a damaged log says, is passed over. */
  readonly add: (ms: number) => void
  /** Null where there was no duration. */
  readonly percentiles: () => Percentiles | null
}

export const makeDistribution = (): Distribution => {
  // Whole microseconds, from 1 on: the histogram knows no 0.
  const histogram = createHistogram({ figures: 3 })
  let known = false
  let max = 0
  const percentile = (percent: number): number => Math.min(histogram.percentile(percent) / 1000, max)
  return {
    add: (ms) => {
      if (ms < 0) return
      histogram.record(Math.max(1, Math.min(Math.round(ms * 1000), Number.MAX_SAFE_INTEGER)))
      known = true
      max = Math.max(max, ms)
    },
    percentiles: () =>
      known ? { p50: percentile(50), p90: percentile(90), p99: percentile(99), max } : null,
  }
}
