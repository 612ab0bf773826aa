/**
 * What a program that failed leaves behind: one line for its user, and an exit status. An expected failure shows
 * its message alone. A defect is a mistake in this program: it asks to be reported, and shows where it happened
 * only to those who asked for details.
 */
import { Cause, Option, Predicate, Result, Runtime } from "effect"
import { withoutControls } from "../platform/quote.ts"

/** The program's name and the command's, and whether details were asked for. */
export interface FailureOptions {
  readonly name: string
  readonly verbose: boolean
}

/** What to print on standard error, ending in a newline, and what to exit with. */
export interface Failure {
  readonly status: number
  readonly text: string
}

/** An API key that a request's address shows, or a password: neither is ever printed. */
const withoutSecrets = (text: string): string =>
  text.replace(/(api_key=)[^&\s"'<>]*/gi, "$1(hidden)").replace(/(:\/\/)[^/\s@"'<>]*@/g, "$1(hidden)@")

const oneLine = (text: string): string =>
  withoutControls(
    withoutSecrets(text)
      .trim()
      .replace(/\s*\n\s*/g, " "),
  )

const messageOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && Predicate.isString(error.message) && error.message !== ""
    ? error.message
    : String(error)

/** Describes a defect: something that should not have happened. */
export const describeDefect = (defect: unknown, options: FailureOptions, stack: string): Failure => {
  const line = `${options.name}: internal error: ${oneLine(messageOf(defect))}. `
  const plea = options.verbose
    ? "This is a bug in paceline: please report it, with the following.\n"
    : "This is a bug in paceline: please report it, with what --log-level debug adds.\n"
  return { status: 1, text: line + plea + (options.verbose ? `${withoutSecrets(stack)}\n` : "") }
}

/**
 * The failure that was meant for the user, if it was one. What fails while an interrupted program is brought to
 * an end cannot be an expected failure any more, so an error that has an exit status counts as one even where
 * it was raised as a defect.
 */
const findExpected = (cause: Cause.Cause<unknown>): Option.Option<unknown> =>
  Option.orElse(Cause.findErrorOption(cause), () =>
    Option.filter(Result.getSuccess(Cause.findDefect(cause)), (defect) =>
      Predicate.hasProperty(defect, Runtime.errorExitCode),
    ),
  )

/** Describes why a program failed, or none where it was interrupted and nothing else. */
export const describeFailure = (
  cause: Cause.Cause<unknown>,
  options: FailureOptions,
): Option.Option<Failure> => {
  if (Cause.hasInterruptsOnly(cause)) return Option.none()
  return Option.some(
    Option.match(findExpected(cause), {
      onSome: (error) => ({
        status: Runtime.getErrorExitCode(error),
        text: `${options.name}: ${oneLine(messageOf(error))}\n`,
      }),
      onNone: () => describeDefect(Cause.squash(cause), options, Cause.pretty(cause)),
    }),
  )
}
