// These tests run on the real clock and a real loopback port: they are about HTTP and sockets.
import { Agent, get, request } from "node:http"
import { connect } from "node:net"
import { expect, it } from "@effect/vitest"
import { serve } from "../support/exchange.ts"
import { Duration, Effect, Exit, Fiber, Schedule, Scope } from "effect"
import { labelKeys } from "../../src/domain/ApiKey.ts"

interface Answer {
  readonly status: number | undefined
  readonly body: string
  readonly connection: string | undefined
}

interface Call {
  readonly url: string
  readonly method?: string
  readonly form?: string
  readonly contentType?: string
  readonly agent?: Agent
}

/** One request over node:http, which can send a body on a GET. */
const call = (_: Call): Effect.Effect<Answer, Error> =>
  Effect.callback((resume) => {
    const outgoing = request(
      _.url,
      {
        method: _.method ?? "GET",
        agent: _.agent ?? false,
        headers:
          _.form === undefined
            ? {}
            : {
                "content-type": _.contentType ?? "application/x-www-form-urlencoded",
                "content-length": Buffer.byteLength(_.form),
              },
      },
      (answer) => {
        let body = ""
        answer.setEncoding("utf8")
        answer.on("data", (text: string) => (body += text))
        answer.on("end", () =>
          resume(Effect.succeed({ status: answer.statusCode, body, connection: answer.headers.connection })),
        )
      },
    )
    outgoing.on("error", (error) => resume(Effect.fail(error)))
    outgoing.end(_.form)
    return Effect.sync(() => outgoing.destroy())
  })

const options = { keys: labelKeys(["AAA", "BBB"]) }

const query = (key: string, nonce: number | string, id: string) =>
  `?api_key=${key}&nonce=${nonce}&req_id=${id}`
const OK = (id: string) => `{"status":"OK","req_id":"${id}"}`
/** On a busy machine it takes its time until a request is there. */
const looks = Schedule.spaced("5 millis")
const slow = { ...options, maxDelay: Duration.millis(200) }

it.live("answers each case with the protocol's status and body", () =>
  Effect.gen(function* () {
    const { tally, url } = yield* serve({ ...options, limit: 3 })
    const ask = (rest: string) => Effect.map(call({ url: url + rest }), (_) => [_.status, _.body] as const)
    expect(yield* ask(query("AAA", 1, "o%2F1"))).toEqual([200, OK("o/1")])
    expect(yield* ask(query("AAA", 1, "2"))).toEqual([400, '{"status":"error","error_msg":"invalid nonce"}'])
    expect(yield* ask("?api_key=AAA&req_id=3")).toEqual([
      400,
      '{"status":"error","error_msg":"invalid nonce"}',
    ])
    expect(yield* ask(query("AAA", 5, "4"))).toEqual([
      429,
      '{"status":"error","error_msg":"exceeded rate limit"}',
    ])
    yield* Effect.replicateEffect(ask(query("AAA", 6, "5")), 9, { concurrency: 9 })
    expect(yield* ask(query("AAA", 7, "6"))).toEqual([
      429,
      '{"status":"error","error_msg":"too many rate limit errors: blocked"}',
    ])
    expect(yield* ask(query("CCC", 1, "7"))).toEqual([
      401,
      '{"status":"error","error_msg":"invalid api key"}',
    ])
    expect(yield* ask("")).toEqual([401, '{"status":"error","error_msg":"invalid api key"}'])
    expect(yield* ask(query("BBB", 1, "8"))).toEqual([200, OK("8")])
    const seen = yield* tally
    expect(seen.keys[0]).toMatchObject({ requests: 14, accepted: 1, rateLimit: 10, blocked: 1, nonce: 2 })
    expect(seen.keys[1]).toMatchObject({ requests: 1, accepted: 1 })
    expect(seen.unknownKey).toBe(2)
  }),
)

it.live("takes the parameters from a form body on the GET where the query string lacks them", () =>
  Effect.gen(function* () {
    const { url } = yield* serve(options)
    const all = yield* call({ url, form: query("AAA", 1, "1").slice(1) })
    expect([all.status, all.body]).toEqual([200, OK("1")])
    const mixed = yield* call({ url: `${url}?nonce=2&req_id=2`, form: "api_key=AAA&req_id=of-the-body" })
    expect([mixed.status, mixed.body]).toEqual([200, OK("2")])
    const json = yield* call({ url, form: '{"api_key":"AAA"}', contentType: "application/json" })
    expect(json.status).toBe(401)
    const huge = yield* call({ url, form: `api_key=AAA&req_id=${"x".repeat(20_000)}` })
    expect(huge.status).toBe(413)
  }),
)

it.live("knows one path and one method", () =>
  Effect.gen(function* () {
    const { url } = yield* serve(options)
    expect((yield* call({ url: url.replace("/request", "/other") + query("AAA", 1, "1") })).status).toBe(404)
    expect((yield* call({ url: url + query("AAA", 1, "1"), method: "POST" })).status).toBe(405)
  }),
)

