/**
 * The exchange over HTTP: `ExchangeModel` behind a socket, with delays each way. Requests are served in
 * parallel, windows are judged on the monotonic clock.
 */
import type { Server } from "node:http"
import type { Socket } from "node:net"
import type { EmulatedRequest, EmulatedVenue } from "../venues/Emulated.ts"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import {
  type ByteSize,
  Deferred,
  Duration,
  Effect,
  Option,
  Predicate,
  Schedule,
  Schema,
  type Scope,
} from "effect"
import { HttpMiddleware, HttpServerRequest, HttpServerResponse } from "effect/http"
import { NetAddress } from "effect/net"
import { type ExchangeTally, makeArrivalTally } from "./ArrivalTally.ts"
import { type ExchangeAnswer, methodNotAllowed, notFound, targetTooLong } from "./ExchangeAnswer.ts"
import {
  type Connections,
  defaultLimits,
  type ExchangeLimits,
  makeNodeServer,
  watchConnections,
} from "./ExchangeLimits.ts"
import { playCut } from "./faults/Cut.ts"
import { makeExerciseProtocol } from "./ExerciseProtocol.ts"
import {
  type EmulatorSettings,
  type ExchangeSettings,
  type JudgeOptions,
  makeJudge,
  type Reply,
} from "./Judge.ts"
import { bodyOf, type Parameters, parametersOf } from "./parameters.ts"
import { makeVenueProtocol, type VenueProtocol } from "./VenueProtocol.ts"
import { makeVenueTally, type VenueTally } from "./VenueTally.ts"

/** Where the exchange takes orders. */
const REQUEST_PATH = "/api/request"

/** Where an emulated venue tells what it has counted, as JSON. */
export const COUNTERS_PATH = "/__paceline/counters"

/** Where an exchange is served. */
export interface ServedAt {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Other than the default ones. */
  readonly resources?: Partial<ExchangeLimits>
}

/** The exercise's exchange, and where it is served. */
export interface ExchangeOptions extends ExchangeSettings, ServedAt {}

/** An emulated venue, and where it is served. */
export interface VenueOptions extends EmulatorSettings, ServedAt {
  readonly venue: EmulatedVenue
}

/** A running exchange. */
export interface Exchange<Tally = ExchangeTally> {
  /** Where to send orders, such as `http://127.0.0.1:9999/api/request`; a venue's base address. */
  readonly url: string
  /** What the exchange has seen up to now. Complete once the scope is closed. */
  readonly tally: Effect.Effect<Tally>
  /** How many connections are open. */
  readonly connections: Effect.Effect<number>
}

/** The exchange could not listen. The message names the address, the cause and what to do. */
export class ExchangeNotServed extends Schema.TaggedError<ExchangeNotServed>()("ExchangeNotServed", {
  message: Schema.String,
}) {}

/** Beyond the delays of what is in flight, how long a stop waits before it cuts connections. */
const STOP_GRACE_MS = 1_000

