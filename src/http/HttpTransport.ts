/**
 * Requests to one exchange over HTTP/1.1, on undici: each is sent at most once, over a connection of its own while it
 * lasts. A request waits for no other's answer: there are as many connections as requests may be in flight.
 */
import { Clock, Effect, type Scope } from "effect"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import { Connector, targetOf } from "./connect.ts"
import { Connection } from "./Connection.ts"
import {
  type Carrier,
  type HttpExchange,
  HttpRequest,
  type PendingRequest,
  type RequestOwner,
} from "./HttpRequest.ts"

export interface HttpTransportOptions {
  /** An address of the exchange: where it listens. */
  readonly url: URL
  /** How long a request may take, connecting included, before it is given up. */
  readonly requestTimeoutMs: number
  /** The most requests that may be in flight. Urgent ones come on top. */
  readonly maxInFlight: number
}

export interface HttpTransport {
  /** Sends one request at most once, and concludes from its ending. Interrupted, it is given up. */
  readonly send: <A, E>(exchange: HttpExchange<A, E>) => Effect.Effect<A, E>
  /** The same ahead of all that wait, over a further connection where none is free. */
  readonly sendUrgently: <A, E>(exchange: HttpExchange<A, E>) => Effect.Effect<A, E>
}

const SHORTEST_SILENCE_MS = 50

/** What belongs to one transport: its connections, and the requests that wait for one. */
class Pool implements RequestOwner {
  readonly nowMs: () => number
  readonly #origin: string
  readonly #connector: Connector
  readonly #maxInFlight: number
  readonly #connections = new Set<Connection>()
  /** What gives up a connection that is being made. */
  readonly #openings = new Set<() => void>()
  /** Free connections: the one that was used last is used next, and those too many grow old and close. */
  readonly #free: Array<Carrier> = []
  readonly #urgent = new Set<PendingRequest>()
  readonly #waiting = new Set<PendingRequest>()
  #onEmpty: (() => void) | undefined
  #longestRoundTripMs = 0

  constructor(options: HttpTransportOptions, nowMs: () => number) {
    const target = targetOf(options.url)
    this.nowMs = nowMs
    this.#origin = target.origin
    this.#connector = new Connector(target, options.requestTimeoutMs)
    this.#maxInFlight = options.maxInFlight
  }

  send(request: PendingRequest, isUrgent: boolean): void {
    const connection = this.#free.pop()
    if (connection === undefined) this.#wait(request, isUrgent ? this.#urgent : this.#waiting)
    else request.start(connection)
  }

  onTurnedBack(request: PendingRequest): void {
    this.send(request, false)
  }

  onWithdrawn(request: PendingRequest): void {
    this.#waiting.delete(request)
    this.#urgent.delete(request)
  }

  onRoundTrip(ms: number): void {
    this.#longestRoundTripMs = Math.max(this.#longestRoundTripMs, ms)
  }

  /** Twice as long as any answer has taken: by then the right one would have come. */
  silenceMs(): number {
    return Math.max(2 * this.#longestRoundTripMs, SHORTEST_SILENCE_MS)
  }

  onFree(connection: Carrier): void {
    const next = this.#next()
    if (next === undefined) this.#free.push(connection)
    else next.start(connection)
  }

  /** Closes all connections, and tells when the last one is closed. What waits is not sent any more. */
  close(onClosed: () => void): void {
    this.#onEmpty = onClosed
    for (let request = this.#next(); request !== undefined; request = this.#next()) request.fail("closed")
    for (const giveUp of this.#openings) giveUp()
    this.#openings.clear()
    for (const connection of this.#connections) connection.close()
    if (this.#connections.size === 0) onClosed()
  }

  #wait(request: PendingRequest, line: Set<PendingRequest>): void {
    if (this.#onEmpty === undefined) {
      line.add(request)
      this.#openMore()
    } else request.fail("closed")
  }

  /** The request whose turn it is, which no longer waits. */
  #next(): PendingRequest | undefined {
    for (const line of [this.#urgent, this.#waiting]) {
      for (const request of line) {
        line.delete(request)
        return request
      }
    }
    return undefined
  }

  #openMore(): void {
    if (this.#onEmpty !== undefined) return
    const wanted = this.#urgent.size + this.#waiting.size
    const most = this.#maxInFlight + this.#urgent.size
    while (this.#openings.size < wanted && this.#connections.size + this.#openings.size < most) this.#open()
  }

  #open(): void {
    const giveUp = this.#connector.open({
      onOpen: (open) => {
        this.#openings.delete(giveUp)
        const connection = new Connection(this.#origin, open, (closed) => this.#onClosed(closed))
        this.#connections.add(connection)
        this.onFree(connection)
      },
      onFailed: (code) => {
        this.#openings.delete(giveUp)
        this.#next()?.fail(code)
        this.#openMore()
      },
    })
    this.#openings.add(giveUp)
  }

  #onClosed(connection: Connection): void {
    this.#connections.delete(connection)
    const index = this.#free.indexOf(connection)
    if (index >= 0) this.#free.splice(index, 1)
    if (this.#onEmpty === undefined) this.#openMore()
    else if (this.#connections.size === 0) this.#onEmpty()
  }
}

/**
 * Makes a transport. When its scope closes, so do its connections: those with an answer outstanding abortively, so that
 * what was given up is not delivered afterwards.
 */
export const makeHttpTransport = (
  options: HttpTransportOptions,
): Effect.Effect<HttpTransport, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const pool = yield* Effect.acquireRelease(
      Effect.sync(() => new Pool(options, () => nowMsUnsafe(clock))),
      (pool) =>
        Effect.callback<void>((resume) => {
          pool.close(() => resume(Effect.void))
        }),
    )
    const sending = <A, E>(exchange: HttpExchange<A, E>, isUrgent: boolean): Effect.Effect<A, E> =>
      Effect.callback((resume) => {
        const request = new HttpRequest(exchange, options.requestTimeoutMs, pool, resume)
        pool.send(request, isUrgent)
        return Effect.sync(() => request.abandon())
      })
    return {
      send: (exchange) => sending(exchange, false),
      sendUrgently: (exchange) => sending(exchange, true),
    }
  })
