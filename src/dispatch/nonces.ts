/**
 * Nonces of one key: whole numbers, each greater than every one before; and what to do when the exchange has seen a
 * greater one already, because another client used the key or what we knew of it was lost.
 */

import { nonceSpan, type NonceUnit } from "../domain/NonceUnit.ts"

/**
 * The nonce after `last`: the wall clock's time in the key's unit, or one more than the last where the clock has stood still or
 * stepped back. A lane sends at most one request in a millisecond on average, so nonces do not run away from the clock; those in
 * seconds do.
 */
export const nextNonce = (last: number, wallMs: number, unit: NonceUnit): number =>
  Math.max(last + 1, nonceSpan(wallMs, unit))

/**
 * How far ahead a refused lane jumps, one after the other, until a nonce is accepted: a second, a minute, an hour, a day,
 * thirty days, in milliseconds, since most clients take their nonces from a clock. What lies beyond is not one.
 */
export const NONCE_JUMPS: ReadonlyArray<number> = [1000, 60_000, 3_600_000, 86_400_000, 2_592_000_000]

/** Nonces stay where every whole number is exact, and leave as much room above. */
const LARGEST_NONCE = Number.MAX_SAFE_INTEGER / 2

/** What a key's answers have told of its nonces. */
export interface NonceProgress {
  /** Jumps made since a nonce was accepted. */
  readonly jumps: number
  /** Smaller nonces left before the last jump: that one of them was accepted says nothing about it. */
  readonly floor: number
  /** The largest that was accepted. */
  readonly accepted: number
}

export const noProgress: NonceProgress = { jumps: 0, floor: 0, accepted: 0 }

/** A nonce was accepted: the key is in step, unless the nonce is from before the last jump. */
export const afterAcceptance = (progress: NonceProgress, nonce: number): NonceProgress => ({
  ...progress,
  jumps: nonce >= progress.floor ? 0 : progress.jumps,
  accepted: Math.max(progress.accepted, nonce),
})

/**
 * What a refused nonce calls for.
 *
 * - `wait`: nothing yet. A later one is under way, or the jump was made since: its answer tells more.
 * - `overtaken`: nothing. A later one of our own was accepted, so the exchange goes on from there.
 * - `jump`: nonces go on above `last`.
 * - `give-up`: all jumps have been made.
 */
export type NonceRemedy =
  | { readonly remedy: "wait" | "overtaken" | "give-up" }
  | { readonly remedy: "jump"; readonly by: number; readonly last: number; readonly progress: NonceProgress }

/** Decides what to do about a refused nonce, where `last` is the last one used, or jumped to. Jumps are in milliseconds. */
export const remedyFor = (
  progress: NonceProgress,
  refused: number,
  last: number,
  wallMs: number,
  jumps: ReadonlyArray<number>,
  unit: NonceUnit,
): NonceRemedy => {
  if (refused < progress.accepted) return { remedy: "overtaken" }
  if (refused < last) return { remedy: "wait" }
  const by = jumps[progress.jumps]
  if (by === undefined) return { remedy: "give-up" }
  const jumped = nextNonce(last, wallMs, unit) - 1 + nonceSpan(by, unit)
  if (jumped > LARGEST_NONCE) return { remedy: "give-up" }
  return {
    remedy: "jump",
    by,
    last: jumped,
    progress: { ...progress, jumps: progress.jumps + 1, floor: jumped + 1 },
  }
}
