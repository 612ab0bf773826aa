// These tests run on the real clock and raw sockets: what a client may send at most, and what it gets for more.
import { connect, type Socket } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Logger, References, type Scope } from "effect"
import type { ExchangeLimits } from "../../src/exchange/ExchangeLimits.ts"
import * as ExchangeServer from "../../src/exchange/ExchangeServer.ts"
import { serve } from "../support/exchange.ts"
import { until } from "../support/until.ts"
import { labelKeys } from "../../src/domain/ApiKey.ts"

const SECRET = "SECRET-KEY-OF-A-TEST"

const makeExchange = (limits: Partial<ExchangeLimits> = {}, maxDelayMs = 0) =>
  serve({
    keys: labelKeys([SECRET]),
    limit: 1000,
    maxDelay: Duration.millis(maxDelayMs),
    resources: limits,
  })

interface Client {
  readonly socket: Socket
  /** All that came back so far. */
  readonly text: () => string
  readonly isClosed: () => boolean
}

/** A client of raw bytes, gone with the scope. */
const dial = (url: string): Effect.Effect<Client, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Client>((resume) => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1")
      let text = ""
      let isClosed = false
      const client = { socket, text: () => text, isClosed: () => isClosed }
      socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
      socket.on("error", () => {})
      socket.on("close", () => (isClosed = true))
      socket.once("connect", () => resume(Effect.succeed(client)))
    }),
    ({ socket }) => Effect.sync(() => socket.destroy()),
  )

let nonce = 0
const target = (id: string) => `/api/request?api_key=${SECRET}&nonce=${(nonce += 1)}&req_id=${id}`
const request = (path: string, headers: ReadonlyArray<string> = [], body = "") =>
  [`GET ${path} HTTP/1.1`, "host: localhost", ...headers, "", body].join("\r\n")

const statuses = (client: Client): ReadonlyArray<number> =>
  Array.from(client.text().matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => Number(status))

/** The exchange is as well as before. */
const isWell = Effect.fnUntraced(function* (exchange: ExchangeServer.Exchange) {
  const client = yield* dial(exchange.url)
  client.socket.write(request(target("well")))
  yield* until(() => client.text().includes('"req_id":"well"'))
})

const LARGE = "x".repeat(64 * 1024)

