/** What a lane makes of each kind of answer, and of none. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import type { UnknownCause } from "../../src/domain/Outcome.ts"
import { at, makeRig, order } from "../support/rig.ts"
import type { Journey } from "../../src/simulation/SimulatedExchange.ts"

const ids = (count: number, from = 0) => Array.from({ length: count }, (_, n) => order(from + n))
/** From the 21st-last send to the last. */
const span = (sent: ReadonlyArray<{ readonly atMs: number }>) =>
  (sent.at(-1)?.atMs ?? 0) - (sent.at(-21)?.atMs ?? 0)
const only = (n: number, fate: NonNullable<Journey["fate"]>) => (k: number) =>
  k === n ? { ...at, fate } : at

describe("an unknown outcome", () => {
  const cases: ReadonlyArray<readonly [string, NonNullable<Journey["fate"]>, UnknownCause]> = [
    ["a request lost on its way in", "lost-on-the-way-in", "timeout"],
    ["an answer lost on its way out", "lost-on-the-way-out", "timeout"],
    ["a connection that breaks", { brokenAfterMs: 10 }, "broken-connection"],
    ["a garbled answer", "garbled", "undecodable"],
    ["a failing exchange", { status: 502 }, "server-error"],
  ]
  it.effect.each(cases)(
    "comes of %s: the order is never sent again, and the lane goes on",
    ([, fate, cause]) =>
      Effect.gen(function* () {
        const rig = yield* makeRig({ journey: only(0, fate), ttlMs: undefined })
        yield* Effect.forEach(ids(3), rig.dispatcher.enqueue)
        yield* TestClock.adjust("20 seconds")
        assert.deepStrictEqual(
          rig.sent().map(({ id }) => id),
          ["0", "1", "2"],
        )
        const unknown = rig.outcomes().filter(({ id }) => id === "0")
        assert.deepStrictEqual(
          unknown.map(({ outcome }) => outcome),
          [{ outcome: "unknown", cause }],
        )
        assert.strictEqual(rig.outcomes().filter(({ outcome }) => outcome.outcome === "accepted").length, 2)
      }),
  )
})

