/**
 * Randomness from an explicit seed, so that a run can be repeated.
 */
import { Effect, Random } from "effect"

/**
 * A generator (ISAAC, Effect's own) for one purpose. The same seed and purpose give the same numbers; another
 * purpose gives independent ones, so that drawing more for one thing never shifts another.
 */
export const seededRandom = (seed: number, purpose: string): Effect.Effect<Random.Random> =>
  // As text, since the generator would only use 32 bits of a number.
  Random.withSeed(Effect.service(Random.Random), `${purpose} ${seed}`)

/** A whole number, uniform on 0..max, both included. */
export const wholeUpTo = (random: Random.Random, max: number): number =>
  Math.floor(random.nextDoubleUnsafe() * (max + 1))

/** A seed that nobody chose, to be shown so that the run can be repeated. */
export const freshSeed: Effect.Effect<number> = Random.nextIntBetween(0, 999_999_999)
