/** What an answer's status means by itself, whatever its body says: proxies answer with pages of their own. Pure. */
import type { Meaning } from "./Venue.ts"

/** Statuses that turn away whoever asks, whatever for: a ban of the address, or a page of something before the venue. */
export const turnsAway = (status: number): boolean => status === 418 || status === 403

/** A server that grew tired of waiting: what it waited for may have been any request of the connection, or none. */
const REQUEST_TIMEOUT = 408

/** @param said what the venue says about a definite refusal */
export const meaningOfStatus = (status: number, said: string): Meaning => {
  if (status === 429) return { kind: "refused", reason: "rate-limit" }
  if (turnsAway(status)) return { kind: "turned-away" }
  if (status === 401) return { kind: "refused", reason: "api-key" }
  if (status >= 400 && status < 500 && status !== REQUEST_TIMEOUT)
    return { kind: "refused", reason: "exchange", said }
  return { kind: "unknown", cause: status >= 500 ? "server-error" : "undecodable" }
}
