/** The flag that says where a run keeps what is to outlive it. */
import { Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { UsageError } from "../platform/errors.ts"
import { defaultStateDirectory } from "../keys/StateDirectory.ts"

// The help names the directory of this user on this platform.
const shownDefault = Option.getOrElse(
  Effect.runSync(Effect.option(defaultStateDirectory)),
  () => "none, for this user has no home directory",
)

export const stateFlag = Flag.String("state").pipe(
  Flag.withMetavar("DIR"),
  Flag.withDescription(
    `Where to keep what a later run must know of each key, and that this run holds it (default: ${shownDefault}; nothing is kept without --url)`,
  ),
  Flag.optional,
)

/** The directory to use; undefined where an exchange of our own is born and gone with the run. */
export const resolveState = Effect.fnUntraced(function* (given: Option.Option<string>, hasUrl: boolean) {
  if (Option.isSome(given)) {
    if (given.value === "") return yield* new UsageError({ message: "--state: name a directory" })
    return given.value
  }
  return hasUrl ? yield* defaultStateDirectory : undefined
})
