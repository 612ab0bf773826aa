/** A request's parameters, read from its address or else from its form. */
import { type ByteSize, Effect, Option, Predicate } from "effect"
import { HttpIncomingMessage, type HttpServerError, type HttpServerRequest } from "effect/http"
import { bodyTooLarge, type ExchangeAnswer, unreadableBody } from "./ExchangeAnswer.ts"

/** The protocol's three parameters, and what limits with costs and scopes ask of a request. */
export interface Parameters {
  readonly apiKey: string | undefined
  readonly nonce: string | undefined
  readonly reqId: string | undefined
  /** Any of the request. */
  readonly param: (name: string) => string | undefined
  /** Where the request comes from. */
  readonly address: string
}

/** Each parameter is of the query string, or else of a form body. */
const readParameters = (address: string, query: URLSearchParams, form: URLSearchParams): Parameters => {
  const param = (name: string) => query.get(name) ?? form.get(name) ?? undefined
  return { apiKey: param("api_key"), nonce: param("nonce"), reqId: param("req_id"), param, address }
}

const FORM = /^application\/x-www-form-urlencoded\b/i
const noParameters = new URLSearchParams()

const bodyProblem = (error: HttpServerError.HttpServerError): ExchangeAnswer =>
  Predicate.isTagged(error.reason, "RequestParseError") && error.reason.reason === "BodyTooLarge"
    ? bodyTooLarge
    : unreadableBody

/** A request's body, or what is wrong with it. */
export const bodyOf = (
  request: HttpServerRequest.HttpServerRequest,
  maxBody: ByteSize.ByteSize,
): Effect.Effect<string, ExchangeAnswer> =>
  request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, maxBody),
    // An order whose body is not here yet has not reached the exchange: hanging up undoes it.
    Effect.interruptible,
    Effect.mapError(bodyProblem),
  )

/** Reads the parameters, or says what is wrong with the body. The body is read only where it is needed. */
export const parametersOf = (
  request: HttpServerRequest.HttpServerRequest,
  query: string,
  maxBody: ByteSize.ByteSize,
): Effect.Effect<Parameters, ExchangeAnswer> => {
  const fromQuery = new URLSearchParams(query)
  const address = Option.getOrElse(request.remoteAddress, () => "")
  const parameters = readParameters(address, fromQuery, noParameters)
  const isComplete = Object.values(parameters).every((value) => value !== undefined)
  if (isComplete || !FORM.test(request.headers["content-type"] ?? "")) {
    return Effect.succeed(parameters)
  }
  return Effect.map(bodyOf(request, maxBody), (text) =>
    readParameters(address, fromQuery, new URLSearchParams(text)),
  )
}
