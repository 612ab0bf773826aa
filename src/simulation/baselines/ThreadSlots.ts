/**
 * The seed's multithreading, `thread-slots`: as many threads a key as requests fit into a window, each held
 * for a whole window from its entry, or until its answer if that takes longer; a controller starts one every
 * 1.05 slots.
 *
 * Requests of a key overlap freely, so nonces can be overtaken; and a window from entry is not a window from
 * arrival, so it can be exceeded when delays differ.
 */
import { Clock, Duration, Effect, Semaphore } from "effect"
import { nowMsUnsafe, sleepUntil } from "../../platform/Monotonic.ts"
import type { Gate, GateFactory, Place } from "../../limits/Gate.ts"
import type { GateOptions } from "../../run/Design.ts"

/** The controller pauses a little longer than a slot. */
const PAUSE_SLOTS = 1.05

export const threadSlots =
  (options: Pick<GateOptions, "limit" | "window">): GateFactory =>
  () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const slots = yield* Semaphore.make(options.limit)
      const windowMs = Duration.toMillis(options.window)
      const pauseMs = (windowMs / options.limit) * PAUSE_SLOTS
      let nextMs = Number.NEGATIVE_INFINITY
      let used = 0

      const place: Place = {
        ready: Effect.suspend(() => sleepUntil(nextMs)),
        isReady: () => nowMsUnsafe(clock) >= nextMs,
        begin: (sentMs) =>
          Effect.sync(() => {
            used += 1
            nextMs = sentMs + pauseMs
            return {
              onWritten: () => {},
              onEnded: () => {},
              onCleared: () => {},
              leave: Effect.andThen(
                sleepUntil(sentMs + windowMs),
                Effect.suspend(() => {
                  used -= 1
                  return slots.release(1)
                }),
              ),
            }
          }),
      }
      return {
        enter: Effect.as(slots.take(1), place),
        rateLimited: () => {},
        overtaken: () => {},
        used: () => used,
      } satisfies Gate
    })
