// These tests run on the real clock and real loopback ports.
import { describe, expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { exerciseRules } from "../../src/venues/exercise/exercise.ts"
import * as HttpExchangeClient from "../../src/venues/exercise/HttpExchangeClient.ts"
import { type Arrival, type Fate, makeSimulatedExchange } from "../../src/simulation/SimulatedExchange.ts"
import { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { serve } from "../support/exchange.ts"
import { key } from "../support/httpClient.ts"
import { accept, answerText, type Behave, hostileServer, nobody } from "../support/hostileServer.ts"
import { until } from "../support/until.ts"

const clientOf = (url: URL) =>
  Effect.map(
    Layer.build(HttpExchangeClient.layer({ url, requestTimeout: Duration.millis(400), maxInFlight: 1 })),
    (context) => Context.get(context, ExchangeClient),
  )

const pinged = ({ ping }: ExchangeClient["Service"]) => ping ?? Effect.die("this client cannot ping")

const watch = { onWritten: () => {}, onSettled: () => {} }

describe("a ping over HTTP", () => {
  it.live("is answered by the exchange, and counts nowhere", () =>
    Effect.gen(function* () {
      const exchange = yield* serve({ keys: [key], limit: 1, window: Duration.seconds(10) })
      const client = yield* clientOf(new URL(exchange.url))
      const { roundTripMs } = yield* pinged(client)
      expect(roundTripMs).toBeGreaterThan(0)
      expect(roundTripMs).toBeLessThan(400)
      expect(yield* client.submit({ id: "1" }, key, 1, watch)).toMatchObject({ req_id: "1" })
      yield* pinged(client)
    }),
  )

  it.live("waits for no order's answer, however many are out", () =>
    Effect.gen(function* () {
      const server = yield* hostileServer((socket, { id }) => {
        if (id.startsWith("ping-")) socket.write(answerText(401, '{"error_msg":"invalid api key"}'))
      })
      const client = yield* clientOf(server.url)
      const order = yield* Effect.forkChild(client.submit({ id: "1" }, key, 1, watch), {
        startImmediately: true,
      })
      const queued = yield* Effect.forkChild(client.submit({ id: "2" }, key, 2, watch), {
        startImmediately: true,
      })
      yield* until(() => server.ids().length === 1)
      yield* pinged(client)
      expect(
        server
          .ids()
          .slice(0, 2)
          .map((id) => id.replace(/-.*/, "")),
      ).toEqual(["1", "ping"])
      yield* Fiber.interruptAll([order, queued])
    }),
  )

  const failures: ReadonlyArray<{ readonly behave: Behave; readonly code: string }> = [
    { behave: () => {}, code: "timeout" },
    { behave: (socket) => void socket.write(answerText(502, "<html>")), code: "status 502" },
    { behave: (socket) => void socket.write(answerText(404, "<html>")), code: "status 404" },
    // A page of something on the way, which knows nothing of what the exchange has read.
    { behave: (socket) => void socket.write(answerText(401, "<html>")), code: "status 401" },
    { behave: (socket) => void socket.write(answerText(408, '{"error_msg":"late"}')), code: "status 408" },
    { behave: (socket) => void socket.resetAndDestroy(), code: "ECONNRESET" },
  ]

  it.live.each(failures)("fails with $code, and leaves the next one be", ({ behave, code }) =>
    Effect.gen(function* () {
      let count = 0
      const server = yield* hostileServer((socket, incoming) => {
        count += 1
        if (count === 1) behave(socket, incoming)
        else accept(socket, incoming)
      })
      const client = yield* clientOf(server.url)
      expect(yield* Effect.flip(pinged(client))).toMatchObject({ _tag: "PingFailed", code })
      yield* pinged(client)
    }),
  )

  it.live("fails where nobody listens", () =>
    Effect.gen(function* () {
      const client = yield* clientOf(yield* nobody)
      expect(yield* Effect.flip(pinged(client))).toMatchObject({ code: "ECONNREFUSED" })
    }),
  )
})

describe("a ping in a simulation", () => {
  const ping = (fate?: Fate) =>
    Effect.gen(function* () {
      const arrivals: Array<Arrival> = []
      const { client } = yield* makeSimulatedExchange({
        config: exerciseRules,
        requestTimeoutMs: 500,
        journey: () => ({ incomingMs: 1, outgoingMs: 1 }),
        pingJourney: () => ({ incomingMs: 20, outgoingMs: 30, ...(fate === undefined ? {} : { fate }) }),
        onArrival: (arrival) => arrivals.push(arrival),
      })
      const fiber = yield* Effect.forkChild(Effect.result(pinged(client)), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      return { result: yield* Fiber.join(fiber), arrivals }
    })

  it.effect("takes its journey, and counts nowhere", () =>
    Effect.gen(function* () {
      expect(yield* ping()).toMatchObject({ result: { success: { roundTripMs: 50 } }, arrivals: [] })
    }),
  )

  it.effect.each<readonly [Fate, string]>([
    ["refused-connection", "ECONNREFUSED"],
    ["lost-on-the-way-in", "timeout"],
    ["lost-on-the-way-out", "timeout"],
    [{ brokenAfterMs: 5 }, "ECONNRESET"],
    [{ status: 502 }, "status 502"],
  ])("fails where it is %j: %s", ([fate, code]) =>
    Effect.gen(function* () {
      expect(yield* ping(fate)).toMatchObject({ result: { failure: { code } }, arrivals: [] })
    }),
  )
})
