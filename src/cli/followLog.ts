/** Follows a log, shows its figures live, and concludes with its summary, also where it is interrupted. */
import { Effect } from "effect"
import { makeFollower } from "../summary/followLog.ts"
import type { LogDefaults, LogOptions } from "../summary/LogOptions.ts"
import type { Summary } from "../summary/Summary.ts"
import { summaryOfLog } from "../summary/summariseFile.ts"
import { asUserError } from "./advice.ts"
import { makeFollowView } from "./FollowView.ts"

export const followLog = Effect.fnUntraced(function* <E, R>(
  file: string,
  defaults: LogDefaults,
  options: LogOptions,
  conclude: (summary: Summary) => Effect.Effect<void, E, R>,
) {
  const view = yield* makeFollowView(file)
  const follower = makeFollower(file, defaults, options, view)
  const end = Effect.suspend(() =>
    Effect.flatMap(Effect.mapError(summaryOfLog(file, follower.log()), asUserError), conclude),
  )
  yield* follower.follow.pipe(
    Effect.ensuring(view.ended),
    // Where nothing was read, nothing was to be had.
    Effect.onInterrupt(() => (follower.log().lines() === 0 ? Effect.void : Effect.orDie(end))),
  )
  yield* end
})
