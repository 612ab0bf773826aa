/** Orders in the queue: expiry, withdrawal, room, stopping. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { at, makeRig, order } from "../support/rig.ts"

const ids = (count: number, from = 0) => Array.from({ length: count }, (_, n) => order(from + n))
const errorOf = <A, E>(exit: Exit.Exit<A, E>): E | undefined => {
  const reason = Exit.isFailure(exit) ? exit.cause.reasons[0] : undefined
  return reason !== undefined && Cause.isFailReason(reason) ? reason.error : undefined
}
const names = (rig: Effect.Success<ReturnType<typeof makeRig>>) =>
  rig.outcomes().map(({ id, outcome }) => `${id} ${outcome.outcome}`)

describe("time to live", () => {
  it.effect("an order that waits too long expires in the queue at that moment, and is not sent", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ config: { limit: 1, windowMs: 5000, blockAfter: 10 } })
      const submitted = yield* Effect.forEach(ids(2), (one) =>
        Effect.forkScoped(Effect.exit(rig.dispatcher.submit(one))),
      )
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(rig.outcomes().length, 1)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(names(rig), ["0 accepted", "1 expired"])
      assert.strictEqual((rig.outcomes()[1]?.atMs ?? 0) - rig.startMs, 1000)
      const failure = errorOf(yield* Fiber.join(submitted[1] ?? (yield* Effect.die("no fiber"))))
      assert.strictEqual(failure?._tag, "OrderExpired")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(rig.sent().length, 1)
    }),
  )

  it.effect("counts from an order's creation, not from when it was handed over", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig()
      yield* TestClock.adjust("10 seconds")
      yield* rig.dispatcher.enqueue(order("old", rig.startMs + 9000))
      yield* rig.dispatcher.enqueue(order("fresh", rig.startMs + 9001))
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(names(rig).toSorted(), ["fresh accepted", "old expired"])
    }),
  )

  it.effect("an order that came back expires at its own time, whoever was first in the line meanwhile", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        config: { limit: 1, windowMs: 60_000, blockAfter: 10 },
        journey: () => ({ ...at, fate: { status: 429 } }),
      })
      yield* rig.dispatcher.enqueue(order("returned"))
      yield* TestClock.adjust("10 millis")
      yield* rig.dispatcher.enqueue(order("younger"))
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(
        rig.returned().map(({ id }) => id),
        ["returned"],
      )
      assert.deepStrictEqual(
        rig.outcomes().map(({ atMs, id }) => [id, atMs - rig.startMs]),
        [
          ["returned", 1000],
          ["younger", 1010],
        ],
      )
    }),
  )

  it.effect("an older order behind younger ones expires at its own time, and so do many at once", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ config: { limit: 1, windowMs: 60_000, blockAfter: 10 } })
      yield* rig.dispatcher.enqueue(order("sent"))
      yield* TestClock.adjust("100 millis")
      const ages = [0, 70, 30, 70, 50, 0]
      yield* Effect.forEach(ages, (ageMs, n) =>
        rig.dispatcher.enqueue(order(n, rig.startMs + rig.elapsed() - ageMs)),
      )
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(
        rig.outcomes().map(({ atMs, id }) => [id, atMs - rig.startMs]),
        [
          ["sent", 50],
          ["1", 1030],
          ["3", 1030],
          ["4", 1050],
          ["2", 1070],
          ["0", 1100],
          ["5", 1100],
        ],
      )
    }),
  )

  it.effect("none means that an order waits as long as it takes", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ ttlMs: undefined, config: { limit: 1, windowMs: 60_000, blockAfter: 10 } })
      yield* Effect.forEach(ids(3), rig.dispatcher.enqueue)
      yield* TestClock.adjust("3 minutes")
      assert.isTrue(rig.outcomes().every(({ outcome }) => outcome.outcome === "accepted"))
      assert.strictEqual(rig.outcomes().length, 3)
    }),
  )
})

describe("submit", () => {
  it.effect("succeeds with the acceptance", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig()
      const fiber = yield* Effect.forkScoped(rig.dispatcher.submit(order("a")))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { status: "OK", req_id: "a" })
    }),
  )

  it.effect("interrupted while the order is queued withdraws it", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ config: { limit: 1, windowMs: 1000, blockAfter: 10 }, ttlMs: undefined })
      yield* rig.dispatcher.enqueue(order("first"))
      const fiber = yield* Effect.forkScoped(rig.dispatcher.submit(order("withdrawn")))
      yield* TestClock.adjust("10 millis")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(names(rig), ["withdrawn cancelled"])
      assert.strictEqual((yield* rig.dispatcher.snapshot).queued, 0)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(names(rig), ["withdrawn cancelled", "first accepted"])
      assert.strictEqual(rig.sent().length, 1)
    }),
  )

  it.effect("interrupted while the order is in flight waits for its outcome", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig()
      const fiber = yield* Effect.forkScoped(rig.dispatcher.submit(order("gone")))
      yield* TestClock.adjust("10 millis")
      const interrupted = yield* Effect.forkScoped(Fiber.interrupt(fiber), { startImmediately: true })
      yield* TestClock.adjust("39 millis")
      assert.isUndefined(interrupted.pollUnsafe())
      assert.deepStrictEqual(names(rig), [])
      yield* TestClock.adjust("1 millis")
      assert.isDefined(interrupted.pollUnsafe())
      assert.deepStrictEqual(names(rig), ["gone accepted"])
    }),
  )

  it.effect("interrupted in flight and then refused, the order does not go back to the line", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ journey: () => ({ ...at, fate: { status: 429 } }), ttlMs: undefined })
      const fiber = yield* Effect.forkScoped(rig.dispatcher.submit(order("gone")))
      yield* TestClock.adjust("10 millis")
      yield* Effect.forkScoped(Fiber.interrupt(fiber))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(names(rig), ["gone rejected"])
    }),
  )

  it.effect("refuses an id that is already on its way", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig()
      yield* rig.dispatcher.enqueue(order("twin"))
      const exit = yield* Effect.exit(rig.dispatcher.submit(order("twin")))
      assert.strictEqual(errorOf(exit)?._tag, "DuplicateOrder")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(names(rig), ["twin accepted"])
    }),
  )
})

describe("a full line", () => {
  const narrow = { config: { limit: 1, windowMs: 1000, blockAfter: 10 }, dispatcher: { capacity: 2 } }

  it.effect("offer says no at once and leaves no trace", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ ...narrow, ttlMs: undefined })
      const taken = yield* Effect.forEach(ids(5), (one) =>
        Effect.tap(rig.dispatcher.offer(one), () => TestClock.adjust("1 millis")),
      )
      assert.deepStrictEqual(taken, [true, true, true, false, false])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(names(rig), ["0 accepted", "1 accepted", "2 accepted"])
    }),
  )

  it.effect("enqueue waits for room", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ ...narrow, ttlMs: undefined })
      yield* Effect.forkScoped(Effect.forEach(ids(6), rig.dispatcher.enqueue))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(rig.outcomes().length, 6)
      assert.deepStrictEqual(
        rig.sent().map(({ id }) => id),
        ["0", "1", "2", "3", "4", "5"],
      )
    }),
  )

  it.effect("an order that waits for room outside can expire there", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        ...narrow,
        config: { limit: 1, windowMs: 60_000, blockAfter: 10 },
        dispatcher: { capacity: 1 },
      })
      yield* rig.dispatcher.enqueue(order("sent"))
      yield* TestClock.adjust("1 millis")
      yield* rig.dispatcher.enqueue(order("inside"))
      const outside = yield* Effect.forkScoped(
        Effect.exit(rig.dispatcher.submit(order("outside", rig.startMs - 500))),
      )
      yield* TestClock.adjust("600 millis")
      assert.strictEqual(errorOf(yield* Fiber.join(outside))?._tag, "OrderExpired")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(names(rig).toSorted(), ["inside expired", "outside expired", "sent accepted"])
    }),
  )
})

describe("withdrawing from a full line", () => {
  it.effect("lets in who waits for room, in order", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        config: { limit: 1, windowMs: 1000, blockAfter: 10 },
        ttlMs: undefined,
        dispatcher: { capacity: 1 },
      })
      yield* rig.dispatcher.enqueue(order("first"))
      yield* TestClock.adjust("1 millis")
      const queued = yield* Effect.forkScoped(rig.dispatcher.submit(order("a")))
      yield* TestClock.adjust("1 millis")
      yield* Effect.forkScoped(Effect.exit(rig.dispatcher.submit(order("b"))))
      yield* TestClock.adjust("1 millis")
      yield* Fiber.interrupt(queued)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(
        rig.sent().map(({ id }) => id),
        ["first", "b"],
      )
      yield* rig.stop
      assert.deepStrictEqual(names(rig), ["a cancelled", "first accepted", "b accepted"])
    }),
  )
})

describe("stopping", () => {
  it.effect("takes no more orders, awaits what is in flight and cancels what is queued", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ journey: () => ({ incomingMs: 50, outgoingMs: 400 }) })
      yield* Effect.forEach(ids(5), rig.dispatcher.enqueue)
      yield* TestClock.adjust("60 millis")
      assert.strictEqual(rig.sent().length, 2)
      const stopping = yield* Effect.forkScoped(rig.stop)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(names(rig), ["2 cancelled", "3 cancelled", "4 cancelled"])
      assert.strictEqual(
        errorOf(yield* Effect.exit(rig.dispatcher.submit(order("late"))))?._tag,
        "OrderCancelled",
      )
      assert.isFalse(yield* rig.dispatcher.offer(order("later")))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(stopping)
      assert.deepStrictEqual(names(rig).slice(3), ["0 accepted", "1 accepted"])
    }),
  )

  it.effect("waits for an answer no longer than the request timeout", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        requestTimeoutMs: 2000,
        journey: () => ({ ...at, fate: "lost-on-the-way-in" }),
      })
      yield* rig.dispatcher.enqueue(order("silent"))
      yield* TestClock.adjust("10 millis")
      const stopping = yield* Effect.forkScoped(rig.stop)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(stopping)
      assert.deepStrictEqual(
        rig.outcomes().map(({ outcome }) => outcome),
        [{ outcome: "unknown", cause: "timeout" }],
      )
    }),
  )

  it.effect("cancels orders that wait for room as well", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        config: { limit: 1, windowMs: 60_000, blockAfter: 10 },
        ttlMs: undefined,
        dispatcher: { capacity: 1 },
      })
      const fibers = yield* Effect.forEach(ids(4), (one) =>
        Effect.forkScoped(Effect.exit(rig.dispatcher.submit(one))),
      )
      yield* TestClock.adjust("1 second")
      yield* Effect.forkScoped(rig.stop)
      yield* TestClock.adjust("1 second")
      const exits = yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(names(rig), ["0 accepted", "1 cancelled", "2 cancelled", "3 cancelled"])
      assert.deepStrictEqual(
        exits.map((exit) => errorOf(exit)?._tag),
        [undefined, "OrderCancelled", "OrderCancelled", "OrderCancelled"],
      )
    }),
  )

  it.effect("ends the stream of outcomes, which told of every one", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig()
      const reader = yield* Effect.forkScoped(Stream.runCollect(rig.dispatcher.outcomes))
      yield* TestClock.adjust("1 millis")
      yield* Effect.forEach(ids(3), rig.dispatcher.enqueue)
      yield* TestClock.adjust("1 second")
      yield* rig.stop
      const seen = yield* Fiber.join(reader)
      assert.deepStrictEqual(
        seen.map(({ id }) => id),
        ["0", "1", "2"],
      )
    }),
  )
})

describe("a dispatcher that cannot go on", () => {
  it.effect("tells whoever waits, and whoever comes later", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ unknownKeys: ["key-1"], ttlMs: undefined })
      const waiting = yield* Effect.forEach(ids(5), (one) =>
        Effect.forkScoped(Effect.exit(rig.dispatcher.submit(one))),
      )
      yield* TestClock.adjust("5 seconds")
      const failures = yield* Effect.forEach(waiting, (fiber) => Effect.map(Fiber.join(fiber), errorOf))
      const tags = new Set(failures.map((failure) => String(failure?._tag)))
      assert.deepStrictEqual(tags, new Set(["UnknownApiKey", "NoUsableKey"]))
      assert.strictEqual(
        errorOf(yield* Effect.exit(rig.dispatcher.submit(order("late"))))?._tag,
        "NoUsableKey",
      )
      assert.isFalse(yield* rig.dispatcher.offer(order("later")))
      assert.strictEqual(rig.outcomes().length, 5)
      yield* rig.dispatcher.drained
    }),
  )

  it.effect("because the exchange cannot be reached says so to whoever waits", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ ttlMs: undefined, journey: () => ({ ...at, fate: "refused-connection" }) })
      const waiting = yield* Effect.forEach(ids(2), (one) =>
        Effect.forkScoped(Effect.exit(rig.dispatcher.submit(one))),
      )
      yield* TestClock.adjust("10 seconds")
      const failures = yield* Effect.forEach(waiting, (fiber) => Effect.map(Fiber.join(fiber), errorOf))
      assert.isTrue(failures.every((failure) => failure !== undefined))
      assert.isTrue(failures.some((failure) => failure?._tag === "ExchangeUnreachable"))
      assert.strictEqual(rig.outcomes().length, 2)
    }),
  )
})

describe("outcomes", () => {
  it.effect("have come to their end for whoever reads them after the stop", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig()
      yield* rig.stop
      assert.deepStrictEqual(yield* Stream.runCollect(rig.dispatcher.outcomes), [])
    }),
  )
})

describe("drained", () => {
  it.effect("waits until every order has reached its outcome", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig()
      yield* Effect.forEach(ids(10), rig.dispatcher.enqueue)
      const done = yield* Effect.forkScoped(rig.dispatcher.drained)
      yield* TestClock.adjust("200 millis")
      assert.isUndefined(done.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(done)
      assert.strictEqual(rig.outcomes().length, 10)
    }),
  )
})
