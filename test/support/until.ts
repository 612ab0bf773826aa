/** Waits on the real clock for what a test cannot be told of. */
import { Effect, Schedule } from "effect"

/** Asks every few milliseconds until the answer is yes; fails after half a minute. */
export const until = (condition: () => boolean): Effect.Effect<void, string> =>
  Effect.suspend(() => (condition() ? Effect.void : Effect.fail("it did not happen in half a minute"))).pipe(
    Effect.retry({ schedule: Schedule.spaced("5 millis"), times: 6000 }),
  )
