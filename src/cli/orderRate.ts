/** How many orders a second the random source may be asked for. */
import { Effect } from "effect"
import { UsageError } from "../platform/errors.ts"
import { meanGapMs, type RandomSourceRate } from "../run/sources/RandomSource.ts"

/** A thousand times the exercise's load is below it. More cannot be made in time, and would only fill the queue. */
const MOST_ORDERS_PER_SECOND = 100_000

/** Fails where these flags ask for no orders at all, or for more than can be made. */
export const checkOrderRate = (rate: RandomSourceRate): Effect.Effect<void, UsageError> => {
  if (rate.load === 0) {
    return Effect.fail(new UsageError({ message: "--load: 0 makes no orders; write a number above 0" }))
  }
  const perSecond = 1000 / meanGapMs(rate)
  if (perSecond <= MOST_ORDERS_PER_SECOND) return Effect.void
  return Effect.fail(
    new UsageError({
      message: `--load, --limit, --window and ${rate.keys} keys ask for ${Math.round(perSecond).toLocaleString("en")} orders a second; at most ${MOST_ORDERS_PER_SECOND.toLocaleString("en")} are made: write a smaller --load or --limit, or a longer --window`,
    }),
  )
}
