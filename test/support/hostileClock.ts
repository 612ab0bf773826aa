/** A clock as the worst of real ones: timers fire early, the wall clock steps. Monotonic time stays true. */
import { Clock, Duration, Effect } from "effect"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"

export interface Hostility {
  /** Timers fire up to this much early, but never without time having passed. */
  readonly earlyMs?: number
  /** Steps of the wall clock, at these monotonic times. */
  readonly steps?: ReadonlyArray<{ readonly atMs: number; readonly byMs: number }>
}

/** Runs an effect, and everything it forks, on such a clock. */
export const hostileClock = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  hostility: Hostility,
): Effect.Effect<A, E, R> =>
  Clock.clockWith((clock) => {
    const { earlyMs = 0, steps = [] } = hostility
    const steppedMs = () => {
      const nowMs = nowMsUnsafe(clock)
      return steps.reduce((sum, step) => (step.atMs <= nowMs ? sum + step.byMs : sum), 0)
    }
    const wallMs = () => clock.currentTimeMillisUnsafe() + steppedMs()
    const wallNanos = () => clock.currentTimeNanosUnsafe() + BigInt(Math.round(steppedMs() * 1e6))
    const hostile: Clock.Clock = {
      currentTimeMillisUnsafe: wallMs,
      currentTimeMillis: Effect.sync(wallMs),
      currentTimeNanosUnsafe: wallNanos,
      currentTimeNanos: Effect.sync(wallNanos),
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      sleep: (duration) => {
        const ms = Duration.toMillis(duration)
        const micros = Math.ceil(Math.max(ms / 2, ms - earlyMs) * 1000)
        return clock.sleep(Duration.millis(micros / 1000))
      },
    }
    return Effect.provideService(effect, Clock.Clock, hostile)
  })
