/**
 * Opens connections to one exchange, and keeps hold of the TCP socket underneath: TLS sockets cannot be reset by
 * themselves, and what is given up must be.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net"
import { connect as connectTls, type ConnectionOptions } from "node:tls"
import { Predicate } from "effect"

export interface Target {
  /** As HTTP names it, such as `https://exchange.example:8443`. */
  readonly origin: string
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
}

/** A connection on which nothing has been said yet. */
export interface OpenSocket {
  /** What HTTP reads and writes. */
  readonly socket: Socket
  /** The TCP socket: the same one, or the one under TLS. */
  readonly tcp: Socket
}

/** Told once of what came of an attempt. */
export interface Opening {
  readonly onOpen: (open: OpenSocket) => void
  /** With the platform's error code. */
  readonly onFailed: (code: string) => void
}

/** The code of an attempt that took too long. */
export const CONNECT_TIMEOUT = "connect timeout"

const KEEP_ALIVE_DELAY_MS = 60_000

export const targetOf = (url: URL): Target => {
  const isSecure = url.protocol === "https:"
  return {
    origin: url.origin,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    isSecure,
  }
}

/** The platform's error code (ECONNREFUSED and the like), which names no host and no key. */
export const codeOf = (cause: unknown): string => {
  if (Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code)) return cause.code
  if (Predicate.hasProperty(cause, "cause")) return codeOf(cause.cause)
  return "no code"
}

export class Connector {
  readonly #target: Target
  readonly #timeoutMs: number
  /** The last TLS session: the next connection resumes it, which saves a round trip and the certificates. */
  #session: Buffer | undefined

  constructor(target: Target, timeoutMs: number) {
    this.#target = target
    this.#timeoutMs = timeoutMs
  }

  /** Begins an attempt. The answer gives it up; then nothing more is told. */
  open({ onFailed, onOpen }: Opening): () => void {
    const { host, isSecure, port } = this.#target
    const tcp = connectTcp({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    })
    let isOver = false
    const giveUp = (): boolean => {
      if (isOver) return false
      isOver = true
      clearTimeout(timer)
      return true
    }
    const fail = (code: string): void => {
      if (!giveUp()) return
      tcp.destroy()
      onFailed(code)
    }
    const timer = setTimeout(() => fail(CONNECT_TIMEOUT), this.#timeoutMs)
    // Whoever speaks before being asked says nothing about our request: a turn of the event loop shows most of it.
    const opened = (socket: Socket): void => {
      afterOneTurn(() => {
        if (socket.destroyed || socket.readableLength > 0) fail("spoke before it was asked")
        else if (giveUp()) onOpen({ socket, tcp })
      })
    }
    tcp.on("error", (error) => fail(codeOf(error)))
    tcp.on("close", () => fail("ECONNRESET"))
    tcp.once("connect", () => {
      if (isSecure) this.#secure(tcp, fail, opened)
      else opened(tcp)
    })
    return () => {
      if (giveUp()) tcp.destroy()
    }
  }

  #secure(tcp: Socket, fail: (code: string) => void, opened: (socket: Socket) => void): void {
    const { host } = this.#target
    const options: ConnectionOptions = {
      socket: tcp,
      // What the certificate must name; an address is no name that a server could choose a certificate by.
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(this.#session === undefined ? {} : { session: this.#session }),
      // HTTP/2 starts requests over after a GOAWAY, and shares one connection's fate among all of them.
      ALPNProtocols: ["http/1.1"],
    }
    const secure = connectTls(options, () => opened(secure))
    secure.on("error", (error) => fail(codeOf(error)))
    secure.on("session", (session) => {
      this.#session = session
    })
  }
}

/** Runs it when the event loop has looked once for what has come in, wherever in its turn it is now. */
const afterOneTurn = (run: () => void): void => {
  setImmediate(() => setImmediate(run))
}
