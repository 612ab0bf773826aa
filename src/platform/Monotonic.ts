/**
 * Monotonic time in milliseconds with fractions. Windows, ages and deadlines are judged on it alone: the wall
 * clock may step, this does not.
 */
import { Clock, Duration, Effect } from "effect"

/** Milliseconds of the clock's monotonic time. Its origin is arbitrary: only differences mean something. */
export const nowMsUnsafe = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

/** Milliseconds of the current Clock's monotonic time. */
export const nowMs: Effect.Effect<number> = Effect.map(
  Clock.monotonicTimeNanos,
  (nanos) => Number(nanos) / 1e6,
)

/**
 * Sleeps until the monotonic clock has reached `deadlineMs`. A timer may fire early, and some do: after every
 * wake the clock is asked again, so this never returns before the deadline.
 */
export const sleepUntil = (deadlineMs: number): Effect.Effect<void> =>
  Clock.clockWith((clock) => sleepUntilBy(clock, deadlineMs))

/** The same by a given clock. */
export const sleepUntilBy = (clock: Clock.Clock, deadlineMs: number): Effect.Effect<void> => {
  const remainingMs = deadlineMs - nowMsUnsafe(clock)
  if (remainingMs <= 0) return Effect.void
  // Rounded up to what a clock can tell apart: a sleep of less might end without time having passed.
  const wholeMicros = Math.ceil(remainingMs * 1000) / 1000
  return Effect.flatMap(clock.sleep(Duration.millis(wholeMicros)), () => sleepUntilBy(clock, deadlineMs))
}

/**
 * The same clock with its wall clock replaced by monotonic time, for library code that measures elapsed time
 * on the wall clock: a step of the wall clock then neither stalls nor hurries it.
 */
export const monotonicClock = (clock: Clock.Clock): Clock.Clock => ({
  currentTimeMillisUnsafe: () => nowMsUnsafe(clock),
  currentTimeMillis: Effect.sync(() => nowMsUnsafe(clock)),
  currentTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  currentTimeNanos: clock.monotonicTimeNanos,
  monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: clock.monotonicTimeNanos,
  sleep: (duration) => clock.sleep(duration),
})
