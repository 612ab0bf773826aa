/**
 * The exercise's original limiter, `polling`, and the seed's first idea for it, `shifted`.
 *
 * A ring of the last `limit` send times and the time of the last send; every millisecond it asks whether a slot
 * has passed since the last send and a window since the oldest in the ring. One request of a key at a time.
 * It is safe only while delays hardly differ, because it judges by send times; its slots run late by what each
 * poll and each answer takes, which is where its throughput goes.
 *
 * `shifted` looks at a clock that is D ms ahead and writes down times that are not, so that every wait is D ms
 * shorter: the window it keeps is `window - D`, which the exchange does not.
 */
import { Clock, Duration, Effect, Semaphore } from "effect"
import { nowMsUnsafe } from "../../platform/Monotonic.ts"
import type { Gate, GateFactory, Place } from "../../limits/Gate.ts"
import type { GateOptions } from "../../run/Design.ts"

const POLL_EVERY = Duration.millis(1)

export const polling =
  (
    options: Pick<GateOptions, "limit" | "window"> & {
      /** How far the clock is ahead, in milliseconds: 0 for the original. */
      readonly shiftMs: number
    },
  ): GateFactory =>
  () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const oneAtATime = yield* Semaphore.make(1)
      const windowMs = Duration.toMillis(options.window)
      const slotMs = windowMs / options.limit
      const ring: Array<number> = Array.from({ length: options.limit }, () => Number.NEGATIVE_INFINITY)
      let oldest = 0
      let lastMs = Number.NEGATIVE_INFINITY

      const isReady = (): boolean => {
        const shiftedMs = nowMsUnsafe(clock) + options.shiftMs
        return shiftedMs - lastMs > slotMs && shiftedMs - (ring[oldest] ?? 0) > windowMs
      }
      const ready: Effect.Effect<void> = Effect.suspend(() =>
        isReady() ? Effect.void : Effect.andThen(Effect.sleep(POLL_EVERY), ready),
      )
      const place: Place = {
        ready,
        isReady,
        begin: (sentMs) =>
          Effect.sync(() => {
            lastMs = sentMs
            ring[oldest] = sentMs
            oldest = (oldest + 1) % options.limit
            return {
              onWritten: () => {},
              onEnded: () => {},
              onCleared: () => {},
              leave: Effect.asVoid(oneAtATime.release(1)),
            }
          }),
      }
      const used = () => ring.filter((time) => nowMsUnsafe(clock) - time <= windowMs).length
      return {
        enter: Effect.as(oneAtATime.take(1), place),
        // It was written for an exchange that it trusts, and learns nothing.
        rateLimited: () => {},
        overtaken: () => {},
        used,
      } satisfies Gate
    })
