/**
 * One connection to the exchange, for one request at a time, on an undici client of its own.
 *
 * - While a request's answer is outstanding, whatever closes the connection resets it: the kernel then forgets what it
 *   has not delivered, instead of delivering it minutes later.
 * - What arrives while no answer is outstanding answers nothing, and closes it.
 * - The client has this one socket and gets no other, so it cannot start a request over on a second one.
 */
import type { Socket } from "node:net"
import { type buildConnector, Client, type Dispatcher } from "undici"
import type { OpenSocket } from "./connect.ts"

const HEADERS = ["accept", "application/json"]

export class Connection {
  readonly #socket: Socket
  readonly #client: Client
  /** A request has left, wholly or in part, and its answer is not complete. */
  #isAwaiting = false
  #isUsed = false

  constructor(origin: string, { socket, tcp }: OpenSocket, onClosed: (connection: Connection) => void) {
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
      if (!this.#isAwaiting && socket.read() !== null) this.close()
    })
    socket.on("end", () => {
      if (!this.#isAwaiting) this.close()
    })
    socket.on("close", () => onClosed(this))
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  /** Whether it has carried a request before. */
  get isUsed(): boolean {
    return this.#isUsed
  }

  /** Whether nothing has come in that nobody asked for, as far as can be seen now. */
  get isQuiet(): boolean {
    return this.isOpen && this.#socket.readableLength === 0
  }

  dispatch(path: string, handler: Dispatcher.DispatchHandler): void {
    this.#client.dispatch(
      { path, method: "GET", headers: HEADERS, idempotent: false, blocking: false },
      handler,
    )
  }

  /** The first byte of a request is about to leave. */
  begin(): void {
    this.#isAwaiting = true
    this.#isUsed = true
  }

  /** The answer is complete. */
  end(): void {
    this.#isAwaiting = false
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
      if (!this.#isAwaiting) return destroy(error ?? cause)
      this.#isAwaiting = false
      cause = error
      // Where there is no TLS between them, this comes back here.
      tcp.resetAndDestroy()
      return destroy(error)
    }
  }
}

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
