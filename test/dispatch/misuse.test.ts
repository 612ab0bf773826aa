/** What the dispatcher makes of orders that are none, clients that misbehave, and logs that throw. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { checkOrder } from "../../src/domain/Order.ts"
import type { SubmitFailure } from "../../src/dispatch/SubmitFailure.ts"
import type { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { at, makeRig, order, type RigOptions } from "../support/rig.ts"

const errorOf = <A>(exit: Exit.Exit<A, SubmitFailure>): SubmitFailure | undefined =>
  Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined

const now = { wallMs: Date.UTC(2026, 10, 23), monotonicMs: 5000 }
const refusal = (given: unknown): string => {
  const checked = checkOrder(given, now)
  return checked._tag === "Failure" ? checked.failure.message : "no problem"
}

describe("an order", () => {
  const cases: ReadonlyArray<readonly [given: unknown, message: string]> = [
    [undefined, "an order cannot be sent: order must be an object with an id, and is undefined"],
    [[], "an order cannot be sent: order must be an object with an id, and is an array"],
    [{}, "an order cannot be sent: id must be text, and is undefined"],
    [{ id: 7 }, "an order cannot be sent: id must be text, and is a number"],
    [{ id: "" }, "an order cannot be sent: id must have 1 to 64 characters, and has 0"],
    [{ id: "x".repeat(65) }, "an order cannot be sent: id must have 1 to 64 characters, and has 65"],
    [{ id: "\ud800" }, "an order cannot be sent: id has half of a surrogate pair, which no text can hold"],
    [{ id: "a", params: null }, "order a cannot be sent: params must be an object of text, and is null"],
    [{ id: "a", params: { nonce: "1" } }, "params must not hold nonce: the request has its own"],
    [{ id: "a", params: { price: 1.5 } }, '"price" must be text, and is a number'],
    [{ id: "a", createdAt: "now" }, "createdAt must be a valid Date, or milliseconds since 1970"],
    [{ id: "a", createdAt: new Date(Number.NaN) }, "createdAt must be a valid Date"],
    [{ id: "a", createdAt: Number.NaN }, "createdAt must be a valid Date"],
    [
      { id: "a", createdAt: 372.2 },
      "createdAt must be milliseconds since 1970, as of Date.now(), and is 372.2",
    ],
    [{ id: "a", createdAt: now.wallMs / 1000 }, "createdAt must be milliseconds since 1970"],
    [{ id: "a", createdAt: now.wallMs + 60_001 }, "createdAt lies more than 60 s in the future"],
  ]
  it.each(cases)("%j is refused", (given, message) => {
    assert.include(refusal(given), message)
  })

  it("is copied, made at its time on the monotonic clock, and at most now", () => {
    const params = { side: "buy", ["__proto__"]: "x" }
    const made = (createdAt?: Date | number) => {
      const checked = checkOrder({ id: "a", params, ...(createdAt === undefined ? {} : { createdAt }) }, now)
      return checked._tag === "Success" ? checked.success : undefined
    }
    assert.deepStrictEqual(made()?.params, params)
    assert.notStrictEqual(made()?.params, params)
    assert.strictEqual(made()?.createdMs, undefined)
    assert.strictEqual(made(new Date(now.wallMs - 250))?.createdMs, 4750)
    assert.strictEqual(made(now.wallMs - 250)?.createdMs, 4750)
    assert.strictEqual(made(now.wallMs + 60_000)?.createdMs, 5000)
  })

  it.effect("counts its time to live from when it was made, by the wall clock", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now.wallMs)
      const rig = yield* makeRig({ ttlMs: 1000 })
      const late = yield* Effect.exit(rig.dispatcher.submit({ id: "late", createdAt: now.wallMs - 1000 }))
      assert.strictEqual(errorOf(late)?._tag, "OrderExpired")
      const fresh = yield* Effect.forkScoped(
        rig.dispatcher.submit({ id: "fresh", createdAt: new Date(now.wallMs - 900) }),
      )
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(fresh)))
    }),
  )

  it.effect("that is none is refused at every entry, and leaves no trace", () =>
    Effect.gen(function* () {
      const { dispatcher, events } = yield* makeRig()
      const tags = [
        (yield* Effect.flip(dispatcher.submit({ id: "" })))._tag,
        (yield* Effect.flip(dispatcher.enqueue({ id: "" })))._tag,
        (yield* Effect.flip(dispatcher.offer({ id: "" })))._tag,
      ]
      assert.deepStrictEqual(tags, ["InvalidOrder", "InvalidOrder", "InvalidOrder"])
      assert.strictEqual((yield* dispatcher.snapshot).created, 0)
      assert.strictEqual(events.length, 0)
    }),
  )
})

/** The first request meets this client, all others the real one. */
const firstMeets = (first: ExchangeClient["Service"]["submit"]): RigOptions => {
  let count = 0
  return {
    ttlMs: undefined,
    client: (real) => ({
      ...real,
      submit: (...request) => (count++ === 0 ? first : real.submit)(...request),
    }),
  }
}

