/**
 * Effect's RateLimiter alone: `token-bucket` and `fixed-window`. What most clients would write.
 *
 * Both look at send times. The bucket lets almost twice its limit through in its first window, the fixed
 * window twice at the border of two; neither keeps requests in order.
 */
import { Clock, Effect } from "effect"
import { monotonicClock } from "../../platform/Monotonic.ts"
import type { Gate, GateFactory, Passage } from "../../limits/Gate.ts"
import type { GateOptions } from "../../run/Design.ts"

const passage: Passage = { onWritten: () => {}, onEnded: () => {}, onCleared: () => {} }

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
        /** A turn is taken before the order is known. */
        let hasTurn = false
        return {
          ready: Effect.map(Effect.flatMap(delay, Effect.sleep), () => {
            hasTurn = true
          }),
          isReady: () => hasTurn,
          begin: () =>
            Effect.sync(() => {
              hasTurn = false
              return passage
            }),
          rateLimited: () => {},
          overtaken: () => {},
          used: () => 0,
        } satisfies Gate
      }),
    )
