/**
 * What the exchange says: an HTTP status and the exact text of a JSON body for each case.
 */
import type { Ruling } from "./ExchangeModel.ts"

/** An HTTP status and a JSON body. */
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

/** The answer to a key that the exchange does not know. */
export const unknownKey = refusal(401, "invalid api key")
/** The answer of an exchange that has failed: the order may have been executed. */
export const failure = refusal(500, "internal error")
/** The answer to any other path. */
export const notFound = refusal(404, "not found")
/** The answer to any method but GET. */
export const methodNotAllowed = refusal(405, "method not allowed")
/** The answer to a path and query beyond the server's limit. */
export const targetTooLong = refusal(414, "uri too long")
/** The answer to a form body that cannot be read. */
export const unreadableBody = refusal(400, "unreadable body")
/** The answer to a form body beyond the server's limit. */
export const bodyTooLarge = refusal(413, "body too large")

/** The answer to a request that reached the exchange, echoing the order's id where it was accepted. */
export const answerTo = (ruling: Ruling, reqId: string): ExchangeAnswer =>
  ruling === "accepted"
    ? { status: 200, body: JSON.stringify({ status: "OK", req_id: reqId }) }
    : refusals[ruling]
