/**
 * How much of what was possible a run got.
 */
import { type TransitTimes, meanTransit } from "./TransitTimes.ts"
import type { LogStart } from "./LogStart.ts"

/** Rates are orders a second. Null where the log does not tell. */
export interface Utilisation {
  /**
   * What the exchange lets through at the very most: each key's limit in a window and a millisecond, because its
   * clock counts whole ones.
   */
  readonly ceiling: number | null
  /** The average throughput as a share of it. */
  readonly ofCeiling: number | null
  /**
   * What can safely be sent at best with the delays of this log. A key's permit is out for the window, the margin
   * and the time until its request has certainly arrived; and its next request waits until it can overtake none. An
   * estimate from the means of both: with the exercise's delays it is half a percent above what exact timers reach.
   */
  readonly safeOptimum: number | null
  /** The average throughput as a share of it. */
  readonly ofSafeOptimum: number | null
}

const SECOND_MS = 1000
const TICK_MS = 1

/** What a key may send within a window at most; from the log's header, or what a second allows without one. */
const ceilingOf = ({ capPerSecond, settings }: LogStart): number => {
  const windowMs = settings?.windowMs ?? SECOND_MS
  const limits = settings === undefined ? capPerSecond : settings.limit * settings.keys
  return (limits * SECOND_MS) / (windowMs + TICK_MS)
}

const safeOptimumOf = ({ settings }: LogStart, transit: TransitTimes): number | null => {
  const means = meanTransit(transit)
  if (settings === undefined || means === undefined) return null
  const { keys, limit, marginMs = TICK_MS, windowMs } = settings
  const byWindow = limit / (windowMs + marginMs + means.latestMs)
  const byOrder = means.nextMs > 0 ? 1 / means.nextMs : Infinity
  return keys * Math.min(byWindow, byOrder) * SECOND_MS
}

const known = (rate: number | null): number | null => (rate !== null && Number.isFinite(rate) ? rate : null)

const share = (throughput: number, rate: number | null): number | null =>
  rate === null || rate === 0 ? null : throughput / rate

/** @param throughput orders accepted a second, on average */
export const utilisationOf = (throughput: number, transit: TransitTimes, start: LogStart): Utilisation => {
  const ceiling = known(ceilingOf(start))
  const safeOptimum = known(safeOptimumOf(start, transit))
  return {
    ceiling,
    ofCeiling: share(throughput, ceiling),
    safeOptimum,
    ofSafeOptimum: share(throughput, safeOptimum),
  }
}
