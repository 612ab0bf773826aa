/**
 * The exchange over HTTP: `ExchangeModel` behind a socket, with delays each way. Requests are served in
 * parallel, windows are judged on the monotonic clock.
 */
import { createServer, type Server } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { ByteSize, Duration, Effect, Predicate, Redacted, Result, Schema } from "effect"
import {
  HttpIncomingMessage,
  HttpMiddleware,
  type HttpServerError,
  HttpServerRequest,
  HttpServerResponse,
} from "effect/http"
import { NetAddress } from "effect/net"
import { invariant } from "../invariant.ts"
import { nowMs, sleepUntil } from "../Monotonic.ts"
import type { ApiKey } from "./ApiKeys.ts"
import { type ArrivalTally, type ExchangeTally, makeArrivalTally } from "./ArrivalTally.ts"
import { uniformDelays } from "./Delays.ts"
import { makeDueLine } from "./DueLine.ts"
import {
  answerTo,
  bodyTooLarge,
  type ExchangeAnswer,
  methodNotAllowed,
  notFound,
  unknownKey,
  unreadableBody,
} from "./ExchangeAnswer.ts"
import { arrive, emptyKey, exerciseConfig, type KeyState, parseNonce } from "./ExchangeModel.ts"

/** Where the exchange takes orders. */
export const REQUEST_PATH = "/api/request"

/** What an exchange is made of. */
export interface ExchangeOptions {
  /** The keys it knows. */
  readonly keys: ReadonlyArray<ApiKey>
  /** Requests that a key may pass in one window. */
  readonly limit: number
  /** The window, in whole milliseconds. */
  readonly window: Duration.Duration
  /** The longest delay each way, in whole milliseconds. */
  readonly maxDelay: Duration.Duration
  /** What the delays derive from. */
  readonly seed: number
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
}

/** A running exchange. */
export interface Exchange {
  /** Where to send orders, such as `http://127.0.0.1:9999/api/request`. */
  readonly url: string
  /** What the exchange has seen up to now. Complete once the scope is closed. */
  readonly tally: Effect.Effect<ExchangeTally>
}

/** The exchange could not listen. The message names the address, the cause and what to do. */
export class ExchangeNotServed extends Schema.TaggedError<ExchangeNotServed>()("ExchangeNotServed", {
  message: Schema.String,
}) {}

const MAX_BODY = ByteSize.kibibytes(16)
/** Far above any client's requests in flight, and below the usual limits on open files. */
const MAX_CONNECTIONS = 10_000
/** A connection that is idle between two requests is kept this long: clients reuse theirs. */
const KEEP_ALIVE_MS = 65_000
/** A request must have come in completely within this time. */
const RECEIVE_TIMEOUT_MS = 10_000
/** Beyond the delays of what is in flight, how long a stop waits before it cuts connections. */
const STOP_GRACE_MS = 1_000

const whyNotServed = (options: ExchangeOptions, cause: unknown): ExchangeNotServed => {
  const address = `${NetAddress.formatUrlHostString(options.host)}:${options.port}`
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : "unknown error"
  const because =
    code === "EADDRINUSE"
      ? "the port is in use: stop what uses it, or choose another port (0 for any free one)"
      : code === "EACCES"
        ? "this user may not open the port: choose one above 1023"
        : code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
          ? "this machine has no such address: choose another host, such as 127.0.0.1"
          : `${code}: choose another host or port`
  return new ExchangeNotServed({ message: `the exchange cannot listen on ${address}: ${because}` })
}

const makeNodeServer = (): Server => {
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: RECEIVE_TIMEOUT_MS,
    headersTimeout: RECEIVE_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  })
  server.maxConnections = MAX_CONNECTIONS
  // A connection that cannot be accepted (no file descriptor left) fails at its client, not here.
  server.on("error", () => {})
  return server
}

/** The protocol's three parameters, each from the query string or else from a form body. */
interface Parameters {
  readonly apiKey: string | undefined
  readonly nonce: string | undefined
  readonly reqId: string | undefined
}

const readParameters = (query: URLSearchParams, form: URLSearchParams): Parameters => {
  const read = (name: string) => query.get(name) ?? form.get(name) ?? undefined
  return { apiKey: read("api_key"), nonce: read("nonce"), reqId: read("req_id") }
}

const isComplete = (_: Parameters): boolean =>
  _.apiKey !== undefined && _.nonce !== undefined && _.reqId !== undefined

const FORM = /^application\/x-www-form-urlencoded\b/i
const noParameters = new URLSearchParams()

const bodyProblem = (error: HttpServerError.HttpServerError): ExchangeAnswer =>
  Predicate.isTagged(error.reason, "RequestParseError") && error.reason.reason === "BodyTooLarge"
    ? bodyTooLarge
    : unreadableBody

