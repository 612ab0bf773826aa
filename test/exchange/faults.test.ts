// These tests run on the real clock and real loopback ports: the client under each fault that an exchange can play.
import { get, type IncomingHttpHeaders } from "node:http"
import process from "node:process"
import { afterAll, beforeAll, describe, expect } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Fiber, Layer, Redacted, Result, Scope } from "effect"
import { parseFault } from "../../src/cli/faultSpec.ts"
import { Dispatcher } from "../../src/dispatch/Dispatcher.ts"
import { layerHttp } from "../../src/dispatch/HttpDispatcher.ts"
import type { ApiKey } from "../../src/domain/ApiKey.ts"
import { readAdvice } from "../../src/http/advice.ts"
import { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import * as ExchangeServer from "../../src/exchange/ExchangeServer.ts"
import * as HttpExchangeClient from "../../src/venues/exercise/HttpExchangeClient.ts"
import type { SubmitError } from "../../src/domain/SubmitError.ts"
import { serve } from "../support/exchange.ts"
import { tagOf } from "../support/httpClient.ts"
import { makeKeys, order } from "../support/rig.ts"
import { realTime as test } from "../support/realTime.ts"
import { until } from "../support/until.ts"

const REQUEST_TIMEOUT = Duration.millis(400)

const makeExchange = (faults: ReadonlyArray<string>, options: Partial<ExchangeServer.ExchangeOptions> = {}) =>
  serve({ faults: faults.map((text) => Result.getOrThrow(parseFault(text))), ...options })

/** Sends orders one by one, with nonces of the caller's. */
const makeClient = (exchange: ExchangeServer.Exchange) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      HttpExchangeClient.layer({
        url: new URL(exchange.url),
        requestTimeout: REQUEST_TIMEOUT,
        maxInFlight: 20,
      }),
    )
    const client = Context.get(context, ExchangeClient)
    return (id: string, nonce: number, key: ApiKey = makeKeys(1)[0] ?? never()) =>
      client
        .submit({ id, params: {} }, key, nonce, {
          mayStart: () => true,
          onWritten: () => {},
          onSettled: () => {},
        })
        .pipe(Effect.exit, Effect.map(tagOf))
  })

const never = (): never => {
  throw new Error("there is a key")
}

const makeDispatcher = (exchange: ExchangeServer.Exchange, keys = 1) =>
  Layer.build(
    layerHttp({
      url: new URL(exchange.url),
      keys: makeKeys(keys),
      bound: Duration.millis(55),
      requestTimeout: REQUEST_TIMEOUT,
      unreachableAfter: Duration.seconds(20),
    }),
  ).pipe(Effect.map((context) => Context.get(context, Dispatcher)))

/** All connections of an exchange are gone, within moments. */
const nobodyIsConnected = (exchange: ExchangeServer.Exchange) =>
  until(() => Effect.runSync(exchange.connections) === 0)

const handles = (): ReadonlyArray<string> =>
  process.getActiveResourcesInfo().filter((name) => /^(?:TCP|Timeout|Immediate)/.test(name))

let handlesBefore = 0
const strayed: Array<unknown> = []
const onRejection = (reason: unknown): void => void strayed.push(reason)
beforeAll(() => {
  handlesBefore = handles().length
  process.on("unhandledRejection", onRejection)
})
afterAll(() =>
  Effect.runPromise(
    Effect.gen(function* () {
      yield* until(() => handles().length <= handlesBefore)
      process.off("unhandledRejection", onRejection)
      expect(strayed).toEqual([])
    }),
  ),
)

interface Case {
  readonly fault: string
  readonly tag: SubmitError["_tag"] | "accepted"
  /** Whether the exchange judges the request. */
  readonly judged: boolean
  /** What becomes of the order that a dispatcher sends. */
  readonly outcome: "accepted" | "unknown"
}

