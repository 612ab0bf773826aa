// These tests run on the real clock and real loopback ports. How a connection was closed is seen by its other end: a
// reset takes back what a kernel still holds, an orderly end delivers it.
import type { Socket } from "node:net"
import { getCACertificates, setDefaultCACertificates, TLSSocket } from "node:tls"
import { afterAll, beforeAll, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { makeClient } from "../support/httpClient.ts"
import { accept, acceptance, answerText, type Behave, hostileServer } from "../support/hostileServer.ts"
import { certificate } from "../support/tlsServer.ts"
import { until } from "../support/until.ts"

const trusted = getCACertificates("default")
beforeAll(() => setDefaultCACertificates([...trusted, certificate().cert.toString()]))
afterAll(() => setDefaultCACertificates(trusted))

/** Notes how each of a server's connections ended. */
const watchEnds = () => {
  const ends: Array<string> = []
  return {
    ends,
    onSocket: (socket: Socket) => {
      socket.on("end", () => ends.push("end"))
      socket.on("error", (error: NodeJS.ErrnoException) => ends.push(error.code ?? error.message))
    },
  }
}

const kinds = [
  { what: "TCP", isSecure: false },
  { what: "TLS", isSecure: true },
]

const never: Behave = () => {}

interface Case {
  readonly what: string
  readonly behave: Behave
  readonly tag: string
}

const cases: ReadonlyArray<Case> = [
  { what: "was given up", behave: never, tag: "RequestTimeout" },
  {
    what: "was given up in the middle of its answer",
    behave: (socket, { id }) => void socket.write(acceptance(id).slice(0, -5)),
    tag: "RequestTimeout",
  },
  {
    what: "was answered with what is no HTTP",
    behave: (socket) => void socket.write("SSH-2.0-OpenSSH_9.6\r\n"),
    tag: "ConnectionBroken",
  },
  {
    what: "was answered with a megabyte",
    behave: (socket) => void socket.write(answerText(200, "x".repeat(1024 * 1024))),
    tag: "UndecodableAnswer",
  },
  {
    what: "was answered with another order's acceptance",
    behave: (socket) => void socket.write(acceptance("another")),
    tag: "UndecodableAnswer",
  },
  {
    what: "was answered with 408",
    behave: (socket) => void socket.write(answerText(408, "")),
    tag: "UndecodableAnswer",
  },
  {
    what: "was refused",
    behave: (socket) => void socket.write(answerText(429, "")),
    tag: "RateLimited",
  },
]

for (const { isSecure, what } of kinds) {
  it.live.each(cases)(`resets the connection of a request that $what (${what})`, ({ behave, tag }) =>
    Effect.gen(function* () {
      const { ends, onSocket } = watchEnds()
      const server = yield* hostileServer(behave, { isSecure, onSocket })
      const send = yield* makeClient(server.url, { requestTimeout: Duration.millis(300) })
      expect((yield* send("1")).tag).toBe(tag)
      yield* until(() => ends.length > 0)
      expect(ends).toEqual(["ECONNRESET"])
    }),
  )

  it.live(`resets the connection of an interrupted request (${what})`, () =>
    Effect.gen(function* () {
      const { ends, onSocket } = watchEnds()
      const server = yield* hostileServer(never, { isSecure, onSocket })
      const send = yield* makeClient(server.url)
      const fiber = yield* Effect.forkChild(send("1"), { startImmediately: true })
      yield* until(() => server.ids().length === 1)
      yield* Fiber.interrupt(fiber)
      yield* until(() => ends.length > 0)
      expect(ends).toEqual(["ECONNRESET"])
    }),
  )

  it.live(`resets what is outstanding when its scope closes, and ends what is idle (${what})`, () =>
    Effect.gen(function* () {
      const { ends, onSocket } = watchEnds()
      const behave: Behave = (socket, incoming) => {
        if (incoming.id !== "outstanding") accept(socket, incoming)
      }
      const server = yield* hostileServer(behave, { isSecure, onSocket })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const send = yield* makeClient(server.url)
          yield* Effect.forkDetach(send("outstanding"), { startImmediately: true })
          yield* until(() => server.ids().length === 1)
          expect((yield* send("1")).tag).toBe("accepted")
          expect(ends).toEqual([])
        }),
      )
      yield* until(() => ends.length > 1)
      expect(ends.toSorted()).toEqual(["ECONNRESET", "end"])
    }),
  )
}

it.live("resumes a TLS session, and trusts no certificate that it has no reason to trust", () =>
  Effect.gen(function* () {
    const reused: Array<boolean> = []
    const server = yield* hostileServer(
      (socket, { id }) =>
        void socket.end(answerText(200, JSON.stringify({ status: "OK", req_id: id }), ["connection: close"])),
      {
        isSecure: true,
        onSocket: (socket) => {
          if (socket instanceof TLSSocket) reused.push(socket.isSessionReused())
        },
      },
    )
    const send = yield* makeClient(server.url)
    expect((yield* send("1")).tag).toBe("accepted")
    expect((yield* send("2")).tag).toBe("accepted")
    expect(reused).toEqual([false, true])
    setDefaultCACertificates(trusted)
    const stranger = yield* makeClient(server.url)
    expect((yield* stranger("3")).error).toMatchObject({ _tag: "ConnectionFailed" })
    expect(server.ids()).toEqual(["1", "2"])
  }),
)
