/** A result file that is appended to, and that its owner alone may read. */
import { Effect, FileSystem, type PlatformError } from "effect"
import { CommandFailed, UsageError } from "./errors.ts"
import { problemOf } from "../platform/FileProblem.ts"
import { quote } from "../platform/quote.ts"

const cannotAppend = (file: string, error: PlatformError.PlatformError): string => {
  const why = problemOf(error, {
    missing: "there is no such folder",
    denied: "no permission to write there",
    otherwise: error.reason._tag,
  })
  return `--append: cannot append to ${quote(file)}: ${why}; give a file that can be written`
}

/**
 * Opens a file to append to, made for its owner only if need be, and gives what writes to it: text, with an
 * empty line after what is there already.
 */
export const openToAppend = Effect.fnUntraced(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const opened = yield* Effect.mapError(
    fileSystem.open(file, { flag: "a", mode: 0o600 }),
    (error) => new UsageError({ message: cannotAppend(file, error) }),
  )
  return (text: string) =>
    Effect.flatMap(opened.stat, ({ size }) =>
      opened.writeAll(new TextEncoder().encode(size === 0n ? text : `\n${text}`)),
    ).pipe(Effect.mapError((error) => new CommandFailed({ message: cannotAppend(file, error) })))
})