const whyNotServed = (options: ServedAt, cause: unknown): ExchangeNotServed => {
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

const respond = (reply: Exclude<Reply, { readonly type: "cut" }>, more: Readonly<Record<string, string>>) =>
  reply.type === "answer"
    ? HttpServerResponse.text(reply.answer.body, {
        status: reply.answer.status,
        contentType: "application/json",
        headers: { ...reply.headers, ...more },
      })
    : HttpServerResponse.uint8Array(reply.answer.body, {
        status: reply.answer.status,
        contentType: reply.answer.contentType,
        headers: { ...reply.answer.headers, ...more },
      })

const listenAgain = (server: Server, host: string, port: number): Effect.Effect<void, Error> =>
  Effect.callback((resume) => {
    const failed = (error: Error) => resume(Effect.fail(error))
    server.once("error", failed)
    server.listen({ host, port }, () => {
      server.off("error", failed)
      resume(Effect.void)
    })
  })

/** Whether and when the server stops. */
interface Stopping {
  readonly has: () => boolean
  readonly wait: Effect.Effect<void>
}

/** Answers one request: what goes over the connection, or what cuts it. */
type Answer = (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<Reply>

const refuse = (answer: ExchangeAnswer, headers = {}) =>
  Effect.succeed<Reply>({ type: "answer", answer, headers })

const answerExercise =
  (judge: (parameters: Parameters) => Effect.Effect<Reply>, maxBody: ByteSize.ByteSize): Answer =>
  (request) => {
    const [path = "", ...query] = request.url.split("?")
    if (path !== REQUEST_PATH) return refuse(notFound)
    if (request.method !== "GET") return refuse(methodNotAllowed, { allow: "GET" })
    return Effect.matchEffect(parametersOf(request, query.join("?"), maxBody), {
      onFailure: (answer) => refuse(answer),
      onSuccess: judge,
    })
  }

const answerVenue =
  (
    judge: (request: EmulatedRequest) => Effect.Effect<Reply>,
    { counters }: VenueProtocol,
    maxBody: ByteSize.ByteSize,
  ): Answer =>
  (request) => {
    const { headers, method } = request
    const [path = "", ...query] = request.url.split("?")
    if (path === COUNTERS_PATH)
      return Effect.suspend(() => refuse({ status: 200, body: JSON.stringify({ counters: counters() }) }))
    const address = Option.getOrElse(request.remoteAddress, () => "")
    return Effect.matchEffect(method === "GET" ? Effect.succeed("") : bodyOf(request, maxBody), {
      onFailure: (answer) => refuse(answer),
      onSuccess: (body) => judge({ method, path, query: query.join("?"), headers, body, address }),
    })
  }

/** The handler of all requests. */
const makeApp = (reply: Answer, connections: Connections, stopping: Stopping) => {
  const serveOne = Effect.fnUntraced(function* (
    request: HttpServerRequest.HttpServerRequest,
    socket: Socket,
  ) {
    const replied = yield* reply(request)
    // Else the connection would stay open after its answer, and the stop would wait for it.
    if (replied.type !== "cut") return respond(replied, stopping.has() ? { connection: "close" } : {})
    connections.hold(socket)
    yield* playCut(socket, replied.cut)
    return HttpServerResponse.empty()
  })
  return HttpServerRequest.HttpServerRequest.pipe(
    Effect.flatMap((request) => {
      const { socket } = NodeHttpServerRequest.toIncomingMessage(request)
      if (!connections.begins(socket)) {
        socket.destroy()
        return Effect.succeed(HttpServerResponse.empty())
      }
      return Effect.ensuring(
        serveOne(request, socket),
        Effect.sync(() => connections.ended(socket)),
      )
    }),
    // The platform interrupts a handler whose client hung up. That must not reach the judge.
    Effect.uninterruptible,
  )
}

/** What a protocol is served with. */
interface Service<R> {
  readonly options: ServedAt & Pick<EmulatorSettings, "maxDelay">
  readonly path: string
  /** Makes what answers. */
  readonly makeAnswer: (
    options: Pick<JudgeOptions, "onRestart" | "stopping">,
    maxBody: ByteSize.ByteSize,
  ) => Effect.Effect<Answer, never, R>
}

const serve = Effect.fnUntraced(function* <R>({ makeAnswer, options, path }: Service<R>) {
  const limits = { ...defaultLimits, ...options.resources }
  const nodeServer = makeNodeServer(limits)
  const connections = watchConnections(nodeServer, limits)
  const stopped = Deferred.makeUnsafe<void>()
  const stopping: Stopping = { has: () => Deferred.isDoneUnsafe(stopped), wait: Deferred.await(stopped) }

  const server = yield* NodeHttpServer.make(() => nodeServer, {
    host: options.host,
    port: options.port,
    disablePreemptiveShutdown: true,
  }).pipe(Effect.mapError((error) => whyNotServed(options, error.cause)))
  const port = "port" in server.address ? server.address.port : options.port

  const onRestart = Effect.fnUntraced(function* (downMs: number) {
    if (downMs > 0) nodeServer.close()
    connections.reset()
    if (downMs === 0) return
    yield* Effect.sleep(Duration.millis(downMs))
    yield* listenAgain(nodeServer, options.host, port).pipe(
      Effect.retry({ schedule: Schedule.spaced("20 millis"), while: () => !stopping.has() }),
      Effect.when(Effect.sync(() => !stopping.has())),
      Effect.ignore,
    )
  })
  const answer = yield* makeAnswer({ stopping: stopping.wait, onRestart }, limits.body)
  const reply: Answer = (request) =>
    request.url.length > limits.targetLength ? refuse(targetTooLong) : answer(request)
  yield* server
    .serve(makeApp(reply, connections, stopping))
    .pipe(Effect.provideService(HttpMiddleware.TracerDisabledWhen, () => true))

  const grace = Duration.sum(Duration.times(options.maxDelay, 2), Duration.millis(STOP_GRACE_MS))
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => {
      Deferred.doneUnsafe(stopped, Effect.void)
      connections.releaseAll()
      nodeServer.close(() => resume(Effect.void))
    }).pipe(
      Effect.timeoutOrElse({
        duration: grace,
        orElse: () => Effect.sync(() => nodeServer.closeAllConnections()),
      }),
    ),
  )
  return {
    url: `${NetAddress.formatUrlUnsafe(server.address)}${path}`,
    connections: Effect.sync(connections.count),
  }
})

/**
 * Serves the exercise's exchange until the scope closes. Then it takes no more connections, answers what is in flight,
 * closes idle connections and frees the port. A client that hangs up does not undo its request: an order that
 * has reached the exchange is judged and counted all the same, as on a real one.
 *
 * Nothing is logged or traced: URLs carry API keys.
 */
export const make = Effect.fnUntraced(function* (
  options: ExchangeOptions,
): Effect.fn.Return<Exchange, ExchangeNotServed, Scope.Scope> {
  const tally = makeArrivalTally(
    options.keys.map((key) => key.label),
    Math.floor(Duration.toMillis(options.window)),
  )
  const served = yield* serve({
    options,
    path: REQUEST_PATH,
    makeAnswer: Effect.fnUntraced(function* (more, maxBody) {
      const protocol = yield* makeExerciseProtocol({ ...options, tally })
      return answerExercise(yield* makeJudge({ ...options, ...more, tally }, protocol), maxBody)
    }),
  })
  return { ...served, tally: Effect.sync(tally.read) }
})

/** Serves an emulated venue in the same way, and its counters at {@link COUNTERS_PATH}. */
export const makeVenue = Effect.fnUntraced(function* (
  options: VenueOptions,
): Effect.fn.Return<Exchange<VenueTally>, ExchangeNotServed, Scope.Scope> {
  const tally = makeVenueTally(options.keys.map((key) => key.label))
  const served = yield* serve({
    options,
    path: "",
    makeAnswer: Effect.fnUntraced(function* (more, maxBody) {
      const protocol = yield* makeVenueProtocol({ ...options, tally })
      return answerVenue(yield* makeJudge({ ...options, ...more, tally }, protocol), protocol, maxBody)
    }),
  })
  return { ...served, tally: Effect.sync(tally.read) }
})
