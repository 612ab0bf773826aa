// These tests run on the real clock and real loopback ports. A refusal names no order, so one that comes at the wrong
// moment could be taken for the answer to whatever the connection carries next.
import { expect, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { makeClient } from "../support/httpClient.ts"
import { accept, acceptance, answerText, type Behave, hostileServer } from "../support/hostileServer.ts"

const refusal = answerText(429, '{"status":"error","error_msg":"exceeded rate limit"}')
const timeout = answerText(408, "")

interface Case {
  readonly what: string
  readonly behave: Behave
  /** What becomes of the first order and of the second, half a moment later. */
  readonly tags: readonly [string, string]
  readonly connections: number
}

const onFirst =
  (act: Behave): Behave =>
  (socket, incoming) =>
    incoming.id === "1" ? act(socket, incoming) : accept(socket, incoming)

const cases: ReadonlyArray<Case> = [
  {
    what: "a second refusal right behind the first",
    behave: onFirst((socket) => void socket.write(refusal + refusal)),
    tags: ["RateLimited", "accepted"],
    connections: 2,
  },
  {
    what: "a second refusal a moment behind the first",
    behave: onFirst(
      (socket) => void socket.write(refusal, () => setTimeout(() => socket.write(refusal), 60)),
    ),
    tags: ["RateLimited", "accepted"],
    connections: 2,
  },
  {
    what: "a refusal right behind an acceptance",
    behave: onFirst((socket, { id }) => void socket.write(acceptance(id) + refusal)),
    tags: ["accepted", "accepted"],
    connections: 2,
  },
  {
    what: "a refusal on an idle connection",
    behave: onFirst(
      (socket, { id }) =>
        void socket.write(acceptance(id), () => setTimeout(() => socket.write(refusal), 20)),
    ),
    tags: ["accepted", "accepted"],
    connections: 2,
  },
  {
    what: "a 408 on an idle connection, before it is closed",
    behave: onFirst(
      (socket, { id }) => void socket.write(acceptance(id), () => setTimeout(() => socket.end(timeout), 20)),
    ),
    tags: ["accepted", "accepted"],
    connections: 2,
  },
  {
    what: "a 408 instead of an answer",
    behave: (socket, { id }) => void (id === "1" ? socket.end(timeout) : socket.write(acceptance(id))),
    tags: ["UndecodableAnswer", "accepted"],
    connections: 2,
  },
  {
    what: "a 408 that meets the second order",
    behave: (socket, { id }) => void (id === "1" ? socket.write(acceptance(id)) : socket.end(timeout)),
    tags: ["accepted", "UndecodableAnswer"],
    connections: 1,
  },
  {
    what: "a refusal that meets the second order, whose own answer follows",
    behave: (socket, { id }) => {
      if (id === "1") socket.write(acceptance(id))
      else socket.write(refusal, () => setTimeout(() => socket.write(acceptance(id)), 20))
    },
    tags: ["accepted", "ConnectionBroken"],
    connections: 1,
  },
  {
    what: "... at once",
    behave: (socket, { id }) => void socket.write(id === "1" ? acceptance(id) : refusal + acceptance(id)),
    tags: ["accepted", "ConnectionBroken"],
    connections: 1,
  },
  {
    what: "a refusal of the second order, and nothing else",
    behave: (socket, { id }) => void socket.write(id === "1" ? acceptance(id) : refusal),
    tags: ["accepted", "RateLimited"],
    connections: 1,
  },
  {
    what: "a refusal of the second order, and the end of the connection",
    behave: (socket, { id }) => void (id === "1" ? socket.write(acceptance(id)) : socket.end(refusal)),
    tags: ["accepted", "RateLimited"],
    connections: 1,
  },
]

it.live.each(cases)("credits no order with $what", ({ behave, connections, tags }) =>
  Effect.gen(function* () {
    const server = yield* hostileServer(behave)
    const send = yield* makeClient(server.url, { requestTimeout: Duration.seconds(2) })
    const first = yield* send("1")
    yield* Effect.sleep("40 millis")
    const second = yield* send("2")
    expect([first.tag, second.tag]).toEqual(tags)
    expect(server.connections()).toBe(connections)
    expect(server.ids()).toEqual(["1", "2"])
    expect([first.settled.length, second.settled.length]).toEqual([1, 1])
  }),
)

it.live("sends nothing over a connection on which the exchange spoke first", () =>
  Effect.gen(function* () {
    const server = yield* hostileServer(accept, {
      onSocket: (socket) => void socket.end(answerText(503, "too many connections")),
    })
    const send = yield* makeClient(server.url, { requestTimeout: Duration.seconds(2) })
    expect((yield* send("1")).tag).toBe("ConnectionFailed")
    expect(server.ids()).toEqual([])
  }),
)
