/**
 * The delays between client and exchange: whole milliseconds, uniform on 0..max, each way, from a seed.
 */
import { Effect } from "effect"
import { seededRandom, wholeUpTo } from "../platform/Random.ts"

/** One request's delays, in milliseconds. */
export interface RequestDelays {
  readonly incomingMs: number
  readonly outgoingMs: number
}

/** Draws the delays of the next request. */
export type Delays = () => RequestDelays

/**
 * Delays of at most `maxDelayMs` each way. Both of a request are drawn together, when it comes in: the n-th
 * request has the same delays in every run with the same seed, however the requests overlap.
 */
export const uniformDelays = (seed: number, maxDelayMs: number): Effect.Effect<Delays> =>
  Effect.map(seededRandom(seed, "exchange delays"), (random) => () => ({
    incomingMs: wholeUpTo(random, maxDelayMs),
    outgoingMs: wholeUpTo(random, maxDelayMs),
  }))
