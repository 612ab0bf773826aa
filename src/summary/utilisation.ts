/**
 * How much of what was possible a run got.
 */
import type { LogStart } from "./LogStart.ts"

/** Rates are orders a second. Null where the log does not tell. */
export interface Utilisation {
  /**
   * What the exchange lets through at the very most: each key's limit in a window and a millisecond, because its
   * clock counts whole ones. Null where other limits count.
   */
  readonly ceiling: number | null
  /** The average throughput as a share of it. */
  readonly ofCeiling: number | null
  /**
   * What is accepted at best under the rules that were in force, with exact timers, on the log's own orders and delays: see
   * {@link SafeClient}. Null where other limits count, or nonces need not rise.
   */
  readonly safeOptimum: number | null
  /** The average throughput as a share of it. */
  readonly ofSafeOptimum: number | null
}

const SECOND_MS = 1000
const TICK_MS = 1

/** What a key may send within a window at most; from the log's header, or what a second allows without one. */
const ceilingOf = ({ capPerSecond, settings }: LogStart): number => {
  if (settings?.limits !== undefined) return Infinity
  const windowMs = settings?.windowMs ?? SECOND_MS
  const limits = settings === undefined ? capPerSecond : settings.limit * settings.keys
  return (limits * SECOND_MS) / (windowMs + TICK_MS)
}

const known = (rate: number | null): number | null => (rate !== null && Number.isFinite(rate) ? rate : null)

const share = (throughput: number, rate: number | null): number | null =>
  rate === null || rate === 0 ? null : throughput / rate

/**
 * @param throughput orders accepted a second, on average
 * @param optimum the same of the safe optimum; null where the log does not tell
 */
export const utilisationOf = (throughput: number, optimum: number | null, start: LogStart): Utilisation => {
  const ceiling = known(ceilingOf(start))
  const safeOptimum = known(optimum)
  return {
    ceiling,
    ofCeiling: share(throughput, ceiling),
    safeOptimum,
    ofSafeOptimum: share(throughput, safeOptimum),
  }
}
