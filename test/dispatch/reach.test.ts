/** What speaks against a bound, and what follows. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { noMemory } from "../../src/keys/KeyMemory.ts"
import { LiveReach } from "../../src/limits/LiveReach.ts"
import { at, makeRig, order } from "../support/rig.ts"
import { runVirtual } from "../support/virtualTime.ts"

const enqueue = (rig: Effect.Success<ReturnType<typeof makeRig>>, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, n) => order(n)),
    rig.dispatcher.enqueue,
    { discard: true },
  )

describe("a bound", () => {
  const bounded = () => {
    const reach = new LiveReach({ boundMs: 55, requestTimeoutMs: 5000 })
    const changes: Array<readonly [number, string]> = []
    reach.tell(({ boundMs, cause }) => changes.push([boundMs, cause]))
    return { reach, changes }
  }

  it("is believed while answers come within twice of it", () => {
    const { changes, reach } = bounded()
    reach.onAnswered(0, 110, 110)
    assert.strictEqual(reach.boundMs, 55)
    assert.deepStrictEqual(changes, [])
  })

  it("widens at once by what was seen, and holds everybody for as long as it widened by", () => {
    const { changes, reach } = bounded()
    reach.onAnswered(0, 200, 1000)
    assert.deepStrictEqual(changes, [[145, "answer"]])
    assert.strictEqual(reach.heldUntilMs, 1090)
  })

  it("widens to what a timer was late, however often it is", () => {
    const { changes, reach } = bounded()
    for (let n = 0; n < 10; n++) reach.onLateTimer(8, 1000 + n)
    assert.deepStrictEqual(changes, [[63, "timer"]])
  })

  it("widens by a slot with every refusal, and never beyond the request timeout", () => {
    const { reach } = bounded()
    reach.onRefusal(50, 0)
    reach.onRefusal(50, 0)
    assert.strictEqual(reach.boundMs, 155)
    reach.onRefusal(1e9, 0)
    assert.strictEqual(reach.boundMs, 5055)
  })

  it.effect("comes back by half every ten seconds in which nothing speaks against it", () =>
    Effect.gen(function* () {
      const { changes, reach } = bounded()
      yield* Effect.forkScoped(reach.comingBack, { startImmediately: true })
      reach.onAnswered(0, 114, 0)
      yield* TestClock.adjust("15 seconds")
      // What was seen lately keeps it from coming back further.
      reach.onLateTimer(2, 0)
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(changes, [
        [59, "answer"],
        [57, "calm"],
        [56, "calm"],
        [55.5, "calm"],
        [55, "calm"],
      ])
    }),
  )

  it.effect("does not come back to what answers still speak against", () =>
    Effect.gen(function* () {
      const { changes, reach } = bounded()
      yield* Effect.forkScoped(reach.comingBack, { startImmediately: true })
      for (let second = 0; second < 60; second++) {
        reach.onAnswered(0, 250, 0)
        yield* TestClock.adjust("1 second")
      }
      // By 125 ms an answer after 250 ms is not late.
      assert.deepStrictEqual(changes, [
        [195, "answer"],
        [125, "calm"],
      ])
    }),
  )

  it("that is not given is never widened", () => {
    const reach = new LiveReach({ boundMs: undefined, requestTimeoutMs: 5000 })
    reach.onAnswered(0, 4000, 4000)
    reach.onRefusal(50, 4000)
    assert.isUndefined(reach.boundMs)
    assert.strictEqual(reach.heldUntilMs, Number.NEGATIVE_INFINITY)
  })
})

describe("a lane", () => {
  it("takes every late timer for evidence, that of a permit's return as well", async () => {
    const program = Effect.scoped(
      Effect.gen(function* () {
        const rig = yield* makeRig({ ttlMs: undefined, journey: () => ({ incomingMs: 5, outgoingMs: 5 }) })
        yield* Effect.forEach(
          Array.from({ length: 40 }, (_, n) => order(n)),
          rig.dispatcher.enqueue,
          { discard: true },
        )
        yield* rig.dispatcher.drained
        return rig.reaches()
      }),
    )
    const reaches = await Effect.runPromise(runVirtual(program, { latenessMs: () => 20 }))
    assert.deepStrictEqual(
      reaches.map(({ boundMs, cause }) => [Math.round(boundMs), cause]),
      [[75, "timer"]],
    )
  })

  it.effect("waits for the answer of a request before it, once an answer spoke against the bound", () =>
    Effect.gen(function* () {
      // The first is answered 300 ms after it was written; all count at once.
      const rig = yield* makeRig({
        ttlMs: undefined,
        journey: (n) => ({ incomingMs: 0, outgoingMs: n === 0 ? 300 : 80 }),
      })
      yield* enqueue(rig, 1)
      yield* TestClock.adjust("300 millis")
      assert.deepStrictEqual(
        rig.reaches().map(({ boundMs, cause }) => [boundMs, cause]),
        [[245, "answer"]],
      )
      yield* enqueue(rig, 0)
      yield* rig.dispatcher.enqueue(order("next"))
      yield* rig.dispatcher.enqueue(order("after"))
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(rig.sentMs(), [0, 300 + 190, 300 + 190 + 80])
    }),
  )

  it.effect("sends no more than leaves one error to spare, should all in flight be refused", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        ttlMs: undefined,
        config: { limit: 20, windowMs: 1000, blockAfter: 4 },
        paceMs: 1,
        boundMs: 1,
        journey: () => ({ incomingMs: 0, outgoingMs: 500 }),
      })
      yield* enqueue(rig, 10)
      yield* TestClock.adjust("499 millis")
      assert.strictEqual(rig.sent().length, 3)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(rig.outcomes().filter(({ outcome }) => outcome.outcome === "accepted").length, 10)
    }),
  )
})

describe("a loss", () => {
  it.effect("is cleared by one ping for all keys, and by the slack after its answer", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        keys: 3,
        ttlMs: undefined,
        requestTimeoutMs: 1000,
        boundMs: undefined,
        journey: (n) => ({ ...at, ...(n < 3 ? { fate: "lost-on-the-way-in" } : {}) }),
      })
      yield* enqueue(rig, 6)
      yield* TestClock.adjust("5 seconds")
      const [ping] = rig.pings()
      assert.strictEqual(rig.pings().length, 1)
      assert.deepStrictEqual(
        [ping?.begunMs, ping?.atMs, ping?.clearedMs].map((ms = 0) => ms - rig.startMs),
        [1000, 1050, 2050],
      )
      assert.strictEqual(rig.outcomes().filter(({ outcome }) => outcome.outcome === "unknown").length, 3)
      // The keys' next requests left when the lost ones had certainly arrived.
      assert.isTrue(
        rig
          .sent()
          .slice(3)
          .every(({ atMs }) => atMs - rig.startMs >= 2050),
      )
    }),
  )

  it.effect("holds its key for as long as no ping is answered, and sends pings ever less often", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        ttlMs: undefined,
        requestTimeoutMs: 100,
        boundMs: undefined,
        journey: (n) => ({ ...at, ...(n === 0 ? { fate: "lost-on-the-way-in" } : {}) }),
        pingJourney: (n) => ({ ...at, ...(n < 5 ? { fate: "refused-connection" } : {}) }),
      })
      yield* enqueue(rig, 2)
      yield* TestClock.adjust("300 millis")
      assert.strictEqual(rig.sent().length, 1)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(rig.sent().length, 2)
      assert.strictEqual(rig.pings().length, 1)
    }),
  )
})

describe("a key whose former life left requests without an answer", () => {
  it.effect("is said to be quiet until a ping is answered and a window has passed, and sends then", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        ttlMs: undefined,
        boundMs: undefined,
        dispatcher: {
          recall: (key) => Effect.map(noMemory(key), (memory) => ({ ...memory, unansweredWindowMs: 1000 })),
        },
      })
      yield* enqueue(rig, 1)
      const quietMs = Effect.map(rig.dispatcher.snapshot, ({ lanes }) => lanes[0]?.quietMs)
      assert.strictEqual(yield* quietMs, 1)
      yield* TestClock.adjust("100 millis")
      // The ping took 50 ms; the slack is a second.
      assert.strictEqual(yield* quietMs, 1950)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* quietMs, 0)
      assert.deepStrictEqual(rig.sentMs(), [2050])
    }),
  )
})