describe("a client", () => {
  const cases: ReadonlyArray<readonly [string, ExchangeClient["Service"]["submit"], string]> = [
    [
      "that throws",
      () => {
        throw new Error("no parser for secret-1")
      },
      "ClientFailed: order first: the exchange's client failed (Error: no parser for key-1)",
    ],
    [
      "that dies",
      () => Effect.die("a bug"),
      "ClientFailed: order first: the exchange's client failed (a bug)",
    ],
    ["that interrupts itself", () => Effect.interrupt, "ClientFailed: order first"],
    ["that never answers", () => Effect.never, "RequestTimeout: order first: no answer in time"],
    ["that cannot be interrupted", () => Effect.uninterruptible(Effect.never), "RequestTimeout: order first"],
  ]
  it.effect.each(cases)("%s leaves its order unknown, and the lane goes on", ([, client, error]) =>
    Effect.gen(function* () {
      const rig = yield* makeRig(firstMeets(client))
      const first = yield* Effect.forkScoped(Effect.exit(rig.dispatcher.submit(order("first"))))
      yield* TestClock.adjust("6 seconds")
      const second = yield* Effect.forkScoped(Effect.exit(rig.dispatcher.submit(order("second"))))
      yield* TestClock.adjust("10 seconds")
      assert.include(String(errorOf(yield* Fiber.join(first))), error)
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(second)))
      const { accepted, inFlight, unknown } = yield* rig.dispatcher.snapshot
      assert.deepStrictEqual([accepted, unknown, inFlight], [1, 1, 0])
      // Nor does it hold up the stop.
      const stopped = yield* Effect.forkScoped(rig.stop, { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      assert.isDefined(stopped.pollUnsafe())
    }),
  )
})

describe("a log that throws", () => {
  it.effect("before a request fails the dispatcher, and nothing is sent", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        log: {
          ready: Effect.void,
          record: (event) => {
            if (event.type === "sent") throw new Error("disk")
          },
          committed: Effect.succeed(true),
        },
      })
      const exit = yield* Effect.exit(rig.dispatcher.submit(order("a")))
      assert.strictEqual(errorOf(exit)?._tag, "LogFailed")
      assert.strictEqual((yield* Effect.flip(rig.dispatcher.failed))._tag, "LogFailed")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(rig.exchange.arrivals.length, 0)
      assert.strictEqual((yield* rig.dispatcher.snapshot).accepted, 0)
    }),
  )

  it.effect("at an outcome lets what has left end and be told, and sends no more", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        ttlMs: undefined,
        log: {
          ready: Effect.void,
          record: (event) => {
            if (event.type === "outcome") throw new Error("a bug of the metrics")
          },
          committed: Effect.succeed(true),
        },
      })
      const submits = yield* Effect.forEach(["a", "b", "c"], (id) =>
        Effect.forkScoped(Effect.exit(rig.dispatcher.submit(order(id)))),
      )
      yield* TestClock.adjust("5 seconds")
      const exits = yield* Effect.forEach(submits, Fiber.join)
      const accepted = exits.filter(Exit.isSuccess).length
      assert.strictEqual((yield* rig.dispatcher.snapshot).accepted, accepted)
      assert.strictEqual(rig.exchange.arrivals.length, accepted)
      assert.strictEqual(
        errorOf(exits.at(-1) ?? Exit.die("there is none"))?.message,
        "what happens cannot be written down any more (Error: a bug of the metrics)",
      )
    }),
  )

  it.effect("or dies while it is waited for fails the dispatcher, too", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        log: { ready: Effect.void, record: () => {}, committed: Effect.die("full") },
      })
      const exit = yield* Effect.exit(rig.dispatcher.submit(order("a")))
      assert.strictEqual(errorOf(exit)?._tag, "LogFailed")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(rig.exchange.arrivals.length, 0)
    }),
  )
})

describe("an order that could not be sent", () => {
  it.effect("says that the exchange was unreachable, also the one that was tried", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        ttlMs: undefined,
        journey: () => ({ ...at, fate: "refused-connection" }),
      })
      const submits = yield* Effect.forEach(["a", "b"], (id) =>
        Effect.forkScoped(Effect.exit(rig.dispatcher.submit(order(id)))),
      )
      yield* TestClock.adjust("5 seconds")
      for (const fiber of submits) {
        assert.strictEqual(errorOf(yield* Fiber.join(fiber))?._tag, "ExchangeUnreachable")
      }
    }),
  )

  it.effect("in its time to live says that the connection was refused", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ journey: () => ({ ...at, fate: "refused-connection" }) })
      const fiber = yield* Effect.forkScoped(Effect.exit(rig.dispatcher.submit(order("a"))))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(
        errorOf(yield* Fiber.join(fiber))?.message,
        "order a: expired in the queue before it could be sent: the exchange could not be reached (ECONNREFUSED)",
      )
    }),
  )
})

describe("withdraw", () => {
  it.effect("answers cancelled before the order has left, and its outcome afterwards", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ config: { limit: 1, windowMs: 1000, blockAfter: 10 }, ttlMs: undefined })
      const left = yield* rig.dispatcher.enqueue(order("left"))
      const queued = yield* rig.dispatcher.enqueue(order("queued"))
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(yield* queued.withdraw, { outcome: "cancelled" })
      assert.include(
        String(errorOf(yield* Effect.exit(queued.result))),
        "cancelled before it was sent, by its caller",
      )
      const told = yield* Effect.forkScoped(left.withdraw)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(told), { outcome: "accepted" })
      assert.deepStrictEqual(yield* left.result, { status: "OK", req_id: "left" })
    }),
  )

  it.effect("does not wait for a disk that stands still", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        log: { ready: Effect.void, record: () => {}, committed: Effect.as(Effect.sleep(500), true) },
      })
      const order1 = yield* rig.dispatcher.enqueue(order(1))
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(yield* order1.withdraw, { outcome: "cancelled" })
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(rig.exchange.arrivals.length, 0)
      // Its place came back.
      yield* rig.dispatcher.enqueue(order(2))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(rig.outcomes().at(-1)?.outcome.outcome, "accepted")
    }),
  )
})