describe("a 429", () => {
  // The client believes in 30 requests a window, the exchange in 20.
  const tooMany = {
    limit: 30,
    paceMs: 1,
    ttlMs: undefined,
    journey: () => ({ incomingMs: 1, outgoingMs: 1 }),
  }

  it.effect("sends the order once more, from the head of the line, after a full window of silence", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig(tooMany)
      yield* Effect.forEach(ids(25), rig.dispatcher.enqueue)
      yield* TestClock.adjust("20 seconds")
      const returned = rig.returned()[0]
      assert.strictEqual(returned?.reason, "rate-limit")
      assert.strictEqual(returned?.id, "20")
      const after = rig.sent().find(({ atMs }) => atMs > (returned?.atMs ?? 0))
      assert.strictEqual(after?.id, "20")
      assert.strictEqual(after?.attempt, 2)
      assert.isAtLeast((after?.atMs ?? 0) - (returned?.atMs ?? 0), 1000)
      assert.strictEqual(rig.outcomes().length, 25)
      assert.isTrue(rig.outcomes().every(({ outcome }) => outcome.outcome === "accepted"))
    }),
  )

  it.effect("widens the margin by a slot", () =>
    Effect.gen(function* () {
      // One error of the exchange's own making; then 20 more requests, and the first of the next window.
      const rig = yield* makeRig({
        journey: () => ({ incomingMs: 0, outgoingMs: 0 }),
        paceMs: 1,
        ttlMs: undefined,
      })
      const refusing = yield* makeRig({
        journey: (n) => ({ incomingMs: 0, outgoingMs: 0, ...(n === 0 ? { fate: { status: 429 } } : {}) }),
        paceMs: 1,
        ttlMs: undefined,
      })
      for (const one of [rig, refusing]) {
        yield* one.dispatcher.enqueue(order("first"))
        yield* TestClock.adjust("5 seconds")
        yield* Effect.forEach(ids(21), one.dispatcher.enqueue)
        yield* TestClock.adjust("5 seconds")
      }
      assert.strictEqual(Math.round(span(refusing.sent()) - span(rig.sent())), 50)
    }),
  )

  it.effect("that meets an order whose time to live is over ends it as rejected", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ ttlMs: 40, journey: () => ({ ...at, fate: { status: 429 } }) })
      yield* rig.dispatcher.enqueue(order("late"))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(
        rig.outcomes().map(({ outcome }) => outcome),
        [{ outcome: "rejected", reason: "rate-limit" }],
      )
      assert.strictEqual(rig.sent().length, 1)
    }),
  )

  it.effect("a second time ends the order as rejected: it goes back at most once", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ ttlMs: undefined, journey: () => ({ ...at, fate: { status: 429 } }) })
      yield* rig.dispatcher.enqueue(order("unlucky"))
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(rig.sent().length, 2)
      assert.deepStrictEqual(
        rig.outcomes().map(({ outcome }) => outcome),
        [{ outcome: "rejected", reason: "rate-limit" }],
      )
    }),
  )

  it.effect("that comes while the lane waits for an order closes the gate again", () =>
    Effect.gen(function* () {
      // The first answer takes 300 ms; the bound frees the lane after 55, so it stands ready when 429 arrives.
      const rig = yield* makeRig({
        ttlMs: undefined,
        journey: (n) => (n === 0 ? { incomingMs: 50, outgoingMs: 250, fate: { status: 429 } } : at),
      })
      yield* rig.dispatcher.enqueue(order("refused"))
      yield* TestClock.adjust("299 millis")
      yield* TestClock.adjust("1 millis")
      yield* rig.dispatcher.enqueue(order("next"))
      yield* TestClock.adjust("5 seconds")
      const second = rig.sent()[1]
      assert.isAtLeast((second?.atMs ?? 0) - rig.startMs, 300 + 1000)
    }),
  )

  it.effect("half of the exchange's ten times parks the key, and the run fails once none is left", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ ttlMs: undefined, journey: () => ({ ...at, fate: { status: 429 } }) })
      const failed = yield* Effect.forkScoped(Effect.result(rig.dispatcher.failed))
      yield* Effect.forEach(ids(20), rig.dispatcher.enqueue)
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(rig.sent().length, 5)
      assert.deepStrictEqual(
        rig.retired().map(({ key, state, rateLimitErrors }) => ({ key, state, rateLimitErrors })),
        [{ key: "key-1", state: "parked", rateLimitErrors: 5 }],
      )
      const failure = yield* Fiber.join(failed)
      assert.isTrue(Result.isFailure(failure))
      assert.include(
        Result.isFailure(failure) ? failure.failure.message : "",
        "no usable key is left (key-1 parked)",
      )
    }),
  )
})

describe("a key out of service", () => {
  it.effect("blocked in mid-run ends its lane; the others go on and take its order", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ keys: 3, ttlMs: undefined })
      yield* Effect.forEach(ids(30), rig.dispatcher.enqueue)
      yield* TestClock.adjust("300 millis")
      rig.exchange.burden("key-2", 10)
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(
        rig.retired().map(({ key, state }) => [key, state]),
        [["key-2", "blocked"]],
      )
      const refused = rig.exchange.arrivals.filter(({ ruling }) => ruling === "blocked")
      assert.strictEqual(refused.length, 1)
      const lastOfKey2 = rig.sent().findLastIndex(({ key }) => key === "key-2")
      assert.strictEqual(rig.sent()[lastOfKey2]?.id, refused[0]?.id)
      assert.strictEqual(rig.outcomes().length, 30)
      assert.isTrue(rig.outcomes().every(({ outcome }) => outcome.outcome === "accepted"))
    }),
  )

  it.effect("unknown to the exchange ends its lane as well", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ keys: 2, unknownKeys: ["key-1"] })
      yield* Effect.forEach(ids(4), rig.dispatcher.enqueue)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(
        rig.retired().map(({ key, state }) => [key, state]),
        [["key-1", "unknown"]],
      )
      assert.isTrue(rig.outcomes().every(({ outcome }) => outcome.outcome === "accepted"))
    }),
  )
})

