/**
 * One connection to the exchange, for one request at a time, on an undici client of its own.
 *
 * - While a request's answer is outstanding, whatever closes the connection resets it: the kernel then forgets what it
 *   has not delivered, instead of delivering it minutes later.
 * - What arrives while no answer is outstanding answers nothing, and closes it. Whoever still doubts the last answer is
 *   told so.
 * - The client has this one socket and gets no other, so it cannot start a request over on a second one.
 */
import type { Socket } from "node:net"
import { type buildConnector, Client, type Dispatcher } from "undici"
import { codeOf, type OpenSocket } from "./connect.ts"

/** What is sent: one request's method, path and query, headers and body. It holds secrets. */
export interface HttpMessage {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  readonly path: string
  /** Besides those that every request has. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const HEADERS = ["accept", "application/json"]

export class Connection {
  readonly #socket: Socket
  readonly #client: Client
  /** A request has left, wholly or in part, and its answer is not complete. */
  #isAwaiting = false
  #uses = 0
  /** The exchange has closed its side. */
  #hasEnded = false
  /** Something came that answers nothing. */
  #hasStray = false
  #onDecided: ((hasStray: boolean) => void) | undefined

  constructor(origin: string, { socket, tcp }: OpenSocket, onClosed: () => void) {
    this.#socket = socket
    this.#client = new Client(origin, {
      pipelining: 1,
      allowH2: false,
      // Requests have a timeout of their own, which covers all of their way.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: handOnce(socket),
    })
    this.#resetInsteadOfClosing(tcp)
    // Before undici's own: while nothing is awaited, it has nothing to read.
    socket.on("readable", () => {
      if (this.#isAwaiting || socket.read() === null) return
      this.#hasStray = true
      this.close()
    })
    socket.on("end", () => {
      this.#hasEnded = true
      if (!this.#isAwaiting) this.close()
    })
    socket.on("close", () => {
      this.#onDecided?.(this.#hasStray)
      onClosed()
    })
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  get uses(): number {
    return this.#uses
  }

  /** Whether nothing has come in that nobody asked for, as far as can be seen now. */
  get isQuiet(): boolean {
    return this.isOpen && this.#socket.readableLength === 0
  }

  dispatch({ body, headers, method, path }: HttpMessage, handler: Dispatcher.DispatchHandler): void {
    this.#client.dispatch(
      {
        path,
        method,
        headers: headers === undefined ? HEADERS : [...HEADERS, ...Object.entries(headers).flat()],
        body: body ?? null,
        idempotent: false,
        blocking: false,
      },
      handler,
    )
  }

  /** The first byte of a request is about to leave. */
  begin(): void {
    this.#isAwaiting = true
    this.#uses += 1
  }

  /** The answer is complete. */
  end(): void {
    this.#isAwaiting = false
  }

  /** Tells, once it is closed, whether anything came behind the last answer. */
  watchSilence(onDecided: (hasStray: boolean) => void): void {
    this.#onDecided = onDecided
  }

  /** Closes it; abortively where an answer is outstanding. */
  close(): void {
    this.#socket.destroy()
  }

  /** Closes it abortively: nothing that it still holds is delivered. */
  reset(): void {
    this.#isAwaiting = true
    this.close()
  }

  /** Everybody who closes the socket, undici and Node included, calls its `destroy`. */
  #resetInsteadOfClosing(tcp: Socket): void {
    const socket = this.#socket
    const destroy = socket.destroy.bind(socket)
    let cause: Error | undefined
    socket.destroy = (error) => {
      if (!this.#isAwaiting) {
        this.#hasStray ||= !this.#hasEnded && isMisreading(error)
        return destroy(error ?? cause)
      }
      this.#isAwaiting = false
      cause = error
      // Where there is no TLS between them, this comes back here.
      tcp.resetAndDestroy()
      return destroy(error)
    }
  }
}

/** How undici says that it was given something to read that answers no request. */
const isMisreading = (error: Error | undefined): boolean => /^(?:UND_ERR_SOCKET$|HPE_)/.test(codeOf(error))

/** Gives undici the open socket, and refuses every further one. */
const handOnce = (socket: Socket): buildConnector.connector => {
  let isHanded = false
  return (_, callback) => {
    if (isHanded) {
      callback(new Error("the connection is closed"), null)
      return
    }
    isHanded = true
    // Not before undici has noted that it is connecting.
    queueMicrotask(() => callback(null, socket))
  }
}