it.live("serves requests in parallel: twenty take as long as the slowest, not as all", () =>
  Effect.gen(function* () {
    const { tally, url } = yield* serve(slow)
    const [took, answers] = yield* Effect.timed(
      Effect.forEach(
        Array.from({ length: 20 }, (_, index) => index),
        // The same nonce rule whatever the order of arrival: the largest always passes.
        (index) => call({ url: url + query("AAA", index + 1, String(index)) }),
        { concurrency: "unbounded" },
      ),
    )
    expect(Duration.toMillis(took)).toBeLessThan(1500)
    expect(answers.every((answer) => answer.status === 200 || answer.status === 400)).toBe(true)
    expect((yield* tally).keys[0]).toMatchObject({ requests: 20, mostPasses: 20 })
  }),
)

it.live("counts an order whose client hung up", () =>
  Effect.gen(function* () {
    const { connections, tally, url } = yield* serve(slow)
    const client = yield* Effect.forkChild(call({ url: url + query("AAA", 1, "1") }))
    yield* Effect.repeat(connections, { schedule: looks, until: (open) => open > 0 })
    yield* Effect.sleep("50 millis")
    yield* Fiber.interrupt(client)
    yield* Effect.repeat(connections, { schedule: looks, until: (open) => open === 0 })
    yield* Effect.sleep("300 millis")
    expect((yield* tally).keys[0]).toMatchObject({ requests: 1, accepted: 1 })
  }),
)

it.live("does not count an order whose body never came", () =>
  Effect.gen(function* () {
    const { tally, url } = yield* serve(options)
    yield* Effect.callback<void>((resume) => {
      const outgoing = get(url, {
        headers: { "content-type": "application/x-www-form-urlencoded", "content-length": 100 },
      })
      outgoing.on("error", () => resume(Effect.void))
      outgoing.write("api_key=AAA&nonce=1&req_id=1", () => setImmediate(() => outgoing.destroy()))
    })
    yield* Effect.sleep("50 millis")
    expect((yield* tally).keys[0]).toMatchObject({ requests: 0 })
  }),
)

it.live("answers what is in flight while it is being stopped, then frees the port at once", () =>
  Effect.gen(function* () {
    const agent = new Agent({ keepAlive: true })
    const scope = yield* Scope.make()
    const { connections, tally, url } = yield* Scope.provide(serve(slow), scope)
    const port = Number(new URL(url).port)
    // An idle kept-alive connection, and one that is being answered.
    yield* call({ url: url + query("AAA", 1, "1"), agent })
    const inFlight = yield* Effect.forkChild(
      Effect.all(
        [call({ url: url + query("AAA", 2, "2"), agent }), call({ url: url + query("BBB", 2, "3"), agent })],
        { concurrency: "unbounded" },
      ),
    )
    yield* Effect.repeat(connections, { schedule: looks, until: (open) => open === 2 })
    yield* Effect.sleep("50 millis")
    const [took] = yield* Effect.timed(Scope.close(scope, Exit.void))
    expect(Duration.toMillis(took)).toBeLessThan(600)
    for (const answer of yield* Fiber.join(inFlight)) {
      expect(answer).toMatchObject({ status: 200, connection: "close" })
    }
    expect((yield* tally).keys.map((key) => key.accepted)).toEqual([2, 1])
    yield* serve({ ...options, port })
  }),
)

it.live("does not take new connections while it is being stopped", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { url } = yield* Scope.provide(serve(slow), scope)
    const inFlight = yield* Effect.forkChild(call({ url: url + query("AAA", 1, "1") }))
    yield* Effect.sleep("20 millis")
    const stopping = yield* Effect.forkChild(Scope.close(scope, Exit.void))
    yield* Effect.sleep("5 millis")
    const refused = yield* Effect.flip(call({ url: url + query("AAA", 2, "2") }))
    expect(refused).toMatchObject({ code: "ECONNREFUSED" })
    yield* Fiber.join(inFlight)
    yield* Fiber.join(stopping)
  }),
)

it.live("has counted an order whose client hung up just before the stop", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { tally, url } = yield* Scope.provide(serve(slow), scope)
    const client = yield* Effect.forkChild(call({ url: url + query("AAA", 1, "1") }))
    yield* Effect.sleep("20 millis")
    yield* Fiber.interrupt(client)
    yield* Scope.close(scope, Exit.void)
    expect((yield* tally).keys[0]).toMatchObject({ accepted: 1 })
  }),
)

it.live("cuts a connection that never finishes its request, so that a stop always ends", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { url } = yield* Scope.provide(serve(options), scope)
    const socket = connect(Number(new URL(url).port), "127.0.0.1")
    socket.on("error", () => {})
    yield* Effect.callback<void>((resume) => {
      socket.write("GET /api/request?api_k", () => resume(Effect.void))
    })
    yield* Effect.sleep("20 millis")
    const [took] = yield* Effect.timed(Scope.close(scope, Exit.void))
    expect(Duration.toMillis(took)).toBeLessThan(3000)
  }),
)

it.live("says so in one line where the port is in use, and where the address is not this machine's", () =>
  Effect.gen(function* () {
    const { url } = yield* serve(options)
    const port = Number(new URL(url).port)
    const inUse = yield* Effect.flip(serve({ ...options, port }))
    expect(inUse.message).toBe(
      `the exchange cannot listen on 127.0.0.1:${port}: the port is in use: stop what uses it, or choose another port (0 for any free one)`,
    )
    const elsewhere = yield* Effect.flip(serve({ ...options, host: "192.0.2.1" }))
    expect(elsewhere.message).toContain("this machine has no such address")
  }),
)
