/**
 * A small HTTP server that does with a connection whatever a test wants: raw sockets, so that it can also
 * answer wrongly, late, half or not at all. Loopback only, on a free port, closed with the scope.
 */
import { createServer, type Socket } from "node:net"
import { createServer as createSecureServer } from "node:tls"
import { Effect } from "effect"
import { certificate } from "./tlsServer.ts"

/** One request as it came in. */
export interface Incoming {
  /** The request line and the headers. */
  readonly head: string
  readonly query: URLSearchParams
  /** Its order's id. */
  readonly id: string
  /** Counted from 1, over all connections. */
  readonly number: number
  /** Counted from 1, on its own connection. */
  readonly onConnection: number
}

/** What a test's server is asked to do with a request. */
export type Behave = (socket: Socket, incoming: Incoming) => void

export interface HostileServer {
  readonly url: URL
  /** Connections made so far. */
  readonly connections: () => number
  /** Ids of the orders whose whole request came in, in that order. */
  readonly ids: () => ReadonlyArray<string>
  readonly requests: () => ReadonlyArray<Incoming>
}

/** The text of an answer. */
export const answerText = (status: number, body: string, headers: ReadonlyArray<string> = []): string =>
  [
    `HTTP/1.1 ${status} Whatever`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
    "",
    body,
  ].join("\r\n")

/** The text of the protocol's acceptance. */
export const acceptance = (id: string): string =>
  answerText(200, JSON.stringify({ status: "OK", req_id: id }))

/** Accepts the order, as the exchange would. */
export const accept: Behave = (socket, { id }) => void socket.write(acceptance(id))

export interface HostileOptions {
  readonly port?: number
  /** Over TLS, with the certificate of `tlsServer.ts`. */
  readonly isSecure?: boolean
  /** Asked to do with every new connection what it wants, before anything was read. */
  readonly onSocket?: (socket: Socket) => void
}

/** Starts such a server, on any free port unless one is named. */
export const hostileServer = (
  behave: Behave,
  { isSecure = false, onSocket, port = 0 }: HostileOptions = {},
) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly server: HostileServer; readonly close: () => void }>((resume) => {
      const sockets = new Set<Socket>()
      const requests: Array<Incoming> = []
      let connections = 0
      const serve = (socket: Socket) => {
        connections += 1
        sockets.add(socket)
        let text = ""
        let onConnection = 0
        socket.setNoDelay(true)
        socket.on("error", () => {})
        onSocket?.(socket)
        socket.on("close", () => sockets.delete(socket))
        socket.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk
          for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
            const head = text.slice(0, end)
            text = text.slice(end + 4)
            const query = new URL(head.split(" ")[1] ?? "/", "http://localhost").searchParams
            onConnection += 1
            const incoming = {
              head,
              query,
              id: query.get("req_id") ?? "",
              number: requests.length + 1,
              onConnection,
            }
            requests.push(incoming)
            behave(socket, incoming)
          }
        })
      }
      const server = isSecure ? createSecureServer(certificate(), serve) : createServer(serve)
      server.listen(port, "127.0.0.1", () => {
        const address = server.address()
        const ownPort = typeof address === "object" && address !== null ? address.port : 0
        resume(
          Effect.succeed({
            server: {
              url: new URL(`${isSecure ? "https" : "http"}://127.0.0.1:${ownPort}/api/request`),
              connections: () => connections,
              ids: () => requests.map((request) => request.id),
              requests: () => requests,
            },
            close: () => {
              server.close()
              for (const socket of sockets) socket.destroy()
            },
          }),
        )
      })
    }),
    ({ close }) => Effect.sync(close),
  ).pipe(Effect.map(({ server }) => server))

/** An address of this machine at which nothing listens. */
export const nobody: Effect.Effect<URL> = Effect.scoped(Effect.map(hostileServer(accept), ({ url }) => url))
