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
  readonly url: URL
  /** How long a request may take, connecting included, before it is given up. */
  readonly requestTimeoutMs: number
  /** The most requests that may be in flight. Those that are sent apart come on top. */
  readonly maxInFlight: number
}

export interface HttpTransport {
  /** Sends one request at most once, and concludes from its ending. Interrupted, it is given up. */
  readonly send: <A, E>(exchange: HttpExchange<A, E>) => Effect.Effect<A, E>
  /** The same at once, over a new connection: its answer can only be its own. */
  readonly sendApart: <A, E>(exchange: HttpExchange<A, E>) => Effect.Effect<A, E>
}

const SHORTEST_SILENCE_MS = 50

/**
 * What was free for longer is not used again: the machine may have slept, and whoever is on the way have forgotten it. Many
 * servers close what is idle for a minute: an order that leaves just then would be lost.
 */
const LONGEST_IDLE_MS = 50_000

interface Group {
  readonly connections: Set<Carrier>
  /** What gives up a connection that is being made. */
  readonly openings: Set<() => void>
}

const emptyGroup = (): Group => ({ connections: new Set(), openings: new Set() })

/** What belongs to one transport: its connections, and the requests that wait for one. */
class Pool implements RequestOwner {
  readonly nowMs: () => number
  readonly #origin: string
  readonly #connector: Connector
  readonly #maxInFlight: number
  readonly #shared = emptyGroup()
  /** Connections that carry one request each. */
  readonly #own = emptyGroup()
  /** Free connections: the one that was used last is used next, and those too many grow old and close. */
  readonly #free: Array<{ readonly connection: Carrier; readonly sinceMs: number }> = []
  /** Requests with a connection of their own that is being made. */
  readonly #apart = new Set<PendingRequest>()
  readonly #waiting = new Set<PendingRequest>()
  #onEmpty: (() => void) | undefined
  #longestRoundTripMs = 0
  /** Whether connections carry one request each, so that the next is opened as one is taken, and no request waits for it. */
  #opensAhead = false

  constructor(options: HttpTransportOptions, nowMs: () => number) {
    const target = targetOf(options.url)
    this.nowMs = nowMs
    this.#origin = target.origin
    this.#connector = new Connector(target, options.requestTimeoutMs)
    this.#maxInFlight = options.maxInFlight
  }

  send(request: PendingRequest): void {
    if (this.#onEmpty !== undefined) {
      request.fail("closed")
      return
    }
    for (let free = this.#free.pop(); free !== undefined; free = this.#free.pop()) {
      const { connection, sinceMs } = free
      if (!connection.isOpen) continue
      if (this.nowMs() - sinceMs <= LONGEST_IDLE_MS) return this.#start(request, connection)
      connection.close()
    }
    this.#waiting.add(request)
    this.#openMore()
  }

  sendApart(request: PendingRequest): void {
    if (this.#onEmpty !== undefined) {
      request.fail("closed")
      return
    }
    this.#apart.add(request)
    this.#open(
      this.#own,
      (connection) => {
        if (this.#apart.delete(request)) request.start(connection)
        else connection.close()
      },
      (code) => {
        if (this.#apart.delete(request)) request.fail(code)
      },
    )
  }

  onTurnedBack(request: PendingRequest): void {
    this.send(request)
  }

  onWithdrawn(request: PendingRequest): void {
    this.#waiting.delete(request)
    this.#apart.delete(request)
  }

  onRoundTrip(ms: number): void {
    this.#longestRoundTripMs = Math.max(this.#longestRoundTripMs, ms)
  }

  /** Twice as long as any answer has taken: by then the right one would have come. */
  silenceMs(): number {
    return Math.max(2 * this.#longestRoundTripMs, SHORTEST_SILENCE_MS)
  }

  onFree(connection: Carrier): void {
    if (this.#own.connections.has(connection)) {
      connection.close()
      return
    }
    const next = this.#next()
    if (next === undefined) this.#free.push({ connection, sinceMs: this.nowMs() })
    else this.#start(next, connection)
  }

  onSpent(connection: Carrier): void {
    this.#opensAhead = true
    connection.close()
  }

  /** Closes all connections, and tells when the last one is closed. What waits is not sent any more. */
  close(onClosed: () => void): void {
    this.#onEmpty = onClosed
    for (const request of [...this.#waiting, ...this.#apart]) request.fail("closed")
    this.#waiting.clear()
    this.#apart.clear()
    for (const { connections, openings } of [this.#shared, this.#own]) {
      for (const giveUp of openings) giveUp()
      openings.clear()
      for (const connection of connections) connection.close()
    }
    this.#tellIfEmpty()
  }

  /** The request whose turn it is, which no longer waits. */
  #next(): PendingRequest | undefined {
    for (const request of this.#waiting) {
      this.#waiting.delete(request)
      return request
    }
    return undefined
  }

  #start(request: PendingRequest, connection: Carrier): void {
    const { connections, openings } = this.#shared
    const free = this.#free.length
    // No more than are in use: where some answers name their order, connections are free again, too.
    if (this.#opensAhead && free + openings.size < connections.size - free) this.#openShared()
    request.start(connection)
  }

  #openMore(): void {
    while (this.#shared.openings.size < this.#waiting.size && this.#openShared());
  }

  /** Whether one more connection is being made. */
  #openShared(): boolean {
    const { connections, openings } = this.#shared
    if (this.#onEmpty !== undefined || connections.size + openings.size >= this.#maxInFlight) return false
    this.#open(
      this.#shared,
      (connection) => this.onFree(connection),
      (code) => {
        this.#next()?.fail(code)
        this.#openMore()
      },
    )
    return true
  }

  #open(
    { connections, openings }: Group,
    onOpen: (connection: Carrier) => void,
    onFailed: (code: string) => void,
  ): void {
    const giveUp = this.#connector.open({
      onOpen: (open) => {
        openings.delete(giveUp)
        const connection = new Connection(this.#origin, open, () => {
          connections.delete(connection)
          this.#onClosed(connection)
        })
        connections.add(connection)
        onOpen(connection)
      },
      onFailed: (code) => {
        openings.delete(giveUp)
        onFailed(code)
      },
    })
    openings.add(giveUp)
  }

  #onClosed(connection: Carrier): void {
    const index = this.#free.findIndex((free) => free.connection === connection)
    if (index >= 0) this.#free.splice(index, 1)
    this.#openMore()
    this.#tellIfEmpty()
  }

  #tellIfEmpty(): void {
    if (this.#shared.connections.size + this.#own.connections.size === 0) this.#onEmpty?.()
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
    const sending = <A, E>(
      exchange: HttpExchange<A, E>,
      send: (request: PendingRequest) => void,
    ): Effect.Effect<A, E> =>
      Effect.callback((resume) => {
        const request = new HttpRequest(exchange, options.requestTimeoutMs, pool, resume)
        send(request)
        return Effect.sync(() => request.abandon())
      })
    return {
      send: (exchange) => sending(exchange, (request) => pool.send(request)),
      sendApart: (exchange) => sending(exchange, (request) => pool.sendApart(request)),
    }
  })
