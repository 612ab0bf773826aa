/** No request leaves before its record is kept. */
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { noMemory } from "../../src/keys/KeyMemory.ts"
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

it.effect("cancels at once what waits for its record when the run is stopped, and never sends it", () =>
  Effect.gen(function* () {
    const disk = yield* Deferred.make<boolean>()
    const rig = yield* makeRig({ ttlMs: undefined, log: { ...recording, committed: Deferred.await(disk) } })
    yield* rig.dispatcher.offer(order(1))
    yield* TestClock.adjust("10 millis")
    // It does not wait for the disk, which stands still.
    yield* rig.stop
    expect(rig.elapsed()).toBe(10)
    yield* Deferred.succeed(disk, true)
    yield* TestClock.adjust("1 minute")
    expect(rig.exchange.arrivals).toEqual([])
    expect(rig.outcomes().map(({ outcome }) => outcome.outcome)).toEqual(["cancelled"])
  }),
)

it.effect("cancels what waits for its key's state when the run is stopped, and tells the state so", () =>
  Effect.gen(function* () {
    const ended: Array<string> = []
    let reservedNonce = Number.POSITIVE_INFINITY
    const rig = yield* makeRig({
      ttlMs: undefined,
      // The process stands still while the record is written: then nothing is written any more that may leave.
      log: {
        ...recording,
        committed: Effect.sync(() => {
          reservedNonce = Number.NEGATIVE_INFINITY
          return true
        }),
      },
      dispatcher: {
        recall: (key) =>
          Effect.map(noMemory(key), (memory) => ({
            ...memory,
            reservedNonce: () => reservedNonce,
            reserve: () => Effect.never,
            onEnded: ({ end }) => void ended.push(end?.ending ?? "?"),
          })),
      },
    })
    yield* rig.dispatcher.offer(order(1))
    yield* TestClock.adjust("1 second")
    expect(rig.sent().length).toBe(1)
    expect(ended).toEqual([])
    yield* rig.stop
    expect(rig.outcomes().map(({ outcome }) => outcome.outcome)).toEqual(["cancelled"])
    expect(ended).toEqual(["never-sent"])
    expect(rig.exchange.arrivals).toEqual([])
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
        ...real,
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
    expect(rig.outcomes().map(({ outcome }) => outcome.outcome)).toEqual(["cancelled", "rejected"])
  }),
)
