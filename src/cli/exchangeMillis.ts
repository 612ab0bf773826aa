/** Durations that the project's own exchange can keep: its clock counts whole milliseconds. */
import { Duration, Effect } from "effect"
import { UsageError } from "../platform/errors.ts"

export const LONGEST_WINDOW = Duration.hours(1)
export const LONGEST_DELAY = Duration.minutes(1)

/** Fails with what to write instead where the exchange cannot keep a flag's duration. */
export const exchangeMillis = (
  flag: string,
  value: Duration.Duration,
  longest: Duration.Duration,
): Effect.Effect<void, UsageError> => {
  if (!Number.isInteger(Duration.toMillis(value))) {
    const message = `${flag}: the exchange counts in whole milliseconds; write 1ms, not ${Duration.toMillis(value)}ms`
    return Effect.fail(new UsageError({ message }))
  }
  return Duration.isGreaterThan(value, longest)
    ? Effect.fail(
        new UsageError({
          message: `${flag}: ${Duration.format(value)} is more than the exchange can keep; at most ${Duration.format(longest)}`,
        }),
      )
    : Effect.void
}
