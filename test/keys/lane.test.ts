/** What a lane does with its key's memory. In virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit } from "effect"
import { TestClock } from "effect/testing"
import { type KeyMemory, noMemory } from "../../src/keys/KeyMemory.ts"
import type { TransitWatch } from "../../src/venues/ExchangeClient.ts"
import { nowMs } from "../../src/platform/Monotonic.ts"
import { makeKeys, makeRig, order } from "../support/rig.ts"
import { claimOn, makeDisk } from "./support.ts"

/** A dispatcher whose keys remember this. */
const rigWith = (memory: Partial<KeyMemory>, watches: Array<TransitWatch> = []) =>
  makeRig({
    ttlMs: undefined,
    client: (client) => ({
      ...client,
      submit: (order, key, nonce, watch) => {
        watches.push(watch)
        return client.submit(order, key, nonce, watch)
      },
    }),
    dispatcher: { recall: (key) => Effect.map(noMemory(key), (none) => ({ ...none, ...memory })) },
  })

describe("a lane that remembers", () => {
  it.effect("keeps quiet as long as it has to, says for how long, and then sends", () =>
    Effect.gen(function* () {
      const rig = yield* rigWith({ quietUntilMs: (yield* nowMs) + 800 })
      yield* rig.dispatcher.enqueue(order(1))
      yield* TestClock.adjust("300 millis")
      const [lane] = (yield* rig.dispatcher.snapshot).lanes
      assert.strictEqual(lane?.quietMs, 500)
      yield* TestClock.adjust("499 millis")
      assert.strictEqual(rig.sent().length, 0)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(rig.sent().length, 1)
      assert.strictEqual((yield* rig.dispatcher.snapshot).lanes[0]?.quietMs, 0)
      yield* TestClock.adjust("1 second")
    }),
  )

  it.effect("goes on behind the last nonce", () =>
    Effect.gen(function* () {
      const rig = yield* rigWith({ lastNonce: 9_000_000_000_000 })
      yield* rig.dispatcher.enqueue(order(1))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(rig.sent()[0]?.nonce, 9_000_000_000_001)
    }),
  )

  it.effect("parks its key before the exchange has counted ten errors over all runs", () =>
    Effect.gen(function* () {
      let told = 0
      const rig = yield* makeRig({
        ttlMs: undefined,
        config: { limit: 1, windowMs: 10_000, blockAfter: 10 },
        limit: 20,
        dispatcher: {
          recall: (key) =>
            Effect.map(noMemory(key), (none) => ({
              ...none,
              rateLimitErrors: 7,
              onRateLimitError: () => void (told += 1),
            })),
        },
      })
      for (let n = 0; n < 5; n++) yield* rig.dispatcher.enqueue(order(n))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([told, rig.retired()[0]?.state], [2, "parked"])
    }),
  )

  it.effect(
    "does not send a request whose lease has run out since its place was taken, until it is renewed",
    () =>
      Effect.gen(function* () {
        let looks = 0
        let usable = true
        const renewed = yield* Deferred.make<void>()
        const watches: Array<TransitWatch> = []
        const rig = yield* rigWith(
          {
            // The process stands still right after the lane has looked.
            reservedNonce: () =>
              ++looks === 1 || usable ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
            reserve: () => Deferred.await(renewed),
          },
          watches,
        )
        usable = false
        yield* rig.dispatcher.enqueue(order(1))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual([rig.sent().length, watches.length], [1, 0])
        usable = true
        yield* Deferred.succeed(renewed, undefined)
        // It has arrived, and its answer is on the way.
        yield* TestClock.adjust("30 millis")
        assert.deepStrictEqual([watches.length, rig.exchange.arrivals.length], [1, 1])
        // Asked again right before the first byte leaves: connecting may take long.
        assert.isTrue(watches[0]?.mayStart?.())
        usable = false
        assert.isFalse(watches[0]?.mayStart?.())
        yield* TestClock.adjust("1 second")
      }),
  )

  it.effect("tells what it has sent and how that ended, each once", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const rig = yield* rigWith({
        onSent: (nonce) => void told.push(`sent ${nonce}`),
        onEnded: ({ end }) => void told.push(`ended ${end?.ending}`),
      })
      yield* rig.dispatcher.enqueue(order(1))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(told, [`sent ${rig.sent()[0]?.nonce}`, "ended answered"])
    }),
  )

  it.effect("fails its dispatcher when nothing can be written down any more", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const { recall } = yield* claimOn(disk, {}, { keys: makeKeys(1) })
      const rig = yield* makeRig({ ttlMs: undefined, limit: 1, dispatcher: { recall } })
      const failed = yield* Effect.forkChild(Effect.exit(rig.dispatcher.failed))
      disk.disk.problem = "no"
      yield* TestClock.adjust("5 seconds")
      const ended = failed.pollUnsafe()
      assert.isTrue(ended !== undefined && Exit.isSuccess(ended) && Exit.isFailure(ended.value))
      const refused = yield* Effect.flip(rig.dispatcher.submit(order(1)))
      assert.strictEqual(refused._tag, "StateUnwritable")
    }),
  )
})
