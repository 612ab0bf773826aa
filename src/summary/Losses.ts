/**
 * Why orders were not accepted.
 */
import type { Outcome, RejectReason } from "../domain/Outcome.ts"
import type { ExpiryPlace } from "../journal/JournalRecord.ts"
import type { LoggedOutcome } from "../journal/LogEvent.ts"

type Doubt = Extract<Outcome, { readonly outcome: "unknown" }>["cause"]

export interface Losses {
  readonly expired: Record<ExpiryPlace, number>
  readonly rejected: Record<RejectReason, number>
  readonly unknown: Record<Doubt, number>
}

export const emptyLosses = (): Losses => ({
  expired: { queue: 0, limiter: 0 },
  rejected: { "rate-limit": 0, blocked: 0, nonce: 0, "api-key": 0, clock: 0, exchange: 0 },
  unknown: { timeout: 0, "broken-connection": 0, undecodable: 0, "server-error": 0 },
})

export const countLoss = (losses: Losses, outcome: LoggedOutcome): void => {
  if (outcome.outcome === "expired") losses.expired[outcome.place ?? "queue"] += 1
  if (outcome.outcome === "rejected") losses.rejected[outcome.reason] += 1
  if (outcome.outcome === "unknown") losses.unknown[outcome.cause] += 1
}