const cases: ReadonlyArray<Case> = [
  { fault: "spike:1:200ms", tag: "accepted", judged: true, outcome: "accepted" },
  { fault: "lost-request:1", tag: "RequestTimeout", judged: false, outcome: "unknown" },
  { fault: "lost-request:1:then=close", tag: "ConnectionBroken", judged: false, outcome: "unknown" },
  { fault: "lost-answer:1", tag: "RequestTimeout", judged: true, outcome: "unknown" },
  { fault: "lost-answer:1:then=close", tag: "ConnectionBroken", judged: true, outcome: "unknown" },
  { fault: "reset:1", tag: "ConnectionBroken", judged: true, outcome: "unknown" },
  { fault: "truncated:1", tag: "ConnectionBroken", judged: true, outcome: "unknown" },
  { fault: "garbled:1:as=text", tag: "UndecodableAnswer", judged: true, outcome: "unknown" },
  { fault: "garbled:1:as=id", tag: "UndecodableAnswer", judged: true, outcome: "unknown" },
  { fault: "garbled:1:as=encoding", tag: "UndecodableAnswer", judged: true, outcome: "unknown" },
  { fault: "garbled:1:as=html", tag: "UndecodableAnswer", judged: true, outcome: "unknown" },
  { fault: "failure:1", tag: "ServerError", judged: true, outcome: "unknown" },
  { fault: "failure:1:judged=no", tag: "ServerError", judged: false, outcome: "unknown" },
  { fault: "status:1:500", tag: "ServerError", judged: true, outcome: "unknown" },
  { fault: "status:1:502:judged=no", tag: "ServerError", judged: false, outcome: "unknown" },
  { fault: "status:1:503:retry-after=1s", tag: "ServerError", judged: true, outcome: "unknown" },
  { fault: "status:1:503:judged=no:retry-after=1s", tag: "ServerError", judged: false, outcome: "unknown" },
  { fault: "quota:1", tag: "accepted", judged: true, outcome: "accepted" },
  { fault: "quota:1:remaining=0:reset=1s", tag: "accepted", judged: true, outcome: "accepted" },
]

