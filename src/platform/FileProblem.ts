/**
 * Why a file cannot be read, in a user's words.
 */
import { Match, type PlatformError } from "effect"

export const IS_DIRECTORY = "it is a directory"

/** What is wrong with the path itself, whatever was to be done with the file; undefined where nothing is known to be. */
export const pathProblem = (reason: PlatformError.PlatformError["reason"]): string | undefined => {
  const cause = String(reason.cause)
  if (/EISDIR/.test(cause)) return IS_DIRECTORY
  if (/ENOTDIR/.test(cause)) return "a part of its path is not a directory"
  if (/ENAMETOOLONG/.test(cause)) return "its name is too long"
  if (/ELOOP/.test(cause)) return "its links lead in a circle"
  return undefined
}

/** Says it in a few words that complete "cannot read FILE: ...". */
export const fileProblem = (error: PlatformError.PlatformError): string =>
  Match.value(error.reason).pipe(
    Match.tag("NotFound", () => "there is no such file"),
    Match.tag("PermissionDenied", () => "no permission to read it"),
    Match.orElse((reason) => pathProblem(reason) ?? "reading it failed"),
  )
