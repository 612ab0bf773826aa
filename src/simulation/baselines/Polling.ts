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
import { Clock, Duration, Effect, Latch } from "effect"
import { nowMsUnsafe } from "../../platform/Monotonic.ts"
import type { Gate, GateFactory, Passage } from "../../limits/Gate.ts"
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
      const free = Latch.makeUnsafe(true)
      const windowMs = Duration.toMillis(options.window)
      const slotMs = windowMs / options.limit
      const ring: Array<number> = Array.from({ length: options.limit }, () => Number.NEGATIVE_INFINITY)
      let oldest = 0
      let isBusy = false
      let lastMs = Number.NEGATIVE_INFINITY

      const isReady = (): boolean => {
        if (isBusy) return false
        const shiftedMs = nowMsUnsafe(clock) + options.shiftMs
        return shiftedMs - lastMs > slotMs && shiftedMs - (ring[oldest] ?? 0) > windowMs
      }
      const ready: Effect.Effect<void> = Effect.suspend(() => {
        if (isReady()) return Effect.void
        return Effect.andThen(isBusy ? free.await : Effect.sleep(POLL_EVERY), ready)
      })
      const setBusy = (busy: boolean) => {
        isBusy = busy
        if (busy) free.closeUnsafe()
        else free.openUnsafe()
      }
      const passage: Passage = {
        onWritten: () => {},
        onEnded: (ending) => {
          if (ending !== "lost") setBusy(false)
        },
        onCleared: () => setBusy(false),
      }
      const used = () => ring.filter((time) => nowMsUnsafe(clock) - time <= windowMs).length
      return {
        ready,
        isReady,
        begin: (sentMs) =>
          Effect.sync(() => {
            setBusy(true)
            lastMs = sentMs
            ring[oldest] = sentMs
            oldest = (oldest + 1) % options.limit
            return passage
          }),
        // It was written for an exchange that it trusts, and learns nothing.
        rateLimited: () => {},
        overtaken: () => {},
        used,
      } satisfies Gate
    })
