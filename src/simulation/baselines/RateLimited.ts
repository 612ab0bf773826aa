/**
 * Effect's RateLimiter alone: `token-bucket` and `fixed-window`. What most clients would write.
 *
 * Both look at send times. The bucket lets almost twice its limit through in its first window, the fixed
 * window twice at the border of two; neither keeps requests in order.
 */
import { Clock, Effect } from "effect"
import { monotonicClock } from "../../platform/Monotonic.ts"
import type { Gate, GateFactory, Passage, Place } from "../../limits/Gate.ts"
import type { GateOptions } from "../../run/Design.ts"

const passage: Passage = { onWritten: () => {}, onEnded: () => {}, onCleared: () => {}, leave: Effect.void }
const place: Place = { ready: Effect.void, isReady: () => true, begin: () => Effect.succeed(passage) }

export const rateLimited =
  (
    options: Omit<GateOptions, "reach"> & { readonly algorithm: "token-bucket" | "fixed-window" },
  ): GateFactory =>
  (key) =>
    Clock.clockWith((clock) =>
      Effect.sync(() => {
        const { algorithm, limit, window } = options
        const delay = options.rateLimiter
          .consume({ key: key.label, algorithm, onExceeded: "delay", limit, window })
          .pipe(
            // The in-memory store does not fail; a window's wait is what a failing one would ask for.
            Effect.match({ onFailure: () => window, onSuccess: (_) => _.delay }),
            Effect.provideService(Clock.Clock, monotonicClock(clock)),
          )
        return {
          enter: Effect.as(Effect.flatMap(delay, Effect.sleep), place),
          rateLimited: () => {},
          overtaken: () => {},
          used: () => 0,
        } satisfies Gate
      }),
    )
