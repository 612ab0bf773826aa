/** The window, the order and the pace: when a lane may send. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { runVirtual } from "../support/virtualTime.ts"
import { hostileClock } from "../support/hostileClock.ts"
import { at, makeRig, order } from "../support/rig.ts"

const enqueueAll = (rig: Effect.Success<ReturnType<typeof makeRig>>, count: number, from = 0) =>
  Effect.forEach(
    Array.from({ length: count }, (_, n) => order(from + n)),
    rig.dispatcher.enqueue,
    {
      discard: true,
    },
  )

/** Orders accepted in a minute of twice the orders that can be sent, where a request takes `writeMs` to leave. */
const acceptedUnderOverload = (writeMs: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const rig = yield* makeRig({ journey: () => ({ ...at, writeMs }) })
      yield* Effect.forEach(
        Array.from({ length: 60_000 / 25 }, (_, n) => order(n)),
        (one) => Effect.andThen(Effect.sleep(25), rig.dispatcher.enqueue(one)),
        { discard: true },
      )
      yield* rig.dispatcher.drained
      return rig.exchange.arrivals.filter(({ ruling }) => ruling === "accepted").length
    }),
  )

describe("ack-window", () => {
  it.effect("spends neither pace nor place on a request whose time ran out before it left", () =>
    Effect.gen(function* () {
      const [atOnce, late] = yield* Effect.all([
        runVirtual(acceptedUnderOverload(0)),
        runVirtual(acceptedUnderOverload(2)),
      ])
      // The wait itself makes a permit's way longer by 2 ms of 1041.
      assert.isAtLeast(late, 0.99 * atOnce)
    }),
  )

  it.effect("spends the window's 20 permits, then sends the next so that it cannot be the 21st", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ ttlMs: undefined, journey: () => ({ incomingMs: 0, outgoingMs: 0 }) })
      yield* enqueueAll(rig, 21)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(rig.exchange.arrivals.length, 21)
      assert.isTrue(rig.exchange.arrivals.every(({ ruling }) => ruling === "accepted"))
      const [first, twentyFirst] = [rig.exchange.arrivals[0], rig.exchange.arrivals[20]]
      // Nothing travels here: the first arrived as it was sent, and its permit came back a window and a
      // margin (1 ms for the exchange's whole milliseconds, 0.5 ms for drift) after that.
      assert.strictEqual(Math.round(((twentyFirst?.atMs ?? 0) - (first?.atMs ?? 0)) * 1000) / 1000, 1001.5)
    }),
  )

  it.effect("with a margin of 1 ms its 21st arrives exactly 1001 ms after the first, and passes", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        ttlMs: undefined,
        marginMs: 1,
        journey: () => ({ incomingMs: 0, outgoingMs: 0 }),
      })
      yield* enqueueAll(rig, 21)
      yield* TestClock.adjust("10 seconds")
      const times = rig.exchange.arrivals.map(({ atMs }) => atMs)
      assert.strictEqual((times[20] ?? 0) - (times[0] ?? 0), 1001)
      assert.isTrue(rig.exchange.arrivals.every(({ ruling }) => ruling === "accepted"))
    }),
  )

  it.effect("without a margin it would arrive exactly 1000 ms after the first, and be refused", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        ttlMs: undefined,
        marginMs: 0,
        journey: () => ({ incomingMs: 0, outgoingMs: 0 }),
      })
      yield* enqueueAll(rig, 21)
      yield* TestClock.adjust("1 second")
      const times = rig.exchange.arrivals.map(({ atMs }) => atMs)
      assert.strictEqual((times[20] ?? 0) - (times[0] ?? 0), 1000)
      assert.strictEqual(rig.exchange.arrivals[20]?.ruling, "rate-limit")
    }),
  )

  it.effect(
    "a request that was counted late still holds its permit for a window after the latest it can be",
    () =>
      Effect.gen(function* () {
        // All arrive as late as the bound allows, but the one that is sent when the first permit returns.
        const rig = yield* makeRig({
          config: { limit: 10, windowMs: 1000, blockAfter: 10 },
          ttlMs: undefined,
          journey: (n) => ({ incomingMs: n === 10 ? 0 : 50, outgoingMs: 50 }),
        })
        yield* enqueueAll(rig, 11)
        yield* TestClock.adjust("10 seconds")
        assert.isTrue(rig.exchange.arrivals.every(({ ruling }) => ruling === "accepted"))
        const sent = rig.sentMs()
        assert.strictEqual(sent[10], 0 + 55 + 1001.5)
      }),
  )

  it.effect("does not wait for a slow answer once the bound has passed", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ journey: () => ({ incomingMs: 50, outgoingMs: 3000 }) })
      yield* enqueueAll(rig, 3)
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual(rig.sentMs(), [0, 55, 110])
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(rig.outcomes().every(({ outcome }) => outcome.outcome === "accepted"))
    }),
  )

  it.effect("sends the next as soon as a quick answer proves that the one before has arrived", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ paceMs: 1, journey: () => ({ incomingMs: 5, outgoingMs: 5 }) })
      yield* enqueueAll(rig, 3)
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual(rig.sentMs(), [0, 10, 20])
    }),
  )

  it.effect("without a known bound it waits for every answer", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        boundMs: undefined,
        journey: () => ({ incomingMs: 700, outgoingMs: 100 }),
        ttlMs: undefined,
      })
      yield* enqueueAll(rig, 3)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(rig.sentMs(), [0, 800, 1600])
    }),
  )

  it.effect("the bound counts from when the request was written, not from when it was begun", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ journey: () => ({ writeMs: 300, incomingMs: 50, outgoingMs: 50 }) })
      yield* enqueueAll(rig, 2)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(rig.sentMs(), [0, 355])
      assert.isTrue(
        rig.outcomes().every(({ request }) => (request?.writtenMs ?? 0) - (request?.sentMs ?? 0) === 300),
      )
    }),
  )

  it.effect("after idleness it spreads a burst instead of spending its window at once", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ journey: () => ({ incomingMs: 0, outgoingMs: 0 }) })
      yield* TestClock.adjust("30 seconds")
      yield* enqueueAll(rig, 20)
      yield* TestClock.adjust("1 second")
      const sent = rig.sentMs()
      const gaps = sent.slice(1).map((time, n) => time - (sent[n] ?? 0))
      assert.strictEqual(sent.length, 20)
      assert.deepStrictEqual(new Set(gaps), new Set([30]))
    }),
  )

  it.effect("a lost request keeps its permit until a ping has shown that it can no longer arrive", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        config: { limit: 1, windowMs: 1000, blockAfter: 10 },
        ttlMs: undefined,
        requestTimeoutMs: 2000,
        journey: (n) => ({ ...at, ...(n === 0 ? { fate: "lost-on-the-way-out" } : {}) }),
      })
      yield* enqueueAll(rig, 2)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(rig.sentMs(), [0, 2000 + 55 + 50 + 55 + 1001.5])
    }),
  )

  it.effect("a request that never left gives its permit back at once", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({
        config: { limit: 1, windowMs: 1000, blockAfter: 10 },
        paceMs: 10,
        journey: (n) => ({ ...at, ...(n === 0 ? { fate: "refused-connection" } : {}) }),
      })
      yield* enqueueAll(rig, 1)
      yield* TestClock.adjust("500 millis")
      // And its pace: a single failure makes nobody wait.
      assert.deepStrictEqual(rig.sentMs(), [0, 0])
      assert.strictEqual(rig.outcomes()[0]?.outcome.outcome, "accepted")
    }),
  )

  it.effect("a timer that fires early does not open the gate early", () =>
    Effect.gen(function* () {
      const rig = yield* hostileClock(makeRig({ ttlMs: undefined }), { earlyMs: 3 })
      yield* enqueueAll(rig, 41)
      yield* TestClock.adjust("10 seconds")
      const sent = rig.sentMs()
      assert.strictEqual(sent.length, 41)
      const settled = rig.outcomes().map(({ request }) => (request?.settledMs ?? 0) - rig.startMs)
      const spans = sent.slice(20).map((time, n) => time - (settled[n] ?? 0))
      assert.isTrue(spans.every((span) => span >= 1001.5 && span < 1002.5))
      assert.isTrue(rig.exchange.arrivals.every(({ ruling }) => ruling === "accepted"))
    }),
  )

  it.effect("a step of the wall clock neither stalls nor hurries it, and nonces go on rising", () =>
    Effect.gen(function* () {
      const hour = 3_600_000
      const steps = [
        { atMs: 100, byMs: -hour },
        { atMs: 600, byMs: 2 * hour },
        { atMs: 1500, byMs: -hour },
      ]
      const steady = yield* makeRig({ ttlMs: undefined })
      const rig = yield* hostileClock(makeRig({ ttlMs: undefined }), { steps })
      yield* enqueueAll(steady, 60)
      yield* enqueueAll(rig, 60)
      yield* TestClock.adjust("10 seconds")
      const times = (one: typeof rig) => one.sent().map(({ atMs }) => atMs - one.startMs)
      assert.deepStrictEqual(times(rig), times(steady))
      const nonces = rig.exchange.arrivals.map(({ nonce }) => nonce)
      assert.isTrue(nonces.every((nonce, n) => n === 0 || nonce > (nonces[n - 1] ?? 0)))
    }),
  )

  it.effect(
    "refusals that come and go cost it a quarter of its window and some silence, and then nothing",
    () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          // In the second minute one request in fifty is refused, whatever the client does.
          let isMinute: (minute: number) => boolean = () => false
          const rig = yield* makeRig({
            config: { limit: 20, windowMs: 1000, blockAfter: Number.POSITIVE_INFINITY },
            journey: (n) => (n % 50 === 0 && isMinute(1) ? { ...at, fate: { status: 429 } } : at),
          })
          isMinute = (minute) => Math.floor(rig.elapsed() / 60_000) === minute
          for (let n = 0; n < (4 * 60_000) / 25; n++) {
            yield* Effect.sleep(25)
            yield* rig.dispatcher.enqueue(order(n))
          }
          yield* rig.dispatcher.drained
          return [0, 1, 2, 3].map(
            (minute) =>
              rig
                .outcomes()
                .filter(
                  ({ atMs, outcome }) =>
                    outcome.outcome === "accepted" && Math.floor((atMs - rig.startMs) / 60_000) === minute,
                ).length,
          )
        })
        const [calm = 0, refused = 0, , after = 0] = yield* runVirtual(Effect.scoped(program))
        assert.isAbove(refused, 0.55 * calm)
        assert.isBelow(refused, 0.75 * calm)
        assert.isAbove(after, 0.99 * calm)
      }),
  )
})