describe.concurrent("under a fault", () => {
  for (const { fault, tag, judged } of cases)
    test(
      `${fault} the client says ${tag}, and then goes on`,
      Effect.gen(function* () {
        const exchange = yield* makeExchange([`${fault}:times=1`])
        yield* Effect.scoped(
          Effect.gen(function* () {
            const send = yield* makeClient(exchange)
            expect(yield* send("1", 1)).toBe(tag)
            expect(yield* send("2", 2)).toBe("accepted")
          }),
        )
        yield* nobodyIsConnected(exchange)
        const { faults, keys } = yield* exchange.tally
        expect(keys[0]).toMatchObject({ requests: judged ? 2 : 1, accepted: judged ? 2 : 1 })
        expect(faults).toEqual({ [fault.split(":")[0] ?? ""]: 1 })
      }),
    )

  for (const { fault, tag, outcome } of cases)
    test(
      `${fault} an order ends as ${outcome}, and its lane goes on`,
      Effect.gen(function* () {
        const exchange = yield* makeExchange([`${fault}:times=1`])
        yield* Effect.scoped(
          Effect.gen(function* () {
            const dispatcher = yield* makeDispatcher(exchange)
            expect(tagOf(yield* Effect.exit(dispatcher.submit(order(1))))).toBe(tag)
            const later = yield* Effect.forEach(
              [2, 3, 4],
              (id) => Effect.exit(dispatcher.submit(order(id))),
              {
                concurrency: "unbounded",
              },
            )
            expect(later.map(tagOf)).toEqual(["accepted", "accepted", "accepted"])
            const seen = yield* dispatcher.snapshot
            expect(seen).toMatchObject({ created: 4, accepted: 3 + (outcome === "accepted" ? 1 : 0) })
            expect(seen.unknown).toBe(outcome === "unknown" ? 1 : 0)
            expect([seen.queued, seen.inFlight]).toEqual([0, 0])
          }),
        )
        yield* nobodyIsConnected(exchange)
        expect((yield* exchange.tally).repeatedOrders).toBe(0)
      }),
    )

  test(
    "block a dispatcher goes on with its other key, and the order with it",
    Effect.gen(function* () {
      const exchange = yield* makeExchange(["block:1:times=1"], { keys: makeKeys(2) })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const dispatcher = yield* makeDispatcher(exchange, 2)
          const ends = yield* Effect.forEach([1, 2, 3], (id) => Effect.exit(dispatcher.submit(order(id))))
          expect(ends.map(tagOf)).toEqual(["accepted", "accepted", "accepted"])
          const { lanes } = yield* dispatcher.snapshot
          expect(lanes.map(({ state }) => state).toSorted()).toEqual(["active", "blocked"])
        }),
      )
      yield* nobodyIsConnected(exchange)
      const { faults, keys } = yield* exchange.tally
      expect(keys.reduce((sum, { blocked }) => sum + blocked, 0)).toBe(1)
      expect(faults).toEqual({ block: 1 })
    }),
  )

  test(
    "of everything at once no order is executed twice, and each has its outcome",
    Effect.gen(function* () {
      const exchange = yield* makeExchange(
        [
          "spike:0.1:30ms",
          "lost-request:0.05",
          "lost-answer:0.05:then=close",
          "reset:0.05",
          "truncated:0.05",
          "garbled:0.05",
          "status:0.05:503",
          "quota:0.5",
        ],
        { keys: makeKeys(3), limit: 30 },
      )
      const ids = Array.from({ length: 100 }, (_, id) => id)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const dispatcher = yield* makeDispatcher(exchange, 3)
          const ends = yield* Effect.forEach(ids, (id) => Effect.exit(dispatcher.submit(order(id))), {
            concurrency: "unbounded",
          })
          const accepted = ends.filter(Exit.isSuccess).length
          const seen = yield* dispatcher.snapshot
          expect(seen.accepted).toBe(accepted)
          expect(seen.accepted + seen.unknown).toBe(100)
          const { faults, keys, repeatedOrders } = yield* exchange.tally
          const executed = keys.reduce((sum, key) => sum + key.accepted, 0)
          expect(executed).toBeGreaterThanOrEqual(accepted)
          expect(executed).toBeLessThanOrEqual(100)
          expect(repeatedOrders).toBe(0)
          expect(Object.keys(faults).length).toBeGreaterThan(5)
        }),
      )
      yield* nobodyIsConnected(exchange)
    }),
  )
})

