/** Result files, which their owner alone may read. */
import process from "node:process"
import { Effect, FileSystem, type PlatformError } from "effect"
import { CommandFailed, UsageError } from "./errors.ts"
import { problemOf } from "../platform/FileProblem.ts"
import { quote } from "../platform/quote.ts"

/**
 * Makes sure that `file` can be written, and gives what writes it: beside it first, then renamed. Where that
 * never comes to be, what was there before stays as it was. `flag` is what asked for the file.
 */
export const openWholeFile = Effect.fnUntraced(function* (flag: string, file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const unwritable = (why: string) =>
    new UsageError({
      message: `${flag}: cannot write ${quote(file)}: ${why}; give a file that can be written`,
    })
  const failed = (error: PlatformError.PlatformError) =>
    unwritable(
      problemOf(error, {
        missing: "there is no such folder",
        denied: "no permission",
        otherwise: error.message,
      }),
    )
  const there = yield* fileSystem.stat(file).pipe(Effect.option)
  if (file === "" || (there._tag === "Some" && there.value.type !== "File")) {
    return yield* unwritable("it is not a file")
  }
  const beside = `${file}.${process.pid}.part`
  yield* Effect.acquireRelease(
    fileSystem.writeFileString(beside, "", { flag: "wx", mode: 0o600 }).pipe(Effect.mapError(failed)),
    () => Effect.ignore(fileSystem.remove(beside, { force: true })),
  )
  return (text: string) =>
    fileSystem
      .writeFileString(beside, text)
      .pipe(Effect.andThen(fileSystem.rename(beside, file)), Effect.mapError(failed))
})

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
