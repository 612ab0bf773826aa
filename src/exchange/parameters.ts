/** A request's parameters, read from its address or else from its form. */
import { type ByteSize, Effect, Predicate } from "effect"
import { HttpIncomingMessage, type HttpServerError, type HttpServerRequest } from "effect/http"
import { bodyTooLarge, type ExchangeAnswer, unreadableBody } from "./ExchangeAnswer.ts"

/** The protocol's three parameters. */
export interface Parameters {
  readonly apiKey: string | undefined
  readonly nonce: string | undefined
  readonly reqId: string | undefined
}

/** Each parameter is of the query string, or else of a form body. */
const readParameters = (query: URLSearchParams, form: URLSearchParams): Parameters => {
  const read = (name: string) => query.get(name) ?? form.get(name) ?? undefined
  return { apiKey: read("api_key"), nonce: read("nonce"), reqId: read("req_id") }
}

const FORM = /^application\/x-www-form-urlencoded\b/i
const noParameters = new URLSearchParams()

const bodyProblem = (error: HttpServerError.HttpServerError): ExchangeAnswer =>
  Predicate.isTagged(error.reason, "RequestParseError") && error.reason.reason === "BodyTooLarge"
    ? bodyTooLarge
    : unreadableBody

/** Reads the parameters, or says what is wrong with the body. The body is read only where it is needed. */
export const parametersOf = (
  request: HttpServerRequest.HttpServerRequest,
  query: string,
  maxBody: ByteSize.ByteSize,
): Effect.Effect<Parameters, ExchangeAnswer> => {
  const fromQuery = new URLSearchParams(query)
  const parameters = readParameters(fromQuery, noParameters)
  const isComplete = Object.values(parameters).every((value) => value !== undefined)
  if (isComplete || !FORM.test(request.headers["content-type"] ?? "")) {
    return Effect.succeed(parameters)
  }
  return request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, maxBody),
    // An order whose body is not here yet has not reached the exchange: hanging up undoes it.
    Effect.interruptible,
    Effect.mapError(bodyProblem),
    Effect.map((text) => readParameters(fromQuery, new URLSearchParams(text))),
  )
}