describe.concurrent("an exchange is asked", () => {
  it.live.each([
    { what: "for a path beyond all measure", bytes: () => request(`${target("1")}&x=${LARGE}`), gets: [431] },
    {
      what: "for a path that is too long",
      bytes: () => request(`${target("1")}&x=${"x".repeat(9000)}`),
      gets: [414],
    },
    {
      what: "with a header that is too long",
      bytes: () => request(target("1"), [`x-large: ${LARGE}`]),
      gets: [431],
    },
    {
      what: "with many headers, together too long",
      bytes: () =>
        request(
          target("1"),
          Array.from({ length: 5000 }, (_, n) => `x-${n}: 1`),
        ),
      gets: [431],
    },
    {
      what: "with too many headers",
      bytes: () =>
        request(
          target("1"),
          Array.from({ length: 110 }, (_, n) => `x-${n}: 1`),
        ),
      gets: [431],
    },
    {
      what: "with many headers",
      bytes: () =>
        request(
          target("1"),
          Array.from({ length: 90 }, (_, n) => `x-${n}: 1`),
        ),
      gets: [200],
    },
    {
      what: "with a form that claims to be too large",
      bytes: () =>
        request(
          "/api/request",
          ["content-type: application/x-www-form-urlencoded", `content-length: ${LARGE.length}`],
          LARGE,
        ),
      gets: [413],
    },
    {
      what: "with a form in pieces that becomes too large",
      bytes: () =>
        request(
          "/api/request",
          ["content-type: application/x-www-form-urlencoded", "transfer-encoding: chunked"],
          `10000\r\n${LARGE}\r\n0\r\n\r\n`,
        ),
      gets: [413],
    },
    {
      what: "with a length that is none",
      bytes: () => request(target("1"), ["content-length: many"]),
      gets: [400],
    },
    {
      what: "with two lengths",
      bytes: () => request(target("1"), ["content-length: 1", "transfer-encoding: chunked"]),
      gets: [400],
    },
    { what: "in no language of its own", bytes: () => "SSH-2.0-OpenSSH_9.6\r\n", gets: [400] },
    { what: "with a NUL in its path", bytes: () => request("/api/request?\0"), gets: [400] },
    {
      what: "to speak another protocol",
      bytes: () => request(target("1"), ["connection: upgrade", "upgrade: websocket"]),
      gets: [200],
    },
    {
      what: "whether it would take a body",
      bytes: () => request(target("1"), ["expect: 100-continue"]),
      gets: [200],
    },
  ])("$what, answers $gets and lives on", ({ bytes, gets }) =>
    Effect.gen(function* () {
      const exchange = yield* makeExchange()
      const client = yield* dial(exchange.url)
      client.socket.write(bytes())
      yield* until(() => statuses(client).length === gets.length)
      expect(statuses(client)).toEqual(gets)
      expect(client.text()).not.toContain(SECRET)
      yield* isWell(exchange)
    }),
  )

  it.live("to be a proxy closes the connection and lives on", () =>
    Effect.gen(function* () {
      const exchange = yield* makeExchange()
      const client = yield* dial(exchange.url)
      client.socket.write("CONNECT 127.0.0.1:1 HTTP/1.1\r\nhost: localhost\r\n\r\n")
      yield* until(client.isClosed)
      yield* isWell(exchange)
    }),
  )

  it.live.each([
    { what: "nothing", parts: () => [] },
    { what: "letter by letter", parts: () => "GET /api/request?api_key=".split("") },
    { what: "header by header", parts: () => ["GET / HTTP/1.1\r\n", "a: 1\r\n", "b: 1\r\n", "c: 1\r\n"] },
    {
      what: "without the end of its body",
      parts: () => [
        request("/api/request", ["content-type: application/x-www-form-urlencoded", "content-length: 100"]),
        "api_key=",
      ],
    },
  ])("$what hangs up when the time is over", ({ parts }) =>
    Effect.gen(function* () {
      const exchange = yield* makeExchange({ receiveMs: 300 })
      const client = yield* dial(exchange.url)
      yield* Effect.forEach(parts(), (part) =>
        Effect.andThen(
          Effect.sleep("20 millis"),
          Effect.sync(() => client.socket.write(part)),
        ),
      )
      yield* until(client.isClosed)
      expect(statuses(client)).toEqual([408])
      yield* until(() => Effect.runSync(exchange.connections) === 0)
      yield* isWell(exchange)
    }),
  )

  it.live("many things at once on one connection answers them in their order", () =>
    Effect.gen(function* () {
      const exchange = yield* makeExchange({}, 50)
      const client = yield* dial(exchange.url)
      const ids = Array.from({ length: 50 }, (_, n) => `p${n}`)
      client.socket.write(
        ids.map((id) => request(`/api/request?api_key=${SECRET}&nonce=${id.slice(1)}&req_id=${id}`)).join(""),
      )
      yield* until(() => statuses(client).length === 50)
      expect((yield* exchange.tally).keys[0]).toMatchObject({ requests: 50 })
      const accepted = Array.from(client.text().matchAll(/"req_id":"(p\d+)"/g), ([, id]) => id ?? "")
      expect(accepted).toEqual(ids.filter((id) => accepted.includes(id)))
    }),
  )

  it.live("too many things at once on one connection cuts it, and lives on", () =>
    Effect.gen(function* () {
      const exchange = yield* makeExchange({ pipelined: 10 }, 50)
      const client = yield* dial(exchange.url)
      client.socket.write(Array.from({ length: 1000 }, (_, n) => request(target(`f${n}`))).join(""))
      yield* until(client.isClosed)
      // What was taken before is judged all the same.
      yield* Effect.sleep("100 millis")
      expect((yield* exchange.tally).keys[0]?.requests).toBe(10)
      yield* isWell(exchange)
    }),
  )

  it.live("by more connections than it has closes those beyond", () =>
    Effect.gen(function* () {
      for (const limits of [{ connections: 5 }, { connectionsPerAddress: 5 }]) {
        const exchange = yield* makeExchange(limits)
        const clients = yield* Effect.forEach(Array.from({ length: 8 }), () => dial(exchange.url))
        yield* until(() => clients.filter(({ isClosed }) => isClosed()).length === 3)
        expect(yield* exchange.connections).toBe(5)
        for (const { socket } of clients) socket.destroy()
        yield* until(() => Effect.runSync(exchange.connections) === 0)
        yield* isWell(exchange)
      }
    }),
  )

  it.live("for nothing more closes the connection after a while", () =>
    Effect.gen(function* () {
      const exchange = yield* makeExchange({ keepAliveMs: 200 })
      const client = yield* dial(exchange.url)
      client.socket.write(request(target("1")))
      yield* until(() => statuses(client).length === 1)
      yield* until(client.isClosed)
    }),
  )

  it.live("by one that hangs up in the middle of everything lives on", () =>
    Effect.gen(function* () {
      const exchange = yield* makeExchange({}, 20)
      const whole = request(target("1"))
      for (let end = 0; end <= whole.length; end += 9) {
        const client = yield* dial(exchange.url)
        client.socket.write(whole.slice(0, end))
        client.socket.resetAndDestroy()
      }
      yield* until(() => Effect.runSync(exchange.connections) === 0)
      yield* isWell(exchange)
    }),
  )

  it.live("whatever it is, logs nothing: addresses carry API keys", () => {
    const logged: Array<unknown> = []
    return Effect.gen(function* () {
      const exchange = yield* makeExchange({ pipelined: 2 })
      for (const bytes of [
        request(target("1")),
        request(target("1"), ["content-length: many"]),
        request(`${target("1")}&x=${LARGE}`),
        request(target("1")).repeat(5),
        request(target("1")).slice(0, 40),
      ]) {
        const client = yield* dial(exchange.url)
        client.socket.write(bytes)
        yield* Effect.sleep("20 millis")
        client.socket.resetAndDestroy()
      }
      yield* isWell(exchange)
      expect(logged).toEqual([])
    }).pipe(
      Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(message))])),
      Effect.provideService(References.MinimumLogLevel, "All"),
    )
  })
})
