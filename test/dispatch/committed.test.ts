/** No request leaves before its record is kept. */
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { makeRig, order } from "../support/rig.ts"

const recording = { ready: Effect.void, record: () => {} }

it.effect("holds a request until its record is kept", () =>
  Effect.gen(function* () {
    const disk = yield* Deferred.make<boolean>()
    const rig = yield* makeRig({ log: { ...recording, committed: Deferred.await(disk) } })
    yield* rig.dispatcher.offer(order(1))
    yield* TestClock.adjust("200 millis")
    expect(rig.sent().length).toBe(1)
    expect(rig.exchange.arrivals).toEqual([])
    yield* Deferred.succeed(disk, true)
    yield* TestClock.adjust("200 millis")
    expect(rig.outcomes().map(({ outcome }) => outcome.outcome)).toEqual(["accepted"])
    // Its wait for the disk belongs to the order's age, and not to the exchange's round trip.
    expect(rig.outcomes().map(({ request }) => (request?.sentMs ?? 0) - rig.startMs)).toEqual([200])
  }),
)

it.effect("sends nothing whose record cannot be kept, and cancels it when the run stops", () =>
  Effect.gen(function* () {
    let isBroken = false
    const rig = yield* makeRig({
      ttlMs: undefined,
      log: {
        record: () => {},
        ready: Effect.suspend(() => (isBroken ? Effect.never : Effect.void)),
        committed: Effect.sync(() => {
          isBroken = true
          return false
        }),
      },
    })
    yield* rig.dispatcher.offer(order(1))
    yield* TestClock.adjust("1 minute")
    expect(rig.returned().map(({ reason }) => reason)).toEqual(["withheld"])
    yield* rig.stop
    expect(rig.exchange.arrivals).toEqual([])
    expect(rig.outcomes().map(({ outcome }) => outcome.outcome)).toEqual(["cancelled"])
  }),
)

it.effect("does not send what has grown too old while its record was written", () =>
  Effect.gen(function* () {
    const rig = yield* makeRig({
      ttlMs: 100,
      log: { ...recording, committed: Effect.as(Effect.sleep("100 millis"), true) },
    })
    yield* rig.dispatcher.offer(order(1))
    yield* TestClock.adjust("1 second")
    expect(rig.exchange.arrivals).toEqual([])
    // Not for want of a connection, which would count against the exchange.
    expect(rig.returned().map(({ reason }) => reason)).toEqual(["withheld"])
    expect(rig.outcomes().map(({ outcome }) => outcome.outcome)).toEqual(["expired"])
  }),
)

it.effect("does not send what a stop has given up while its record was written", () =>
  Effect.gen(function* () {
    const disk = yield* Deferred.make<boolean>()
    const rig = yield* makeRig({ ttlMs: undefined, log: { ...recording, committed: Deferred.await(disk) } })
    yield* rig.dispatcher.offer(order(1))
    yield* TestClock.adjust("10 millis")
    const stopping = yield* Effect.forkChild(rig.stop, { startImmediately: true })
    yield* TestClock.adjust("1 minute")
    yield* Fiber.join(stopping)
    yield* Deferred.succeed(disk, true)
    yield* TestClock.adjust("1 minute")
    expect(rig.exchange.arrivals).toEqual([])
    // Nobody asked the disk again: that it may have left is the careful answer.
    expect(rig.outcomes().map(({ outcome }) => outcome.outcome)).toEqual(["unknown"])
  }),
)

it.effect("does not send what its caller withdraws while its record is written", () =>
  Effect.gen(function* () {
    const disk = yield* Deferred.make<boolean>()
    const rig = yield* makeRig({ ttlMs: undefined, log: { ...recording, committed: Deferred.await(disk) } })
    const submitting = yield* Effect.forkChild(rig.dispatcher.submit(order(1)), { startImmediately: true })
    yield* TestClock.adjust("10 millis")
    expect(rig.sent().length).toBe(1)
    yield* Fiber.interrupt(submitting)
    yield* Deferred.succeed(disk, true)
    yield* TestClock.adjust("1 second")
    expect(rig.exchange.arrivals).toEqual([])
    expect(rig.outcomes().map(({ outcome }) => outcome.outcome)).toEqual(["cancelled"])
  }),
)

it.effect("does not send with a key that left service while the record was written", () =>
  Effect.gen(function* () {
    const disk = yield* Deferred.make<boolean>()
    let asked = 0
    let submitted = 0
    const rig = yield* makeRig({
      ttlMs: undefined,
      client: (real) => ({
        submit: (...request) => {
          submitted += 1
          return real.submit(...request)
        },
      }),
      unknownKeys: ["key-1"],
      boundMs: 10,
      journey: () => ({ incomingMs: 5, outgoingMs: 100 }),
      log: {
        ...recording,
        committed: Effect.suspend(() => ((asked += 1) === 1 ? Effect.succeed(true) : Deferred.await(disk))),
      },
    })
    yield* rig.dispatcher.offer(order(1))
    yield* rig.dispatcher.offer(order(2))
    yield* TestClock.adjust("200 millis")
    expect(rig.sent().length).toBe(2)
    expect(rig.retired().map(({ state }) => state)).toEqual(["unknown"])
    yield* Deferred.succeed(disk, true)
    yield* TestClock.adjust("1 second")
    expect(submitted).toBe(1)
    expect(rig.outcomes().map(({ outcome }) => outcome.outcome)).toEqual(["rejected", "cancelled"])
  }),
)
