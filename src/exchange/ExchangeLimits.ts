/**
 * What one client can ask of the exchange at most: everything that comes in has a limit, so that no client can
 * exhaust it, whatever it sends.
 */
import { createServer, type Server } from "node:http"
import type { Socket } from "node:net"
import { ByteSize } from "effect"

export interface ExchangeLimits {
  /** Connections at once. */
  readonly connections: number
  /** Connections at once from one address. */
  readonly connectionsPerAddress: number
  /** Requests under way at once on one connection: those that come in before the answers to those before. */
  readonly pipelined: number
  /** Characters of a request's path and query; more get 414. */
  readonly targetLength: number
  /** Bytes of the request line and all headers; more get 431. */
  readonly headBytes: number
  /** Headers; more get 431. */
  readonly headers: number
  /** Bytes of a form body; more get 413. */
  readonly body: ByteSize.ByteSize
  /** A request, its headers and its body, must have come in completely within this time; later ones get 408. */
  readonly receiveMs: number
  /** A connection that is idle between two requests is kept this long: clients reuse theirs. */
  readonly keepAliveMs: number
}

export const defaultLimits: ExchangeLimits = {
  // Far above any client's requests in flight, and below the usual limits on open files.
  connections: 10_000,
  connectionsPerAddress: 5_000,
  pipelined: 100,
  targetLength: 8 * 1024,
  headBytes: 16 * 1024,
  headers: 100,
  body: ByteSize.kibibytes(16),
  receiveMs: 10_000,
  keepAliveMs: 65_000,
}

/** A Node server that keeps to these limits. */
export const makeNodeServer = (limits: ExchangeLimits): Server => {
  const server = createServer({
    maxHeaderSize: limits.headBytes,
    keepAliveTimeout: limits.keepAliveMs,
    requestTimeout: limits.receiveMs,
    headersTimeout: limits.receiveMs,
    connectionsCheckingInterval: Math.min(1_000, limits.receiveMs),
  })
  server.maxConnections = limits.connections
  server.maxHeadersCount = limits.headers
  // A connection that cannot be accepted (no file descriptor left) fails at its client, not here.
  server.on("error", () => {})
  return server
}

/** Watches a server's connections, and closes at once those of an address that has too many. */
export const watchConnections = (server: Server, limits: ExchangeLimits) => {
  const underWay = new Map<Socket, number>()
  const perAddress = new Map<string, number>()
  const held = new Set<Socket>()
  let isReleased = false
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? ""
    const already = perAddress.get(address) ?? 0
    if (already >= limits.connectionsPerAddress) {
      socket.destroy()
      return
    }
    perAddress.set(address, already + 1)
    underWay.set(socket, 0)
    socket.once("close", () => {
      underWay.delete(socket)
      held.delete(socket)
      const left = (perAddress.get(address) ?? 1) - 1
      if (left === 0) perAddress.delete(address)
      else perAddress.set(address, left)
    })
  })
  return {
    count: () => underWay.size,
    /** Whether one more request may be under way on a connection. If so it counts until `ended`. */
    begins: (socket: Socket) => {
      const already = underWay.get(socket) ?? 0
      if (already >= limits.pipelined) return false
      if (underWay.has(socket)) underWay.set(socket, already + 1)
      return true
    },
    ended: (socket: Socket) => {
      const already = underWay.get(socket)
      if (already !== undefined) underWay.set(socket, already - 1)
    },
    reset: () => {
      for (const socket of underWay.keys()) socket.resetAndDestroy()
    },
    /** A connection that will get no answer: it ends with `releaseAll` at the latest. */
    hold: (socket: Socket) => {
      if (isReleased) socket.destroy()
      else held.add(socket)
    },
    /** Closes what is held, now and from now on. */
    releaseAll: () => {
      isReleased = true
      for (const socket of held) socket.destroy()
    },
  }
}

export type Connections = ReturnType<typeof watchConnections>
