// These tests run on the real clock and real loopback ports: they are about HTTP and sockets.
import { inspect } from "node:util"
import { expect, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber, Redacted } from "effect"
import type { SubmitError } from "../../src/domain/SubmitError.ts"
import { serve } from "../support/exchange.ts"
import { key, makeClient, SECRET } from "../support/httpClient.ts"
import { until } from "../support/until.ts"
import {
  accept,
  acceptance,
  answerText,
  type Behave,
  hostileServer,
  nobody,
} from "../support/hostileServer.ts"

const ids = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, n) => `o-${n}`)

const real = { keys: [key] }

it.live("gets an acceptance from the exchange, and tells when the request was written and when settled", () =>
  Effect.gen(function* () {
    const exchange = yield* serve(real)
    const send = yield* makeClient(new URL(exchange.url))
    const { exit, sent, written, settled } = yield* send("o 1/&=ü")
    expect(exit).toEqual(Exit.succeed({ status: "OK", req_id: "o 1/&=ü" }))
    expect([written.length, settled.length]).toEqual([1, 1])
    expect(written[0]).toBeGreaterThanOrEqual(sent)
    expect(settled[0]).toBeGreaterThanOrEqual(written[0] ?? Infinity)
  }),
)

it.live("tells an excess, an unknown key and a bad nonce of the exchange apart", () =>
  Effect.gen(function* () {
    const exchange = yield* serve({ ...real, limit: 1 })
    const send = yield* makeClient(new URL(exchange.url))
    expect((yield* send("1")).tag).toBe("accepted")
    expect((yield* send("2")).tag).toBe("RateLimited")
    const stranger = yield* serve({ ...real, keys: [{ ...key, secret: Redacted.make("x") }] })
    expect((yield* (yield* makeClient(new URL(stranger.url)))("1")).tag).toBe("UnknownApiKey")
    const again = yield* serve(real)
    expect((yield* (yield* makeClient(new URL(again.url)))("1")).tag).toBe("accepted")
    expect((yield* (yield* makeClient(new URL(again.url)))("2")).tag).toBe("InvalidNonce")
  }),
)

it.live("writes a request that waits for a connection only when it gets one", () =>
  Effect.gen(function* () {
    const server = yield* hostileServer((socket, incoming) => {
      setTimeout(() => accept(socket, incoming), 50)
    })
    const send = yield* makeClient(server.url, { maxInFlight: 1 })
    const [first, second] = yield* Effect.all([send("1"), send("2")], { concurrency: "unbounded" })
    expect([first.tag, second.tag]).toEqual(["accepted", "accepted"])
    expect(second.sent).toBeLessThan(first.settled[0] ?? 0)
    // To the resolution of two callbacks: the answer's end is known before its text is put together.
    expect(second.written[0]).toBeGreaterThan((first.written[0] ?? Infinity) + 40)
    expect([first.written.length, second.written.length]).toEqual([1, 1])
    expect(server.connections()).toBe(1)
  }),
)

it.live("tells what an answer's headers ask for, and nothing where they ask for nothing", () =>
  Effect.gen(function* () {
    const server = yield* hostileServer((socket, { id }) => {
      if (id === "1") socket.write(answerText(503, "<html>", ["Retry-After: 2"]))
      else if (id === "2") socket.write(answerText(429, "{}", ["retry-after: 3"]))
      else if (id === "3")
        socket.write(
          answerText(200, JSON.stringify({ status: "OK", req_id: id }), [
            "X-RateLimit-Remaining: 0",
            "X-RateLimit-Reset: 4",
          ]),
        )
      else socket.write(acceptance(id))
    })
    const send = yield* makeClient(server.url)
    const seen = yield* Effect.forEach(["1", "2", "3", "4"], (id) => send(id))
    expect(seen.map(({ advised, tag }) => [tag, advised])).toEqual([
      ["ServerError", [{ keyMs: 0, exchangeMs: 2000 }]],
      ["RateLimited", [{ keyMs: 0, exchangeMs: 3000 }]],
      ["accepted", [{ keyMs: 4000, exchangeMs: 0 }]],
      ["accepted", []],
    ])
  }),
)

