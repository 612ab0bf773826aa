/**
 * A result file that is written whole or not at all, and that its owner alone may read.
 */
import process from "node:process"
import { Effect, FileSystem, type PlatformError, type Scope } from "effect"
import { UsageError } from "./errors.ts"
import { problemOf } from "../platform/FileProblem.ts"
import { quote } from "../platform/quote.ts"

/**
 * Makes sure that `file` can be written, and gives what writes it: beside it first, then renamed. Where that
 * never comes to be, what was there before stays as it was. `flag` is what asked for the file.
 */
export const openWholeFile = (
  flag: string,
  file: string,
): Effect.Effect<
  (text: string) => Effect.Effect<void, UsageError>,
  UsageError,
  FileSystem.FileSystem | Scope.Scope
> =>
  Effect.gen(function* () {
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
