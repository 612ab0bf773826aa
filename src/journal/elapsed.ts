/** Differences of times. */

/** No log is longer: about thirty thousand years. What a damaged line says beyond that is cut to it. */
const LONGEST_MS = 1e15

/**
 * Milliseconds from one time to a later one; negative where it is earlier. Rounded to whole nanoseconds: times
 * in a log are decimal fractions, and 1000.1 - 0.1 must not miss a window's edge by what a float cannot hold.
 */
export const elapsedMs = (fromMs: number, toMs: number): number =>
  Math.round(Math.max(-LONGEST_MS, Math.min(LONGEST_MS, toMs - fromMs)) * 1e6) / 1e6