it.live("takes back a request that was given up before it got a connection", () =>
  Effect.gen(function* () {
    const held: Array<() => void> = []
    const server = yield* hostileServer((socket, incoming) => {
      if (incoming.id === "1") held.push(() => accept(socket, incoming))
      else accept(socket, incoming)
    })
    const send = yield* makeClient(server.url, { maxInFlight: 1, requestTimeout: Duration.seconds(10) })
    const first = yield* Effect.forkChild(send("1"), { startImmediately: true })
    const other = yield* makeClient(server.url, { maxInFlight: 1 })
    yield* until(() => held.length === 1)
    const second = yield* Effect.forkChild(send("2"), { startImmediately: true })
    yield* Effect.sleep("50 millis")
    yield* Fiber.interrupt(second)
    for (const answer of held) answer()
    expect((yield* Fiber.join(first)).tag).toBe("accepted")
    expect((yield* send("3")).tag).toBe("accepted")
    expect((yield* other("4")).tag).toBe("accepted")
    expect(server.ids()).toEqual(["1", "3", "4"])
  }),
)

it.live("says that nothing was sent where no connection came free in time", () =>
  Effect.gen(function* () {
    const server = yield* hostileServer((socket, incoming) => {
      if (incoming.id === "2") accept(socket, incoming)
    })
    const send = yield* makeClient(server.url, { maxInFlight: 1, requestTimeout: Duration.millis(200) })
    const first = yield* Effect.forkChild(send("1"), { startImmediately: true })
    // Given up in the same moment as the first, or right after: then it gets the first one's place.
    const second = yield* send("2")
    expect((yield* Fiber.join(first)).tag).toBe("RequestTimeout")
    expect(["ConnectionFailed", "accepted"]).toContain(second.tag)
    expect(server.ids()).toEqual(second.tag === "accepted" ? ["1", "2"] : ["1"])
  }),
)

it.live("says that nothing was sent where nobody listens", () =>
  Effect.gen(function* () {
    const send = yield* makeClient(yield* nobody)
    const { error, written, settled } = yield* send("1")
    expect(error).toMatchObject({
      _tag: "ConnectionFailed",
      code: "ECONNREFUSED",
      orderId: "1",
      key: "key-1",
    })
    expect([written.length, settled.length]).toEqual([0, 1])
  }),
)

it.live("says that nothing was sent where the host is unknown", () =>
  Effect.gen(function* () {
    const send = yield* makeClient(new URL("http://exchange.invalid/api/request"), {
      requestTimeout: Duration.seconds(2),
    })
    const { tag, written, settled } = yield* send("1")
    expect(tag).toBe("ConnectionFailed")
    expect([written.length, settled.length]).toEqual([0, 1])
  }),
)

interface Misbehaviour {
  readonly what: string
  readonly behave: Behave
  readonly tag: SubmitError["_tag"] | "accepted"
}

const LARGE = "x".repeat(1024 * 1024)

const misbehaviours: ReadonlyArray<Misbehaviour> = [
  { what: "never answers", behave: () => {}, tag: "RequestTimeout" },
  {
    what: "stops in the middle of its answer",
    behave: (socket, { id }) => void socket.write(acceptance(id).slice(0, -5)),
    tag: "RequestTimeout",
  },
  {
    what: "closes the connection after reading the request",
    behave: (socket) => void socket.end(),
    tag: "ConnectionBroken",
  },
  {
    what: "resets the connection after reading the request",
    behave: (socket) => void socket.resetAndDestroy(),
    tag: "ConnectionBroken",
  },
  {
    what: "closes the connection in the middle of its answer",
    behave: (socket, { id }) => void socket.end(acceptance(id).slice(0, -5)),
    tag: "ConnectionBroken",
  },
  {
    what: "resets the connection in the middle of its answer",
    behave: (socket, { id }) =>
      void socket.write(acceptance(id).slice(0, -5), () => {
        setImmediate(() => socket.resetAndDestroy())
      }),
    tag: "ConnectionBroken",
  },
  {
    what: "speaks no HTTP",
    behave: (socket) => void socket.write("SSH-2.0-OpenSSH_9.6\r\n"),
    tag: "ConnectionBroken",
  },
  {
    what: "answers 200 with HTML",
    behave: (socket) => void socket.write(answerText(200, "<html>Welcome</html>")),
    tag: "UndecodableAnswer",
  },
  {
    what: "answers 200 with a megabyte",
    behave: (socket) => void socket.write(answerText(200, LARGE)),
    tag: "UndecodableAnswer",
  },
  {
    what: "answers 200 with a megabyte in pieces of unsaid length",
    behave: (socket) =>
      void socket.write(
        `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${LARGE.length.toString(16)}\r\n${LARGE}\r\n0\r\n\r\n`,
      ),
    tag: "UndecodableAnswer",
  },
  {
    what: "refuses with a megabyte of HTML",
    behave: (socket) => void socket.write(answerText(404, LARGE)),
    tag: "Refused",
  },
  {
    what: "accepts another order",
    behave: (socket) => void socket.write(acceptance("another")),
    tag: "UndecodableAnswer",
  },
  {
    what: "redirects",
    behave: (socket) => void socket.write(answerText(307, "", ["location: http://127.0.0.1:1/api/request"])),
    tag: "UndecodableAnswer",
  },
  {
    what: "fails",
    behave: (socket) => void socket.write(answerText(503, "<html>busy</html>", ["retry-after: 0"])),
    tag: "ServerError",
  },
  {
    what: "repeats the request's address, key and all, in its refusal",
    behave: (socket, { head, query }) =>
      void socket.write(
        answerText(
          404,
          JSON.stringify({ error_msg: `no ${head.split(" ")[1] ?? ""} for ${query.get("api_key") ?? ""}` }),
        ),
      ),
    tag: "Refused",
  },
  {
    what: "answers late, but in time",
    behave: (socket, incoming) => void setTimeout(() => accept(socket, incoming), 150),
    tag: "accepted",
  },
  {
    what: "says first that it goes on",
    behave: (socket, { id }) => void socket.write(`HTTP/1.1 102 Processing\r\n\r\n${acceptance(id)}`),
    tag: "accepted",
  },
]

