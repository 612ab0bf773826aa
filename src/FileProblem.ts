/**
 * Why a file cannot be read, in a user's words.
 */
import { Match, type PlatformError } from "effect"

/** Says it in a few words that complete "cannot read FILE: ...". */
export const fileProblem = (error: PlatformError.PlatformError): string =>
  Match.value(error.reason).pipe(
    Match.tag("NotFound", () => "there is no such file"),
    Match.tag("PermissionDenied", () => "no permission to read it"),
    Match.orElse((reason) =>
      /EISDIR/.test(String(reason.cause)) ? "it is a directory" : "reading it failed",
    ),
  )
