/** How a key whose nonces are refused comes back into step. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { inWords } from "../../src/cli/advice.ts"
import { noMemory } from "../../src/keys/KeyMemory.ts"
import { nonceText } from "../../src/domain/NonceUnit.ts"
import { afterAcceptance, nextNonce, noProgress, remedyFor } from "../../src/dispatch/nonces.ts"
import { at, makeRig, order } from "../support/rig.ts"

const ids = (count: number) => Array.from({ length: count }, (_, n) => order(n))
const NOW_MS = 1_800_000_000_000

/** A key of which another client has used a nonce that is so far ahead. */
const ahead = Effect.fnUntraced(function* (ms: number, options: Parameters<typeof makeRig>[0] = {}) {
  yield* TestClock.setTime(NOW_MS)
  const rig = yield* makeRig({ ttlMs: undefined, ...options })
  rig.exchange.sawNonce("key-1", BigInt(NOW_MS + ms))
  return rig
})

describe("a key of which another client has used a nonce that is two hours ahead", () => {
  const units = [
    ["s", BigInt(NOW_MS + 7_200_000) / 1000n],
    ["us", BigInt(NOW_MS + 7_200_000) * 1000n],
    ["ns", BigInt(NOW_MS + 7_200_000) * 1_000_000n],
  ] as const
  it.effect.each(units)("comes back into step by the same jumps in %s", ([nonceUnit, seen]) =>
    Effect.gen(function* () {
      const rig = yield* ahead(0, { nonceUnit })
      rig.exchange.sawNonce("key-1", seen)
      yield* Effect.forEach(ids(10), rig.dispatcher.enqueue)
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(
        rig.jumps().map(({ by }) => by),
        [1000, 60_000, 3_600_000, 86_400_000],
      )
      assert.isTrue(rig.outcomes().every(({ outcome }) => outcome.outcome === "accepted"))
      assert.strictEqual(rig.outcomes().length, 10)
    }),
  )
})

describe("a nonce on its way", () => {
  it.each([
    ["s", 1_800_000_000, "1800000000"],
    ["ms", NOW_MS, "1800000000000"],
    ["us", NOW_MS * 1000, "1800000000000000"],
    ["ns", NOW_MS * 1000, "1800000000000000000"],
  ] as const)("is the time in %s", (unit, nonce, text) => {
    assert.strictEqual(nextNonce(0, NOW_MS, unit), nonce)
    assert.strictEqual(nonceText(nonce, unit), text)
  })
})

const rulings = (rig: Effect.Success<ReturnType<typeof makeRig>>) =>
  rig.exchange.arrivals.map(({ ruling }) => ruling)

