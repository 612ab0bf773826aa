/**
 * The exercise's order source: numbered orders at random gaps, a little slower than all keys together can
 * carry. The plan of offsets is pure; the timed part only waits for the next one.
 */
import { Clock, Duration, Effect, type Random, Stream } from "effect"
import { nowMsUnsafe, sleepUntil } from "../../platform/Monotonic.ts"
import { seededRandom, wholeUpTo } from "../../platform/Random.ts"
import { type LimitSettings, sharedSlotMs } from "../../domain/LimitSpec.ts"
import { MadeOrder } from "../../domain/Order.ts"

/** What sets the rate of orders. */
export interface RandomSourceRate extends Pick<LimitSettings, "limit" | "window" | "limits"> {
  /** The rate as a multiple of the exercise's: 1 is 95 % of what the keys' limits allow. */
  readonly load: number
  /** How many API keys there are. */
  readonly keys: number
}

/** What a random source is made of. */
export interface RandomSourceOptions extends RandomSourceRate {
  /** The same seed gives the same orders at the same offsets. */
  readonly seed: number
  /** No order is due at this offset from the start or later. */
  readonly duration: Duration.Duration
}

/** Gaps of the exercise: whole milliseconds, uniform on 0..21, for five keys with 20 slots a second each. */
const EXERCISE_MAX_GAP = 21
/** One slot's share of the time, and 5 % more: the exercise stays that much below what the keys can carry. */
const HEADROOM = 1.05

/** The mean time between two orders, in milliseconds: 10.5 in the exercise, that is 95.2 orders a second. */
export const meanGapMs = (rate: RandomSourceRate): number =>
  (sharedSlotMs(rate, rate.keys) / rate.load) * HEADROOM

/**
 * When orders are due, in milliseconds from the start: 0, and then without end.
 *
 * Gaps are the exercise's, scaled: a whole number uniform on 0..21, times `meanGapMs / 10.5`. So the mean is
 * exact at any load and any number of keys, where rounding the largest gap down, as the exercise does, would
 * miss it (its double load is 200 orders a second, not 190.5); and at load 1 with five keys the gaps are the
 * exercise's own.
 *
 * The whole numbers are summed and scaled last: no rounding error grows over a long run.
 */
export function* orderOffsets(random: Random.Random, gapMs: number): Generator<number, never> {
  const scale = gapMs / (EXERCISE_MAX_GAP / 2)
  for (let sum = 0; ; sum += wholeUpTo(random, EXERCISE_MAX_GAP)) yield sum * scale
}

/**
 * Makes orders "0", "1", ... until the duration is over. The clock starts when the stream is first pulled.
 *
 * Each order is due at its own offset from the start, however late the ones before were made: after a late
 * timer several come at once, and the rate holds on average. `createdMs` is when an order was really made.
 */
export const randomSource = (options: RandomSourceOptions): Stream.Stream<MadeOrder> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const offsets = orderOffsets(yield* seededRandom(options.seed, "orders"), meanGapMs(options))
      const endMs = Duration.toMillis(options.duration)
      const clock = yield* Clock.Clock
      const startMs = nowMsUnsafe(clock)
      return Stream.unfold(0, (number) =>
        Effect.suspend(() => {
          const offset = offsets.next().value
          // No more orders are due, but the source lasts until its time is over.
          if (offset >= endMs) return Effect.as(sleepUntil(startMs + endMs), undefined)
          return Effect.map(sleepUntil(startMs + offset), () => {
            const order = new MadeOrder(String(number), {}, nowMsUnsafe(clock))
            return [order, number + 1] as const
          })
        }),
      )
    }),
  )