/** Reads the parameters, or says what is wrong with the body. The body is read only where it is needed. */
const parametersOf = (
  request: HttpServerRequest.HttpServerRequest,
  query: string,
): Effect.Effect<Parameters, ExchangeAnswer> => {
  const fromQuery = new URLSearchParams(query)
  const parameters = readParameters(fromQuery, noParameters)
  if (isComplete(parameters) || !FORM.test(request.headers["content-type"] ?? "")) {
    return Effect.succeed(parameters)
  }
  return request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, MAX_BODY),
    // An order whose body is not here yet has not reached the exchange: hanging up undoes it.
    Effect.interruptible,
    Effect.mapError(bodyProblem),
    Effect.map((text) => readParameters(fromQuery, new URLSearchParams(text))),
  )
}

/**
 * Everything between a request's parameters and its answer: delays, judgement, tally.
 *
 * A delay ends when it is due, not when its timer happens to fire: a process that was held up judges what has
 * become due meanwhile in the order of those times, and as of them. So an incoming delay is never longer than
 * it was drawn, however busy the machine is.
 */
const makeJudge = Effect.fnUntraced(function* (options: ExchangeOptions, tally: ArrivalTally) {
  const config = {
    ...exerciseConfig,
    limit: options.limit,
    windowMs: Math.floor(Duration.toMillis(options.window)),
  }
  const draw = yield* uniformDelays(options.seed, Math.floor(Duration.toMillis(options.maxDelay)))
  const keys = new Map<string, { readonly label: string; state: KeyState }>(
    options.keys.map(({ label, secret }) => [Redacted.value(secret), { label, state: emptyKey(config) }]),
  )
  const arrivals = makeDueLine<() => void>()
  return Effect.fnUntraced(function* (parameters: Parameters): Effect.fn.Return<ExchangeAnswer> {
    const delays = draw()
    const receivedMs = yield* nowMs
    const key = keys.get(parameters.apiKey ?? "")
    if (key === undefined) {
      tally.unknownKey()
      yield* sleepUntil(receivedMs + delays.outgoingMs)
      return unknownKey
    }
    const atMs = receivedMs + delays.incomingMs
    const reqId = parameters.reqId ?? ""
    let answer: ExchangeAnswer | undefined
    arrivals.add(atMs, () => {
      const { next, verdict } = arrive(config, key.state, { nonce: parseNonce(parameters.nonce), atMs })
      key.state = next
      tally.arrived(key.label, verdict, atMs, reqId)
      answer = answerTo(verdict, reqId)
    })
    yield* sleepUntil(atMs)
    for (const judge of arrivals.takeDue(yield* nowMs)) judge()
    invariant(answer !== undefined, "a request that is due was not judged")
    yield* sleepUntil(atMs + delays.outgoingMs)
    return answer
  })
})

const respond = (answer: ExchangeAnswer, headers: Readonly<Record<string, string>>) =>
  HttpServerResponse.text(answer.body, { status: answer.status, contentType: "application/json", headers })

/**
 * Serves an exchange until the scope closes. Then it takes no more connections, answers what is in flight,
 * closes idle connections and frees the port. A client that hangs up does not undo its request: an order that
 * has reached the exchange is judged and counted all the same, as on a real one.
 *
 * Nothing is logged or traced: URLs carry API keys.
 */
export const make = Effect.fnUntraced(function* (options: ExchangeOptions) {
  const tally = makeArrivalTally(
    options.keys.map((key) => key.label),
    Math.floor(Duration.toMillis(options.window)),
  )
  const judge = yield* makeJudge(options, tally)
  const nodeServer = makeNodeServer()
  let stopping = false

  const answer = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    const [path = "", ...query] = request.url.split("?")
    if (path !== REQUEST_PATH) return notFound
    if (request.method !== "GET") return methodNotAllowed
    const parameters = yield* Effect.result(parametersOf(request, query.join("?")))
    return yield* Result.match(parameters, { onFailure: Effect.succeed, onSuccess: judge })
  })

  const app = HttpServerRequest.HttpServerRequest.pipe(
    Effect.flatMap(answer),
    Effect.map((answer) =>
      respond(answer, {
        ...(answer === methodNotAllowed ? { allow: "GET" } : {}),
        // Without it the connection would stay open after its answer, and the stop would wait for it.
        ...(stopping ? { connection: "close" } : {}),
      }),
    ),
    // The platform sends an interrupt to a handler whose client hung up. It must not reach the judge.
    Effect.uninterruptible,
  )

  const server = yield* NodeHttpServer.make(() => nodeServer, {
    host: options.host,
    port: options.port,
    disablePreemptiveShutdown: true,
  }).pipe(Effect.mapError((error) => whyNotServed(options, error.cause)))
  yield* server.serve(app).pipe(Effect.provideService(HttpMiddleware.TracerDisabledWhen, () => true))

  const grace = Duration.sum(Duration.times(options.maxDelay, 2), Duration.millis(STOP_GRACE_MS))
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => {
      stopping = true
      nodeServer.close(() => resume(Effect.void))
    }).pipe(
      Effect.timeoutOrElse({
        duration: grace,
        orElse: () => Effect.sync(() => nodeServer.closeAllConnections()),
      }),
    ),
  )

  const exchange: Exchange = {
    url: `${NetAddress.formatUrlUnsafe(server.address)}${REQUEST_PATH}`,
    tally: Effect.sync(tally.read),
  }
  return exchange
})
