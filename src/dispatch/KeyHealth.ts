/**
 * The health of one API key: what answers have told of it, and what follows from the next one. A pure reducer: an answer and
 * a time in, the new health and a remedy out. The lane that owns the key carries the remedy out.
 *
 * Times are milliseconds of the monotonic clock unless they say otherwise.
 */
import type { NonceUnit } from "../domain/NonceUnit.ts"
import type { ParkReason, Retirement } from "../domain/DispatchEvent.ts"
import type { Verdict } from "../domain/SubmitError.ts"
import { afterRefusal, noStreak, type RefusalStreak, type Said } from "./Refusals.ts"
import { afterAcceptance, noProgress, type NonceProgress, remedyFor } from "./nonces.ts"

export interface KeyHealth {
  readonly state: "active" | Retirement
  /** Why it was parked, if it was. */
  readonly parkReason: ParkReason | undefined
  /** Rate-limit errors in this life. */
  readonly rateLimitErrors: number
  /** Rate-limit errors in former lives: the exchange counts over all of them. */
  readonly formerErrors: number
  /**
   * When the last of them came, over all lives, the earliest first: one moment for all that were in flight together, and no more
   * than may park the key.
   */
  readonly recentErrorsMs: ReadonlyArray<number>
  /** Orders in a row that were refused in the same words. */
  readonly streak: RefusalStreak
  /** The last nonce used, or jumped to. */
  readonly lastNonce: number
  readonly nonces: NonceProgress
  /** Nothing is sent before this. */
  readonly holdUntilMs: number
  /** Since when, and until when, the exchange asks this key to wait; in the past where it does not. */
  readonly asked: { readonly sinceMs: number; readonly untilMs: number }
}

/** What a key's lane does about refusals. */
export interface HealthPolicy {
  /** Rate-limit errors within {@link PARK_SPAN_MS} after which the key is parked; Infinity for never. */
  readonly parkAfter: number
  /** Orders in a row, refused in the same words, after which the key is parked; Infinity for never. */
  readonly stopAfterRefusals: number
  /** Rate-limit errors, over all lives, after which the exchange blocks the key; Infinity where it never does. */
  readonly blockAfter: number
  /** How far ahead nonces jump, one after the other, in milliseconds; undefined where nothing is learnt from a refused nonce. */
  readonly nonceJumps: ReadonlyArray<number> | undefined
  /** What nonces count. */
  readonly nonceUnit: NonceUnit
}

/** Errors that are older do not count towards parking a key: something else was wrong then. */
export const PARK_SPAN_MS = 60_000

/**
 * What to do about an answer.
 *
 * - `nothing`.
 * - `await-later`: a later nonce is on its way, and its answer will tell more. The order may go back to the line.
 * - `resynchronise`: nonces go on `by` milliseconds further ahead, the `jump`-th time. The order may go back to the line.
 * - `park`: the exchange would soon block the key, accepts none of its nonces, or refuses all its orders in the same words.
 * - `retire`: the exchange has blocked the key, or does not know it.
 */
export type Remedy =
  | { readonly remedy: "nothing" | "await-later" }
  | { readonly remedy: "resynchronise"; readonly by: number; readonly jump: number }
  | { readonly remedy: "park"; readonly reason: ParkReason }
  | { readonly remedy: "retire"; readonly state: "blocked" | "unknown" }

const nothing: Remedy = { remedy: "nothing" }

/** What is known of a key from former lives. */
interface FormerHealth {
  readonly lastNonce: number
  readonly rateLimitErrors: number
  readonly recentErrorsMs: ReadonlyArray<number>
  readonly quietUntilMs: number
}

/** A key as it is taken over from former lives; parked where their errors leave no room for one more. */
export const newHealth = (
  { lastNonce, quietUntilMs, rateLimitErrors, recentErrorsMs }: FormerHealth,
  { blockAfter }: Pick<HealthPolicy, "blockAfter">,
): KeyHealth => {
  const isSpent = rateLimitErrors > 0 && rateLimitErrors >= blockAfter - 1
  return {
    state: isSpent ? "parked" : "active",
    parkReason: isSpent ? "rate-limit" : undefined,
    rateLimitErrors: 0,
    formerErrors: rateLimitErrors,
    recentErrorsMs,
    streak: noStreak,
    lastNonce,
    nonces: noProgress,
    holdUntilMs: quietUntilMs,
    asked: { sinceMs: Number.NEGATIVE_INFINITY, untilMs: Number.NEGATIVE_INFINITY },
  }
}

/**
 * Whether one more request may leave while so many are in flight: should all of them be refused for the limit, the exchange
 * must not have counted as many errors as make it block the key.
 */
export const hasRoom = (
  { formerErrors, rateLimitErrors }: Pick<KeyHealth, "formerErrors" | "rateLimitErrors">,
  inFlight: number,
  blockAfter: number,
): boolean => formerErrors + rateLimitErrors + inFlight + 1 < blockAfter