describe("a key of which another client's nonce is ahead", () => {
  const cases: ReadonlyArray<readonly [string, number, ReadonlyArray<number>]> = [
    ["half a second", 500, [1000]],
    ["five seconds", 5000, [1000, 60_000]],
    ["two hours", 7_200_000, [1000, 60_000, 3_600_000, 86_400_000]],
    ["ten days", 864_000_000, [1000, 60_000, 3_600_000, 86_400_000, 2_592_000_000]],
  ]
  it.effect.each(cases)("by %s comes back into step by jumps, and loses no order", ([, ms, jumps]) =>
    Effect.gen(function* () {
      const rig = yield* ahead(ms)
      yield* Effect.forEach(ids(10), rig.dispatcher.enqueue)
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(
        rig.jumps().map(({ by }) => by),
        jumps,
      )
      assert.deepStrictEqual(
        rig.jumps().map(({ jump }) => jump),
        jumps.map((_, n) => n + 1),
      )
      assert.isTrue(rig.outcomes().every(({ outcome }) => outcome.outcome === "accepted"))
      assert.strictEqual(rig.outcomes().length, 10)
      // Once it is in step it stays there.
      const all = rulings(rig)
      assert.isFalse(all.slice(all.indexOf("accepted")).includes("nonce"))
      // Later nonces rise from there, one by one.
      assert.deepStrictEqual(rig.retired(), [])
    }),
  )

  it.effect("beyond all jumps is parked, with the reason, and others take its orders", () =>
    Effect.gen(function* () {
      const rig = yield* ahead(1e14, { keys: 2 })
      yield* Effect.forEach(ids(10), rig.dispatcher.enqueue)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(rig.jumps().length, 5)
      assert.deepStrictEqual(
        rig.retired().map(({ key, reason, state }) => ({ key, reason, state })),
        [{ key: "key-1", reason: "nonce", state: "parked" }],
      )
      assert.strictEqual(rig.outcomes().length, 10)
      assert.isTrue(rig.outcomes().every(({ outcome }) => outcome.outcome === "accepted"))
      assert.isAtMost(rulings(rig).filter((ruling) => ruling === "nonce").length, 12)
    }),
  )

  it.effect("beyond all jumps fails the run where it is the only one, and says what to do", () =>
    Effect.gen(function* () {
      const rig = yield* ahead(1e14)
      const failed = yield* Effect.forkScoped(Effect.flip(rig.dispatcher.failed))
      yield* Effect.forEach(ids(3), rig.dispatcher.enqueue)
      yield* TestClock.adjust("30 seconds")
      const failure = yield* Fiber.join(failed)
      assert.include(failure.message, "key-1 out of step")
      assert.strictEqual(failure._tag, "NoUsableKey")
      assert.include(inWords(failure), "Stop other clients")
    }),
  )

  it.effect("jumps once for all that was in flight", () =>
    Effect.gen(function* () {
      // Answers take 200 ms, and the bound lets a request follow every 55.
      const rig = yield* ahead(500, { journey: () => ({ incomingMs: 50, outgoingMs: 150 }) })
      yield* Effect.forEach(ids(10), rig.dispatcher.enqueue)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(rulings(rig).filter((ruling) => ruling === "nonce").length, 4)
      assert.strictEqual(rig.jumps().length, 1)
      assert.isTrue(rig.outcomes().every(({ outcome }) => outcome.outcome === "accepted"))
    }),
  )

  it.effect("uses no nonce after a jump that its memory has not reserved", () =>
    Effect.gen(function* () {
      const reserved: Array<number> = []
      const recall = (key: Parameters<typeof noMemory>[0]) =>
        Effect.map(noMemory(key), (memory) => ({
          ...memory,
          reservedNonce: () => reserved.at(-1) ?? 0,
          reserve: (nonce: number) =>
            Effect.delay(
              Effect.sync(() => void reserved.push(nonce + 1000)),
              "100 millis",
            ),
        }))
      const rig = yield* ahead(5000, { dispatcher: { recall } })
      yield* Effect.forEach(ids(5), rig.dispatcher.enqueue)
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(reserved.length, 3)
      assert.isTrue(rig.exchange.arrivals.every(({ nonce }) => nonce <= (reserved.at(-1) ?? 0)))
      assert.isTrue(rig.outcomes().every(({ outcome }) => outcome.outcome === "accepted"))
    }),
  )

  it.effect("lets a refused order's time to live run out all the same", () =>
    Effect.gen(function* () {
      const rig = yield* ahead(1e14, { ttlMs: 120, journey: () => at })
      yield* rig.dispatcher.enqueue(order("a"))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(rig.outcomes().length, 1)
      assert.isAtMost(rig.sent().length, 3)
    }),
  )
})

describe("a refused nonce", () => {
  const jumps = [1000, 60_000]

  it("calls for no jump where a later one of our own was accepted: it was overtaken", () => {
    const progress = afterAcceptance(noProgress, NOW_MS + 1)
    assert.deepStrictEqual(remedyFor(progress, NOW_MS, NOW_MS + 1, NOW_MS, jumps, "ms"), {
      remedy: "overtaken",
    })
  })

  it("calls for no jump while a later one is under way: its answer will tell", () => {
    assert.deepStrictEqual(remedyFor(noProgress, NOW_MS, NOW_MS + 1, NOW_MS, jumps, "ms"), { remedy: "wait" })
  })

  it("calls for jumps from the start again, once one has been accepted", () => {
    const first = remedyFor(noProgress, NOW_MS, NOW_MS, NOW_MS, jumps, "ms")
    assert.isTrue(first.remedy === "jump")
    if (first.remedy !== "jump") return
    assert.strictEqual(first.last, NOW_MS + 1000)
    const late = afterAcceptance(first.progress, NOW_MS - 5)
    assert.strictEqual(late.jumps, 1)
    const inStep = afterAcceptance(first.progress, first.last + 1)
    assert.strictEqual(inStep.jumps, 0)
  })

  it("never makes nonces leave the whole numbers that are exact", () => {
    const last = Number.MAX_SAFE_INTEGER / 2 - 500
    assert.deepStrictEqual(remedyFor(noProgress, last, last, NOW_MS, jumps, "ms"), { remedy: "give-up" })
  })
})
