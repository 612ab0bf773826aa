import { describe, expect, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import {
  meanGapMs,
  orderOffsets,
  randomSource,
  type RandomSourceOptions,
  type RandomSourceRate,
} from "../../../src/run/sources/RandomSource.ts"
import { nowMsUnsafe } from "../../../src/platform/Monotonic.ts"
import { seededRandom } from "../../../src/platform/Random.ts"

const exercise: RandomSourceRate = { load: 1, keys: 5, limit: 20, window: Duration.seconds(1) }
const options: RandomSourceOptions = { ...exercise, seed: 42, duration: Duration.seconds(10) }

const take = (seed: number, gapMs: number, count: number) =>
  Effect.map(seededRandom(seed, "orders"), (random) => {
    const offsets = orderOffsets(random, gapMs)
    return Array.from({ length: count }, () => offsets.next().value)
  })

/** The offsets that a source with these options is to keep. */
const due = (options: RandomSourceOptions) =>
  Effect.map(take(options.seed, meanGapMs(options), 5000), (offsets) =>
    offsets.filter((offset) => offset < Duration.toMillis(options.duration)),
  )

/** A clock whose sleeps end only when its time is a multiple of `stepMs`: timers are late. */
const lateTimers = (stepMs: number) =>
  Effect.updateService(Clock.Clock, (clock) => ({
    currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
    currentTimeMillis: clock.currentTimeMillis,
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
    currentTimeNanos: clock.currentTimeNanos,
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => {
      const now = nowMsUnsafe(clock)
      const wake = Math.ceil((now + Duration.toMillis(duration)) / stepMs) * stepMs
      return clock.sleep(Duration.millis(wake - now))
    },
  }))

const collect = (options: RandomSourceOptions, timersMs: number) =>
  Effect.gen(function* () {
    const source = yield* Effect.forkChild(
      Stream.runCollect(randomSource(options)).pipe(lateTimers(timersMs)),
    )
    yield* TestClock.adjust(options.duration)
    return yield* Fiber.join(source)
  })

describe("the mean gap", () => {
  it.each([
    [{}, 10.5],
    [{ load: 2 }, 5.25],
    [{ keys: 1 }, 52.5],
    [{ keys: 2, limit: 10 }, 52.5],
    [{ window: Duration.seconds(2) }, 21],
  ])("with %j is %d ms", (change, gap) => {
    expect(meanGapMs({ ...exercise, ...change })).toBeCloseTo(gap, 10)
  })
  it.each([
    [0.95, 90.5],
    [1, 95.2],
    [2, 190.5],
  ])("at load %d makes %d orders a second", (load, rate) => {
    expect(1000 / meanGapMs({ ...exercise, load })).toBeCloseTo(rate, 1)
  })
})

describe("the offsets", () => {
  it.effect("are the same for the same seed, and others for another", () =>
    Effect.gen(function* () {
      const first = yield* take(42, 10.5, 1000)
      expect(yield* take(42, 10.5, 1000)).toEqual(first)
      expect(yield* take(43, 10.5, 1000)).not.toEqual(first)
    }),
  )
  it.effect("differ between seeds that agree in their last 32 bits", () =>
    Effect.gen(function* () {
      expect(yield* take(7 + 2 ** 32, 10.5, 100)).not.toEqual(yield* take(7, 10.5, 100))
    }),
  )
  it.effect(
    "start at 0 and at load 1 have gaps of whole milliseconds, each of 0 to 21 about equally often",
    () =>
      Effect.gen(function* () {
        const offsets = yield* take(42, 10.5, 22_001)
        expect(offsets[0]).toBe(0)
        const counts = new Map<number, number>()
        for (const [index, offset] of offsets.entries()) {
          const gap = (offsets[index + 1] ?? offset) - offset
          if (index + 1 < offsets.length) counts.set(gap, (counts.get(gap) ?? 0) + 1)
        }
        expect(Array.from(counts.keys()).toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: 22 }, (_, gap) => gap),
        )
        // 1000 each on average; four standard deviations are 124.
        for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
      }),
  )
  it.effect.each([0.5, 0.95, 1, 1.5, 2, 3.7])("keep the exact mean rate at load %d", (load) =>
    Effect.gen(function* () {
      const gap = meanGapMs({ ...exercise, load })
      const last = (yield* take(42, gap, 100_001)).at(-1) ?? 0
      // The mean of 100,000 gaps has a standard deviation of 0.2 % of the gap.
      expect(Math.abs(last / 100_000 / gap - 1)).toBeLessThan(0.008)
    }),
  )
})

describe("the timed source", () => {
  it.effect("numbers its orders from 0 and makes each at its offset", () =>
    Effect.gen(function* () {
      const orders = yield* collect(options, 1)
      const offsets = yield* due(options)
      expect(orders.map((order) => order.createdMs)).toEqual(offsets)
      expect(orders.map((order) => order.id)).toEqual(offsets.map((_, index) => String(index)))
    }),
  )
  it.effect("makes as many orders when timers are late, several at once, each dated when it was made", () =>
    Effect.gen(function* () {
      const orders = yield* collect(options, 250)
      const offsets = yield* due(options)
      expect(orders).toHaveLength(offsets.length)
      expect(orders.map((order) => order.createdMs)).toEqual(
        offsets.map((offset) => Math.ceil(offset / 250) * 250),
      )
    }),
  )
  it.effect("makes no order at or after its duration, and ends when that is over", () =>
    Effect.gen(function* () {
      const none = yield* collect({ ...options, duration: Duration.zero }, 1)
      expect(none).toEqual([])
      const source = yield* Effect.forkChild(Stream.runDrain(randomSource({ ...options, load: 0.001 })))
      yield* TestClock.adjust("9999 millis")
      expect(source.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(source)
    }),
  )
})
