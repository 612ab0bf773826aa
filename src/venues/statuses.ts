/** What an answer's status means by itself, whatever its body says: proxies answer with pages of their own. Pure. */
import { Option, Predicate } from "effect"
import { parseJson } from "../platform/parseJson.ts"
import type { Meaning } from "./Venue.ts"

/** As venues write: a firewall or a proxy before them writes pages. */
export const isJson = (body: string): boolean => Option.exists(parseJson(body), Predicate.isObject)

/** What turns away whoever asks, whatever for: a ban of the address, or a page of something before the venue. */
export const turnsAway = (status: number, body: string): boolean =>
  status === 418 || status === 403 || (status === 401 && !isJson(body))

/** A server that grew tired of waiting: what it waited for may have been any request of the connection, or none. */
const REQUEST_TIMEOUT = 408

/** @param said what the venue says about a definite refusal */
export const meaningOfStatus = (status: number, said: string, body: string): Meaning => {
  if (status === 429) return { kind: "refused", reason: "rate-limit" }
  if (turnsAway(status, body)) return { kind: "turned-away" }
  if (status === 401) return { kind: "refused", reason: "api-key" }
  if (status >= 400 && status < 500 && status !== REQUEST_TIMEOUT)
    return { kind: "refused", reason: "exchange", said }
  return { kind: "unknown", cause: status >= 500 ? "server-error" : "undecodable" }
}