/** A request with this nonce leaves. */
export const afterSend = (health: KeyHealth, nonce: number): KeyHealth => ({ ...health, lastNonce: nonce })

/** Nothing is sent before then, whatever the reason. */
export const quietUntil = (health: KeyHealth, untilMs: number): KeyHealth => ({
  ...health,
  holdUntilMs: Math.max(health.holdUntilMs, untilMs),
})

/** The exchange asks the key to wait until then. */
export const afterAdvice = (health: KeyHealth, untilMs: number, nowMs: number): KeyHealth => ({
  ...quietUntil(health, untilMs),
  asked: {
    sinceMs: nowMs < health.asked.untilMs ? health.asked.sinceMs : nowMs,
    untilMs: Math.max(health.asked.untilMs, untilMs),
  },
})

/** The request with this nonce was accepted. */
export const afterAccepted = (health: KeyHealth, nonce: number): KeyHealth => ({
  ...health,
  streak: noStreak,
  nonces: afterAcceptance(health.nonces, nonce),
})

/** A request that was not accepted. */
export interface Failure {
  readonly verdict: Verdict
  /** What it said that may hold for everything; undefined where it is about this order's turn alone. */
  readonly said?: Said | undefined
  readonly nonce: number
  readonly sentMs: number
  readonly atMs: number
  /** The wall clock's time, from which nonces are taken. */
  readonly wallMs: number
}

/** A request was not accepted. A key that has left service stays as it is. */
export const afterVerdict = (
  health: KeyHealth,
  failure: Failure,
  policy: HealthPolicy,
): readonly [KeyHealth, Remedy] => {
  const { nonce, said, verdict, wallMs } = failure
  if (verdict.kind !== "refused") return [health, nothing]
  switch (verdict.reason) {
    case "rate-limit":
      return afterRateLimit(health, failure, policy)
    case "blocked":
      return retire(health, "blocked")
    case "api-key":
      return retire(health, "unknown")
    case "nonce":
      return resynchronise(health, nonce, wallMs, policy)
    case "clock":
    case "exchange": {
      if (said === undefined) return [health, nothing]
      const streak = afterRefusal(health.streak, said, "")
      const told = { ...health, streak }
      return streak.orders >= policy.stopAfterRefusals ? park(told, "refusals") : [told, nothing]
    }
  }
}

/**
 * Every error counts for the exchange, which may block the key. For parking it, all that were in flight when the first refusal
 * came count once: they left before anybody could know.
 */
const afterRateLimit = (
  health: KeyHealth,
  { atMs, sentMs }: Pick<Failure, "atMs" | "sentMs">,
  { blockAfter, parkAfter }: HealthPolicy,
): readonly [KeyHealth, Remedy] => {
  const known = health.recentErrorsMs
  const isNews = sentMs > (known.at(-1) ?? Number.NEGATIVE_INFINITY)
  const recent = isNews ? [...known.filter((errorMs) => atMs - errorMs < PARK_SPAN_MS), atMs] : known
  // Where nothing parks the key, the last one still tells what was in flight together.
  const kept = Number.isFinite(parkAfter) ? parkAfter : 1
  const counted = {
    ...health,
    rateLimitErrors: health.rateLimitErrors + 1,
    recentErrorsMs: recent.slice(-kept),
  }
  const all = counted.formerErrors + counted.rateLimitErrors
  return recent.length >= parkAfter || all >= blockAfter - 1
    ? park(counted, "rate-limit")
    : [counted, nothing]
}

const park = (health: KeyHealth, reason: ParkReason): readonly [KeyHealth, Remedy] =>
  health.state === "active"
    ? [
        { ...health, state: "parked", parkReason: reason },
        { remedy: "park", reason },
      ]
    : [health, nothing]

const retire = (health: KeyHealth, state: "blocked" | "unknown"): readonly [KeyHealth, Remedy] =>
  health.state === "active"
    ? [
        { ...health, state },
        { remedy: "retire", state },
      ]
    : [health, nothing]

/** Brings the key's nonces back into step with the exchange's, if need be. */
const resynchronise = (
  health: KeyHealth,
  refused: number,
  wallMs: number,
  { nonceJumps, nonceUnit }: HealthPolicy,
): readonly [KeyHealth, Remedy] => {
  if (nonceJumps === undefined) return [health, nothing]
  const found = remedyFor(health.nonces, refused, health.lastNonce, wallMs, nonceJumps, nonceUnit)
  switch (found.remedy) {
    case "overtaken":
      return [health, nothing]
    case "wait":
      return [health, { remedy: "await-later" }]
    case "give-up":
      return park(health, "nonce")
    case "jump": {
      const { by, last, progress } = found
      return [
        { ...health, lastNonce: last, nonces: progress },
        { remedy: "resynchronise", by, jump: progress.jumps },
      ]
    }
  }
}