it.live.each(misbehaviours)("settles once, as $tag, with an exchange that $what", ({ behave, tag }) =>
  Effect.gen(function* () {
    const server = yield* hostileServer(behave)
    const requestTimeout = Duration.millis(tag === "RequestTimeout" ? 300 : 10_000)
    const send = yield* makeClient(server.url, { requestTimeout })
    const seen = yield* send("1")
    expect(seen.tag).toBe(tag)
    expect([seen.written.length, seen.settled.length]).toEqual([1, 1])
    expect(seen.settled[0]).toBeGreaterThanOrEqual(seen.written[0] ?? Infinity)
    expect(server.ids()).toEqual(["1"])
    if (seen.error === undefined) return
    const shown = [
      seen.error.message,
      JSON.stringify(seen.error),
      String(seen.error),
      seen.error.stack ?? "",
      inspect(seen.exit, { depth: Infinity, showHidden: true }),
      Cause.pretty(Exit.isFailure(seen.exit) ? seen.exit.cause : Cause.empty),
    ].join("\n")
    for (const secret of [SECRET, encodeURIComponent(SECRET), JSON.stringify(SECRET).slice(1, -1)]) {
      expect(shown).not.toContain(secret)
    }
    expect(shown).not.toMatch(/SECRET/)
  }),
)

it.live("sends parameters as they are, and its own three whatever the parameters are called", () =>
  Effect.gen(function* () {
    const server = yield* hostileServer(accept)
    const send = yield* makeClient(new URL(`${server.url.href}?token=a%26b`))
    const params = {
      "side & size": "buy=1&sell=2#x",
      ü: "é \u{1f600}+%",
      api_key: "stolen",
      nonce: "99",
      req_id: "another",
      "": "empty",
    }
    expect((yield* send("1", params)).tag).toBe("accepted")
    const [request] = server.requests()
    expect(request?.head).toMatch(/^GET \/api\/request\?[\x21-\x7e]+ HTTP\/1\.1\r\n/)
    expect(request?.query.size).toBe(7)
    expect(Object.fromEntries(request?.query ?? [])).toEqual({
      token: "a&b",
      "side & size": "buy=1&sell=2#x",
      ü: "é \u{1f600}+%",
      "": "empty",
      api_key: SECRET,
      nonce: "1",
      req_id: "1",
    })
  }),
)

it.live("uses a connection again for requests that follow one another", () =>
  Effect.gen(function* () {
    const server = yield* hostileServer(accept)
    const send = yield* makeClient(server.url)
    const seen = yield* Effect.forEach(ids(50), (id) => send(id))
    expect(seen.every(({ tag }) => tag === "accepted")).toBe(true)
    expect(server.connections()).toBeLessThanOrEqual(2)
  }),
)

