/**
 * What the exchange says: an HTTP status and the exact text of a JSON body for each case.
 */
import type { Ruling } from "./ExchangeModel.ts"

export interface ExchangeAnswer {
  readonly status: number
  readonly body: string
}

const refusal = (status: number, message: string): ExchangeAnswer => ({
  status,
  body: JSON.stringify({ status: "error", error_msg: message }),
})

const refusals: Readonly<Record<Exclude<Ruling, "accepted">, ExchangeAnswer>> = {
  "rate-limit": refusal(429, "exceeded rate limit"),
  // 429, not 403: a blocked key is told apart by the message.
  blocked: refusal(429, "too many rate limit errors: blocked"),
  nonce: refusal(400, "invalid nonce"),
}

export const unknownKey = refusal(401, "invalid api key")
/** The answer of an exchange that has failed: the order may have been executed. */
export const failure = refusal(500, "internal error")
export const notFound = refusal(404, "not found")
export const methodNotAllowed = refusal(405, "method not allowed")
export const targetTooLong = refusal(414, "uri too long")
export const unreadableBody = refusal(400, "unreadable body")
export const bodyTooLarge = refusal(413, "body too large")

/** The answer to a request that reached the exchange, echoing the order's id where it was accepted. */
export const answerTo = (ruling: Ruling, reqId: string): ExchangeAnswer =>
  ruling === "accepted"
    ? { status: 200, body: JSON.stringify({ status: "OK", req_id: reqId }) }
    : refusals[ruling]
