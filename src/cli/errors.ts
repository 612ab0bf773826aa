/**
 * How a command fails towards its user: one line, and an exit status. The command line prints the message as it is,
 * without a stack trace, so a message says what is wrong, where, and what to do.
 */
import { Effect, Runtime, Schema } from "effect"

/** Wrong usage or unreadable input: exit status 2. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 2
}

/** Fails with wrong usage. */
export const refuse = (message: string): Effect.Effect<never, UsageError> =>
  Effect.fail(new UsageError({ message }))

/** The command was understood but could not be carried out: exit status 1. */
export class CommandFailed extends Schema.TaggedError<CommandFailed>()("CommandFailed", {
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 1
}

/** Certified, yet the exchange refused: exit status 3. */
export class RefusedAllTheSame extends Schema.TaggedError<RefusedAllTheSame>()("RefusedAllTheSame", {
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 3
}
