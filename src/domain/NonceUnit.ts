/**
 * What nonces count: the time since 1970 in a unit, and one more than the last where that is greater. A key's unit is that of the
 * clients which have used it before, or a finer one: to an exchange that has seen microseconds, milliseconds come too late for ever.
 *
 * A nonce is a number here and text on its way. Nanoseconds are more than a number holds exactly, so there it counts microseconds,
 * and three zeros follow on its way.
 */
import { Schema } from "effect"

export const NonceUnit = Schema.Literals(["s", "ms", "us", "ns"])
export type NonceUnit = typeof NonceUnit.Type

const PER_MS: Readonly<Record<NonceUnit, number>> = { s: 0.001, ms: 1, us: 1000, ns: 1000 }

/** So many nonces make a span of time, at least one. */
export const nonceSpan = (ms: number, unit: NonceUnit): number => Math.max(1, Math.floor(ms * PER_MS[unit]))

/**
 * A nonce as the exchange reads it.
 *
 * @example
 * nonceText(1_764_000_000_000_000, "ns") // "1764000000000000000"
 */
export const nonceText = (nonce: number, unit: NonceUnit): string =>
  unit === "ns" ? `${nonce}000` : String(nonce)

/**
 * The last nonce of a key, as another unit counts. It never stands for a smaller one on its way; undefined where no number does.
 */
export const nonceIn = (last: number, from: NonceUnit, to: NonceUnit): number | undefined => {
  if ((from === "ns") === (to === "ns")) return last
  // One more of these is more than the last: what is cut off is less than one.
  if (to === "ns") return Math.floor(last / 1000)
  const most = 1000 * last + 999
  return Number.isSafeInteger(most) ? most : undefined
}
