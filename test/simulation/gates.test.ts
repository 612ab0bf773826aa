/** The gates that are there to be compared with: what each lets through. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { exerciseRules } from "../../src/venues/exercise/exercise.ts"
import { parseDesign } from "../../src/simulation/baselines/designs.ts"
import { makeRig, order } from "../support/rig.ts"
import type { Journey } from "../../src/simulation/SimulatedExchange.ts"
import { runVirtual } from "../support/virtualTime.ts"

const instantly: Journey = { incomingMs: 0, outgoingMs: 0 }

/** Sends 60 orders at once and gives when each left, in milliseconds, and what reached the exchange. */
const send = (design: string, journey: () => Journey = () => instantly) =>
  runVirtual(
    Effect.scoped(
      Effect.gen(function* () {
        const rig = yield* makeRig({
          ttlMs: undefined,
          journey,
          gate: Result.getOrThrow(parseDesign(design)).gate,
          // Neither side gives up, however wrong the gate is.
          config: { ...exerciseRules, blockAfter: 1000 },
          dispatcher: { parkAfter: 1000 },
        })
        yield* Effect.forEach(
          Array.from({ length: 60 }, (_, n) => order(n)),
          rig.dispatcher.enqueue,
        )
        yield* Effect.sleep("10 seconds")
        return {
          times: rig.sent().map(({ atMs }) => Math.round(atMs - rig.startMs)),
          arrivals: rig.exchange.arrivals,
        }
      }),
    ),
  )

describe("polling", () => {
  it.effect("sends when a poll finds that more than a slot has passed, one request at a time", () =>
    Effect.gen(function* () {
      const { times } = yield* send("polling")
      assert.deepStrictEqual(times.slice(0, 4), [0, 51, 102, 153])
      // The 21st also waits for the ring: more than a window since the first.
      assert.strictEqual(times[20], 1020)
    }),
  )

  it.effect("waits for each answer before it looks again", () =>
    Effect.gen(function* () {
      const { times } = yield* send("polling", () => ({ incomingMs: 50, outgoingMs: 50 }))
      assert.deepStrictEqual(times.slice(0, 3), [0, 100, 200])
    }),
  )
})

describe("shifted", () => {
  it.effect("makes every wait shorter by its shift", () =>
    Effect.gen(function* () {
      const { times } = yield* send("shifted:25")
      assert.deepStrictEqual(times.slice(0, 4), [0, 26, 52, 78])
      // The ring, on the shifted clock, lets the 21st go after 976 ms: the exchange refuses it.
      assert.strictEqual(times[20], 976)
    }),
  )
})

describe("thread-slots", () => {
  it.effect("sends 1.05 slots apart and holds each of its slots for a window from entry", () =>
    Effect.gen(function* () {
      const { times } = yield* send("thread-slots", () => ({ incomingMs: 50, outgoingMs: 50 }))
      assert.deepStrictEqual(times.slice(0, 4), [0, 53, 105, 158])
      assert.isAtLeast(times[20] ?? 0, 1000)
    }),
  )

  it.effect("lets a later request of a key overtake an earlier one", () =>
    Effect.gen(function* () {
      let n = 0
      const { arrivals } = yield* send("thread-slots", () => ({
        incomingMs: n++ % 2 === 0 ? 200 : 0,
        outgoingMs: 0,
      }))
      assert.isTrue(arrivals.some(({ ruling }) => ruling === "nonce"))
    }),
  )
})

describe("Effect's RateLimiter alone", () => {
  it.effect("as a token bucket lets twice its limit through within a window", () =>
    Effect.gen(function* () {
      const { times } = yield* send("token-bucket")
      assert.isAtLeast(times.filter((time) => time <= 1000).length, 39)
    }),
  )

  it.effect("as a fixed window lets its limit through at once, window after window", () =>
    Effect.gen(function* () {
      const { times } = yield* send("fixed-window")
      assert.deepStrictEqual(
        times.slice(0, 20),
        Array.from({ length: 20 }, () => 0),
      )
      assert.strictEqual(times[20], 1000)
    }),
  )
})

describe("gcra", () => {
  it.effect("sends its limit at once, and then one a slot", () =>
    Effect.gen(function* () {
      const { times } = yield* send("gcra")
      assert.deepStrictEqual(times.slice(17, 24), [0, 0, 0, 50, 100, 150, 200])
    }),
  )
})

describe("ccxt-leaky-bucket", () => {
  it.effect("sends one a slot from the first on", () =>
    Effect.gen(function* () {
      const { times } = yield* send("ccxt-leaky-bucket")
      assert.deepStrictEqual(times.slice(0, 4), [0, 50, 100, 150])
    }),
  )
})

describe("ccxt-rolling-window", () => {
  it.effect("sends its limit at once, and the next when the first is a window old", () =>
    Effect.gen(function* () {
      const { arrivals, times } = yield* send("ccxt-rolling-window")
      assert.deepStrictEqual(times.slice(18, 22), [0, 0, 1000, 1000])
      // The exchange counts a request for one millisecond more.
      assert.strictEqual(arrivals[20]?.ruling, "rate-limit")
    }),
  )
})

describe("a gate's name", () => {
  it("is read as it is shown", () => {
    for (const text of [
      "ack-window",
      "polling",
      "shifted:10",
      "thread-slots",
      "token-bucket",
      "fixed-window",
      "gcra",
      "ccxt-leaky-bucket",
      "ccxt-rolling-window",
    ]) {
      assert.strictEqual(Result.getOrThrow(Result.map(parseDesign(text), ({ name }) => name)), text)
    }
  })

  it("that is none says what to write", () => {
    for (const text of ["", "ack", "shifted", "shifted:-1", "shifted:x"]) {
      const problem = Result.getOrThrow(Result.flip(parseDesign(text)))
      assert.include(problem, "write one of ack-window, polling, shifted:MS")
    }
  })
})