describe.concurrent("an exchange that", () => {
  test(
    "has the same seed does the same to the n-th request, and with another seed something else",
    Effect.gen(function* () {
      const fates = Effect.fnUntraced(function* (seed: number) {
        const exchange = yield* makeExchange(["status:0.5:503", "garbled:0.5:as=html"], {
          seed,
          limit: 100,
          maxDelay: Duration.zero,
        })
        const send = yield* makeClient(exchange)
        return yield* Effect.forEach(
          Array.from({ length: 40 }, (_, n) => n + 1),
          (n) => send(`${n}`, n),
        )
      })
      const once = yield* fates(7)
      expect(new Set(once)).toEqual(new Set(["accepted", "ServerError", "UndecodableAnswer"]))
      expect(yield* fates(7)).toEqual(once)
      expect(yield* fates(8)).not.toEqual(once)
    }),
  )

  test(
    "stalls answers nothing, and everything afterwards",
    Effect.gen(function* () {
      const exchange = yield* makeExchange(["stall:at=0s:for=1500ms"])
      const dispatcher = yield* makeDispatcher(exchange)
      expect(tagOf(yield* Effect.exit(dispatcher.submit(order(1))))).toBe("RequestTimeout")
      yield* Effect.sleep("1500 millis")
      expect(tagOf(yield* Effect.exit(dispatcher.submit(order(2))))).toBe("accepted")
      const { faults, keys } = yield* exchange.tally
      expect(keys[0]).toMatchObject({ requests: 1, accepted: 1 })
      // The order, and the pings that ask whether the exchange is back.
      expect(faults["stall"]).toBeGreaterThanOrEqual(1)
    }),
  )

  test(
    "stalls after it has judged sends no answer of the requests before",
    Effect.gen(function* () {
      const exchange = yield* makeExchange(["stall:at=0s:for=10s:judged=yes"])
      const send = yield* makeClient(exchange)
      expect(yield* send("1", 1)).toBe("RequestTimeout")
      expect((yield* exchange.tally).keys[0]).toMatchObject({ accepted: 1 })
    }),
  )

  test(
    "restarts forgets what is under way, windows and nonces, and refuses connections meanwhile",
    Effect.gen(function* () {
      const exchange = yield* makeExchange(["restart:at=300ms:for=400ms"], {
        limit: 1,
        window: Duration.minutes(1),
        maxDelay: Duration.millis(1),
      })
      const send = yield* makeClient(exchange)
      expect(yield* send("1", 10)).toBe("accepted")
      expect(yield* send("2", 11)).toBe("RateLimited")
      yield* until(() => Effect.runSync(exchange.tally).faults.restart === 1)
      expect(yield* send("3", 12)).toBe("ConnectionFailed")
      yield* Effect.sleep("600 millis")
      // Neither the window nor the nonce of its former life.
      expect(yield* send("4", 1)).toBe("accepted")
      expect((yield* exchange.tally).keys[0]).toMatchObject({ accepted: 2, rateLimit: 1, busiestWindow: 3 })
    }),
  )

  test(
    "restarts breaks what is under way, which is not judged any more",
    Effect.gen(function* () {
      const exchange = yield* makeExchange(["spike:1:600ms:times=1", "restart:at=400ms"])
      const send = yield* makeClient(exchange)
      // Under way when the restart comes, whether the client has given up by then or not.
      expect(["ConnectionBroken", "RequestTimeout"]).toContain(yield* send("1", 1))
      yield* Effect.sleep("700 millis")
      expect(yield* send("2", 1)).toBe("accepted")
      expect((yield* exchange.tally).keys[0]).toMatchObject({ requests: 1, accepted: 1 })
    }),
  )

  test(
    "is stopped while it restarts stays down",
    Effect.gen(function* () {
      const url = yield* Effect.scoped(
        Effect.gen(function* () {
          const exchange = yield* makeExchange(["restart:at=0s:for=200ms"])
          yield* until(() => Effect.runSync(exchange.tally).faults.restart === 1)
          return exchange.url
        }),
      )
      yield* Effect.sleep("300 millis")
      yield* makeExchange([], { port: Number(new URL(url).port) })
    }),
  )

  test(
    "has a clock that jumps ahead lets more pass, and its tally tells the truth",
    Effect.gen(function* () {
      const exchange = yield* makeExchange(["clock:1h:at=300ms"], { limit: 1, window: Duration.minutes(1) })
      const send = yield* makeClient(exchange)
      expect(yield* send("1", 1)).toBe("accepted")
      expect(yield* send("2", 2)).toBe("RateLimited")
      yield* until(() => Effect.runSync(exchange.tally).faults.clock === 1)
      expect(yield* send("3", 3)).toBe("accepted")
      expect((yield* exchange.tally).keys[0]).toMatchObject({ accepted: 2, mostPasses: 2, busiestWindow: 3 })
    }),
  )

  test(
    "has a clock that jumps back refuses what would have passed",
    Effect.gen(function* () {
      const exchange = yield* makeExchange(["clock:-1h:at=300ms"], { limit: 1, window: Duration.millis(1) })
      const send = yield* makeClient(exchange)
      expect(yield* send("1", 1)).toBe("accepted")
      expect(yield* send("2", 2)).toBe("accepted")
      yield* until(() => Effect.runSync(exchange.tally).faults.clock === 1)
      expect(yield* send("3", 3)).toBe("RateLimited")
    }),
  )

  test(
    "blocks keys at moments blocks one after the other, each once",
    Effect.gen(function* () {
      const keys = makeKeys(2)
      const exchange = yield* makeExchange(["block-key:at=0s", "block-key:every=300ms"], { keys })
      const send = yield* makeClient(exchange)
      const states = () => Effect.forEach(keys, (key, n) => send(`${key.label}-${n}`, Date.now(), key))
      yield* until(() => Effect.runSync(exchange.tally).faults["block-key"] === 2)
      expect(yield* states()).toEqual(["KeyBlocked", "KeyBlocked"])
      expect((yield* exchange.tally).faults["block-key"]).toBe(2)
    }),
  )

  test(
    "tells its quotas tells the truth in seconds, unless told otherwise",
    Effect.gen(function* () {
      const ask = (url: string, nonce: number) =>
        Effect.callback<IncomingHttpHeaders>((resume) => {
          const secret = Redacted.value((makeKeys(1)[0] ?? never()).secret)
          get(`${url}?api_key=${secret}&nonce=${nonce}&req_id=${nonce}`, { agent: false }, (answer) => {
            answer.resume().on("end", () => resume(Effect.succeed(answer.headers)))
          })
        })
      const honest = yield* makeExchange(["quota:1"], { limit: 2, window: Duration.seconds(30) })
      expect(yield* ask(honest.url, 1)).toMatchObject({
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": "1",
        "x-ratelimit-reset": "31",
      })
      expect(yield* ask(honest.url, 2)).toMatchObject({ "x-ratelimit-remaining": "0" })
      const excess = yield* ask(honest.url, 3)
      expect(excess).toMatchObject({ "x-ratelimit-remaining": "0" })
      expect(excess["retry-after"]).toMatch(/^3[01]$/)
      const lying = yield* makeExchange(["quota:1:remaining=7:reset=90s"])
      const told = yield* ask(lying.url, 1)
      expect(told).toMatchObject({ "x-ratelimit-remaining": "7", "x-ratelimit-reset": "90" })
      expect(told["retry-after"]).toBe(undefined)
      const failing = yield* makeExchange(["status:1:503:retry-after=1500ms"])
      expect(yield* ask(failing.url, 1)).toMatchObject({ "retry-after": "2", "content-type": "text/html" })
      for (const fault of ["status:1:503:retry-after=9500ms:as=date", "quota:1:reset=9500ms:as=date"]) {
        const dating = yield* makeExchange([fault], { limit: 1 })
        yield* ask(dating.url, 1)
        const { date, ...headers } = yield* ask(dating.url, 2)
        expect(headers["retry-after"]).toBe(new Date(Date.parse(headers["retry-after"] ?? "")).toUTCString())
        // By the answer's own Date, as a client counts it: whole seconds, and never too few.
        const advice = readAdvice(
          fault.startsWith("status") ? 503 : 429,
          { date, "retry-after": headers["retry-after"] },
          Number.NaN,
        )
        expect([10_000, 11_000]).toContain(Math.max(advice?.exchangeMs ?? 0, advice?.keyMs ?? 0))
      }
    }),
  )

  test(
    "holds connections in silence is stopped without waiting for them",
    Effect.gen(function* () {
      const [took] = yield* Effect.timed(
        Effect.scoped(
          Effect.gen(function* () {
            const exchange = yield* makeExchange(["lost-answer:1"])
            const send = yield* makeClient(exchange)
            yield* Effect.forkScoped(send("1", 1))
            yield* until(() => Effect.runSync(exchange.tally).faults["lost-answer"] === 1)
          }),
        ),
      )
      expect(Duration.toMillis(took)).toBeLessThan(900)
    }),
  )

  test(
    "holds requests up is stopped without waiting for them, and does not count them",
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const exchange = yield* Scope.provide(makeExchange(["spike:1:1m"]), scope)
      const send = yield* makeClient(exchange)
      const sent = yield* Effect.forkChild(send("1", 1))
      yield* until(() => Effect.runSync(exchange.tally).faults.spike === 1)
      const [took] = yield* Effect.timed(Scope.close(scope, Exit.void))
      expect(Duration.toMillis(took)).toBeLessThan(900)
      expect(yield* Fiber.join(sent)).toBe("ConnectionBroken")
      expect((yield* exchange.tally).keys[0]?.requests).toBe(0)
    }),
  )
})
