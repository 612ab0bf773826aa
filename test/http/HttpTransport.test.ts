// On the real clock: over sockets of this machine.
import { expect, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { TestClock } from "effect/testing"
import { makeHttpTransport } from "../../src/http/HttpTransport.ts"
import { answerText, hostileServer } from "../support/hostileServer.ts"

it.live(
  "uses no connection again whose answer named no order, and has the next one open before it is needed",
  () =>
    Effect.gen(function* () {
      const server = yield* hostileServer((socket, { number, onConnection }) => {
        socket.write(answerText(200, `${number}`))
        // A second answer to the same request: nobody may take it for his.
        setTimeout(
          () => socket.writable && socket.write(answerText(200, `${number}, on ${onConnection}`)),
          10,
        )
      })
      const http = yield* makeHttpTransport({ url: server.url, requestTimeoutMs: 2000, maxInFlight: 4 })
      const send = http.send({
        message: () => ({ method: "GET", path: "/" }),
        watch: { onWritten: () => {}, onSettled: () => {} },
        isAnonymous: () => true,
        conclude: (ending) =>
          ending.kind === "answered" ? Exit.succeed(ending.answer.body) : Exit.fail(ending),
      })
      const told: Array<string> = []
      const open: Array<number> = []
      for (let n = 0; n < 4; n += 1) {
        told.push(yield* send)
        yield* Effect.sleep("30 millis")
        open.push(server.connections())
      }
      expect(told).toEqual(["1", "2", "3", "4"])
      // That answers name none is learnt from the first.
      expect(open).toEqual([1, 3, 4, 5])
    }),
)

it.live("opens none ahead while free ones are left, where only some answers name their order", () =>
  Effect.gen(function* () {
    const server = yield* hostileServer((socket, { number }) => {
      socket.write(answerText(200, number === 2 ? "nothing" : "an order"))
    })
    const http = yield* makeHttpTransport({ url: server.url, requestTimeoutMs: 2000, maxInFlight: 40 })
    const send = http.send({
      message: () => ({ method: "GET", path: "/" }),
      watch: { onWritten: () => {}, onSettled: () => {} },
      isAnonymous: ({ body }) => body === "nothing",
      conclude: (ending) =>
        ending.kind === "answered" ? Exit.succeed(ending.answer.body) : Exit.fail(ending),
    })
    for (let n = 0; n < 20; n += 1) {
      yield* send
      yield* Effect.sleep("5 millis")
    }
    expect(server.connections()).toBeLessThanOrEqual(3)
  }),
)

it.effect("uses no connection again about when a server closes it that keeps idle ones for a minute", () =>
  Effect.gen(function* () {
    const server = yield* hostileServer((socket) => {
      socket.write(answerText(200, "an order"))
    })
    const http = yield* makeHttpTransport({ url: server.url, requestTimeoutMs: 2000, maxInFlight: 4 })
    const send = http.send({
      message: () => ({ method: "GET", path: "/" }),
      watch: { onWritten: () => {}, onSettled: () => {} },
      conclude: (ending) =>
        ending.kind === "answered" ? Exit.succeed(ending.answer.body) : Exit.fail(ending),
    })
    const connections: Array<number> = []
    for (const seconds of [40, 59, 0]) {
      yield* send
      connections.push(server.connections())
      yield* TestClock.adjust(`${seconds} seconds`)
    }
    expect(connections).toEqual([1, 1, 2])
  }),
)
