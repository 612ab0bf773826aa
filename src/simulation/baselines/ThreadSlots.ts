/**
 * The seed's multithreading, `thread-slots`: as many threads a key as requests fit into a window, each held
 * for a whole window from its entry, or until its answer if that takes longer; a controller starts one every
 * 1.05 slots.
 *
 * Requests of a key overlap freely, so nonces can be overtaken; and a window from entry is not a window from
 * arrival, so it can be exceeded when delays differ.
 */
import { Clock, Duration, Effect, Latch } from "effect"
import { nowMsUnsafe, sleepUntil } from "../../platform/Monotonic.ts"
import { TimeHeap } from "../../platform/TimeHeap.ts"
import type { Gate, GateFactory } from "../../limits/Gate.ts"
import type { GateOptions } from "../../run/Design.ts"

/** The controller pauses a little longer than a slot. */
const PAUSE_SLOTS = 1.05

export const threadSlots =
  (options: Pick<GateOptions, "limit" | "window">): GateFactory =>
  () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const windowMs = Duration.toMillis(options.window)
      const pauseMs = (windowMs / options.limit) * PAUSE_SLOTS
      let nextMs = Number.NEGATIVE_INFINITY
      let used = 0
      /** When the slots of those that have ended are free. */
      const ends = new TimeHeap<true>()
      const ended = Latch.makeUnsafe()

      const nextAt = (): number => {
        const nowMs = nowMsUnsafe(clock)
        for (let first = ends.first(); first !== undefined && first.atMs <= nowMs; first = ends.first()) {
          ends.take()
          used -= 1
        }
        return used < options.limit
          ? nextMs
          : Math.max(nextMs, ends.first()?.atMs ?? Number.POSITIVE_INFINITY)
      }
      const isReady = () => nowMsUnsafe(clock) >= nextAt()
      const ready: Effect.Effect<void> = Effect.suspend(() => {
        const atMs = nextAt()
        if (atMs <= nowMsUnsafe(clock)) return Effect.void
        ended.closeUnsafe()
        // A slot that is free at once may still come back.
        const wait = used < options.limit ? sleepUntil(atMs) : Effect.raceFirst(ended.await, sleepUntil(atMs))
        return Effect.andThen(wait, ready)
      })
      return {
        ready,
        isReady,
        begin: (sentMs) =>
          Effect.sync(() => {
            used += 1
            nextMs = sentMs + pauseMs
            const end = () => {
              ends.add(sentMs + windowMs, true)
              ended.openUnsafe()
            }
            return {
              onWritten: () => {},
              onEnded: (ending) => {
                if (ending !== "lost") end()
              },
              onCleared: end,
            }
          }),
        rateLimited: () => {},
        overtaken: () => {},
        used: () => {
          nextAt()
          return used
        },
      } satisfies Gate
    })