it.live("lets no request wait for another's answer: as many connections as requests in flight", () =>
  Effect.gen(function* () {
    const waiting: Array<() => void> = []
    const server = yield* hostileServer((socket, incoming) => {
      // Nobody is answered before all are here.
      waiting.push(() => accept(socket, incoming))
      if (waiting.length === 20) for (const answer of waiting) answer()
    })
    const send = yield* makeClient(server.url, { maxInFlight: 20 })
    const seen = yield* Effect.forEach(ids(20), (id) => send(id), { concurrency: "unbounded" })
    expect(seen.every(({ tag }) => tag === "accepted")).toBe(true)
    expect(server.connections()).toBe(20)
  }),
)

const countsOf = (names: ReadonlyArray<string>): ReadonlyArray<number> => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts.values()]
}

const unfaithful: ReadonlyArray<{ readonly what: string; readonly behave: Behave }> = [
  {
    what: "closes every connection right after its answer",
    behave: (socket, { id }) => void socket.end(acceptance(id)),
  },
  {
    what: "closes every connection a moment after its answer",
    behave: (socket, { id, number }) =>
      void socket.write(acceptance(id), () => setTimeout(() => socket.end(), number % 4)),
  },
  {
    what: "resets every connection a moment after its answer",
    behave: (socket, { id, number }) =>
      void socket.write(acceptance(id), () => setTimeout(() => socket.resetAndDestroy(), number % 4)),
  },
  {
    what: "resets a connection at its second request",
    behave: (socket, incoming) => {
      if (incoming.onConnection === 1) accept(socket, incoming)
      else socket.resetAndDestroy()
    },
  },
  {
    what: "closes a connection at its second request",
    behave: (socket, incoming) => {
      if (incoming.onConnection === 1) accept(socket, incoming)
      else socket.end()
    },
  },
  {
    what: "says that it will close the connection, and then does not",
    behave: (socket, { id }) =>
      void socket.write(answerText(200, JSON.stringify({ status: "OK", req_id: id }), ["connection: close"])),
  },
  {
    what: "keeps a connection for no time at all",
    behave: (socket, { id }) =>
      void socket.write(
        answerText(200, JSON.stringify({ status: "OK", req_id: id }), ["keep-alive: timeout=0"]),
      ),
  },
  {
    what: "sends every answer twice",
    behave: (socket, { id }) => void socket.write(acceptance(id) + acceptance(id)),
  },
]

it.live.each(unfaithful)("never sends an order twice to an exchange that $what", ({ behave }) =>
  Effect.gen(function* () {
    const server = yield* hostileServer(behave)
    const send = yield* makeClient(server.url, { requestTimeout: Duration.seconds(2) })
    const alone = yield* Effect.forEach(ids(40), (id) => send(id))
    const together = yield* Effect.forEach(ids(40), (id) => send(`together-${id}`), { concurrency: 4 })
    const seen = [...alone, ...together]
    expect(countsOf(server.ids()).every((count) => count === 1)).toBe(true)
    for (const { tag, written, settled } of seen) {
      expect(["accepted", "ConnectionBroken", "ConnectionFailed"]).toContain(tag)
      expect(written.length).toBeLessThanOrEqual(tag === "ConnectionFailed" ? 0 : 1)
      expect(settled.length).toBe(1)
    }
    const arrived = new Set(server.ids())
    const unsent = [...ids(40), ...ids(40).map((id) => `together-${id}`)].filter((id) => !arrived.has(id))
    expect(seen.filter(({ tag }) => tag === "accepted").length).toBeLessThanOrEqual(arrived.size)
    expect(seen.filter(({ tag }) => tag === "ConnectionFailed").length).toBeLessThanOrEqual(unsent.length)
  }),
)

it.live("breaks the connection of an interrupted request, and closes all of them at its end", () =>
  Effect.gen(function* () {
    let closed = 0
    const server = yield* hostileServer((socket) => {
      socket.on("close", () => (closed += 1))
    })
    yield* Effect.scoped(
      Effect.gen(function* () {
        const send = yield* makeClient(server.url)
        const fiber = yield* Effect.forkChild(send("1"), { startImmediately: true })
        yield* until(() => server.ids().length === 1)
        yield* Fiber.interrupt(fiber)
        yield* until(() => closed === 1)
        yield* Effect.forkChild(send("2"), { startImmediately: true })
        yield* until(() => server.ids().length === 2)
      }),
    )
    yield* until(() => closed === 2)
    expect(server.ids()).toEqual(["1", "2"])
  }),
)