describe("a 400", () => {
  it.effect("for the nonce sends the order once more, with one that is a second ahead", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig()
      rig.exchange.sawNonce("key-1", 1n)
      yield* rig.dispatcher.enqueue(order("a"))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(
        rig.exchange.arrivals.map(({ nonce, ruling }) => [nonce, ruling]),
        // The clock stands at 0, so the first nonce is 1.
        [
          [1, "nonce"],
          [1050, "accepted"],
        ],
      )
      assert.deepStrictEqual(
        rig.returned().map(({ reason }) => reason),
        ["nonce"],
      )
    }),
  )

  it.effect("for the nonce makes the lane wait for answers, whatever the bound says", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ journey: () => ({ incomingMs: 50, outgoingMs: 150 }) })
      rig.exchange.sawNonce("key-1", 1n)
      yield* Effect.forEach(ids(4), rig.dispatcher.enqueue)
      yield* TestClock.adjust("5 seconds")
      const sent = rig.sentMs()
      // The refusal comes after 200 ms; until then the bound of 55 ms let requests follow each other.
      assert.deepStrictEqual(sent.slice(0, 4), [0, 55, 110, 165])
      assert.deepStrictEqual(
        sent.slice(4).map((time, n) => time - (sent[3 + n] ?? 0)),
        [200],
      )
    }),
  )

  it.effect("for anything else is the order's own fault: rejected, not sent again", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ journey: () => ({ ...at, fate: { status: 400 } }) })
      const result = yield* Effect.forkScoped(Effect.exit(rig.dispatcher.submit(order("bad"))))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(rig.sent().length, 1)
      assert.deepStrictEqual(
        rig.outcomes().map(({ outcome }) => outcome),
        [{ outcome: "rejected", reason: "exchange" }],
      )
      assert.isTrue(Exit.isFailure(yield* Fiber.join(result)))
    }),
  )
})

describe("no connection", () => {
  it.effect("leaves the order at the head of the line until the exchange is back", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ journey: (n) => (n < 4 ? { ...at, fate: "refused-connection" } : at) })
      yield* Effect.forEach(ids(2), rig.dispatcher.enqueue)
      yield* TestClock.adjust("5 seconds")
      // Tried again after 20, 40, 80 and 160 ms; never counted as a refusal.
      assert.deepStrictEqual(
        rig.sent().map(({ id }) => id),
        ["0", "0", "0", "0", "0", "1"],
      )
      assert.isTrue(rig.outcomes().every(({ outcome }) => outcome.outcome === "accepted"))
      assert.isTrue(rig.returned().every(({ reason }) => reason === "not-sent"))
    }),
  )

  it.effect("for longer than the time to live lets the order expire", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ journey: () => ({ ...at, fate: "refused-connection" }) })
      yield* rig.dispatcher.enqueue(order("a"))
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(
        rig.outcomes().map(({ outcome }) => outcome),
        [{ outcome: "expired" }],
      )
    }),
  )

  it.effect("from the beginning fails the run after three seconds", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        ttlMs: undefined,
        journey: () => ({ ...at, fate: "refused-connection" }),
      })
      const failed = yield* Effect.forkScoped(Effect.flip(rig.dispatcher.failed))
      yield* rig.dispatcher.enqueue(order("a"))
      yield* TestClock.adjust("5 seconds")
      const failure = yield* Fiber.join(failed)
      assert.strictEqual(failure._tag, "ExchangeUnreachable")
      assert.include(failure.message, "ECONNREFUSED")
    }),
  )
})
