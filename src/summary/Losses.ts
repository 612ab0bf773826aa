/**
 * Why orders were not accepted.
 */
import type { Outcome, RejectReason } from "../domain/Outcome.ts"

type Expiry = Extract<Outcome, { readonly outcome: "expired" }>["place"]
type Doubt = Extract<Outcome, { readonly outcome: "unknown" }>["cause"]

/** Orders that ended in another way than accepted, by cause. Plain data: it can be sent to another thread. */
export interface Losses {
  readonly expired: Record<Expiry, number>
  readonly rejected: Record<RejectReason, number>
  readonly unknown: Record<Doubt, number>
}

export const emptyLosses = (): Losses => ({
  expired: { queue: 0, limiter: 0 },
  rejected: { "rate-limit": 0, blocked: 0, nonce: 0, "api-key": 0, exchange: 0 },
  unknown: { timeout: 0, "broken-connection": 0, undecodable: 0, "server-error": 0 },
})

export const countLoss = (losses: Losses, outcome: Outcome): void => {
  switch (outcome.outcome) {
    case "expired":
      losses.expired[outcome.place] += 1
      return
    case "rejected":
      losses.rejected[outcome.reason] += 1
      return
    case "unknown":
      losses.unknown[outcome.cause] += 1
      return
    case "accepted":
    case "cancelled":
  }
}

export const mergeLosses = (one: Losses, other: Losses): Losses => ({
  expired: {
    queue: one.expired.queue + other.expired.queue,
    limiter: one.expired.limiter + other.expired.limiter,
  },
  rejected: addReasons(one.rejected, other.rejected),
  unknown: {
    timeout: one.unknown.timeout + other.unknown.timeout,
    "broken-connection": one.unknown["broken-connection"] + other.unknown["broken-connection"],
    undecodable: one.unknown.undecodable + other.unknown.undecodable,
    "server-error": one.unknown["server-error"] + other.unknown["server-error"],
  },
})

export const addReasons = (
  one: Readonly<Record<RejectReason, number>>,
  other: Readonly<Record<RejectReason, number>>,
): Record<RejectReason, number> => ({
  "rate-limit": one["rate-limit"] + other["rate-limit"],
  blocked: one.blocked + other.blocked,
  nonce: one.nonce + other.nonce,
  "api-key": one["api-key"] + other["api-key"],
  exchange: one.exchange + other.exchange,
})
