/**
 * The exchange's rules for one API key, as a pure state machine: no HTTP, no clock, no randomness. The HTTP
 * exchange, simulations and properties all judge requests by it.
 *
 * Guarantees: no key passes `limit + 1` requests whose times, in whole milliseconds of the exchange's
 * clock, lie within `windowMs` of each other; accepted nonces rise; after `blockAfter` rate-limit errors
 * nothing of the key passes any more.
 */

import { Chunk, Option } from "effect"
import type { ExchangeRules } from "../venues/exercise/exercise.ts"

/**
 * What the exchange did with a request that reached it: `accepted`, refused as over the `rate-limit`, refused
 * because the key is `blocked`, or refused for its `nonce`.
 */
export type Ruling = "accepted" | "rate-limit" | "blocked" | "nonce"

/** What the exchange remembers of one key. Never changed in place. */
export interface KeyUsage {
  /** Times of the last passes of the rate limit, at most `limit` of them, the oldest first. */
  readonly passes: Chunk.Chunk<number>
  /** Rate-limit errors so far. They are never forgotten. */
  readonly rateLimitErrors: number
  /** The last accepted nonce. */
  readonly lastNonce: bigint
}

/** A request as it reaches the exchange. */
export interface Arrival {
  /** What `parseNonce` made of the nonce parameter. */
  readonly nonce: bigint | undefined
  /** Milliseconds of the exchange's clock, fractions allowed; less than in the arrival before only where the clock steps. */
  readonly atMs: number
  /** Asks other limits than the key's window, where there are such: they decide in its place. Asked once at most. */
  readonly passes?: (() => boolean) | undefined
}

/** A key that the exchange has never heard of. */
export const emptyKey: KeyUsage = { passes: Chunk.empty(), rateLimitErrors: 0, lastNonce: 0n }

/** Judges one arrival: the ruling, and what the exchange remembers of the key from then on. */
export const arrive = (
  config: ExchangeRules,
  key: KeyUsage,
  arrival: Arrival,
): { readonly ruling: Ruling; readonly next: KeyUsage } => {
  if (key.rateLimitErrors >= config.blockAfter) return { ruling: "blocked", next: key }
  const now = Math.floor(arrival.atMs)
  const isFull = key.passes.length >= config.limit
  const isInWindow = (pass: number) => now - pass <= config.windowMs
  const isOver = () => isFull && Option.exists(Chunk.head(key.passes), isInWindow)
  if (arrival.passes === undefined ? isOver() : !arrival.passes()) {
    return { ruling: "rate-limit", next: { ...key, rateLimitErrors: key.rateLimitErrors + 1 } }
  }
  const accepted = arrival.nonce !== undefined && (config.nonces === "none" || arrival.nonce > key.lastNonce)
  return {
    ruling: accepted ? "accepted" : "nonce",
    next: {
      // The slot is used up whatever the nonce turns out to be.
      passes: Chunk.append(isFull ? Chunk.drop(key.passes, 1) : key.passes, now),
      rateLimitErrors: key.rateLimitErrors,
      lastNonce: accepted ? arrival.nonce : key.lastNonce,
    },
  }
}

// As Python's int(), which the exercise's server uses: a sign and surrounding blanks are fine, and no more
// than 4300 digits.
const INTEGER = /^\s*[+-]?\d{1,4300}\s*$/

/**
 * Reads a nonce parameter: a decimal integer of any size, perhaps signed and between blanks. `undefined` where
 * it is missing or anything else.
 */
export const parseNonce = (text: string | undefined): bigint | undefined => {
  if (text === undefined || !INTEGER.test(text)) return undefined
  const digits = text.trim()
  return digits.startsWith("+") ? BigInt(digits.slice(1)) : BigInt(digits)
}
