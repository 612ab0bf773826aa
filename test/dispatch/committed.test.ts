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
    expect(rig.returned().map(({ reason }) => reason)).toEqual(["not-sent"])
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
