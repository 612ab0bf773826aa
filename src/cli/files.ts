/**
 * Files that a command is given: flags that name one, and whether two names mean the same file.
 */
import { Effect, FileSystem, Option, Path, Result } from "effect"
import { Flag } from "effect/cli"
import * as Flags from "./Flags.ts"
import { quote } from "../platform/quote.ts"

/** What Linux and macOS take for a path. */
const LONGEST_PATH_BYTES = 4096

const parseFile = (text: string): Result.Result<string, string> => {
  if (text === "") return Result.fail("the name is empty; write a file's name")
  return Buffer.byteLength(text) > LONGEST_PATH_BYTES
    ? Result.fail(`${quote(text)} is longer than ${LONGEST_PATH_BYTES} bytes; write a shorter name`)
    : Result.succeed(text)
}

/** A file's name. */
export const file = (name: string, description: string, metavar = "FILE"): Flag.Flag<Option.Option<string>> =>
  Flags.parsed(name, metavar, parseFile, { description }).pipe(Flag.optional)

/** A file that is written, for which `-` does not stand for standard output. */
export const fileToWrite = (name: string, description: string): Flag.Flag<Option.Option<string>> =>
  Flags.parsed(
    name,
    "FILE",
    (text) =>
      text === "-"
        ? Result.fail('"-" is not standard output here; write a file\'s name (./- for one that is called so)')
        : parseFile(text),
    { description },
  ).pipe(Flag.optional)

/** Whether two names mean the same file, through links and folders too. A file need not be there yet. */
export const isSameFile = Effect.fnUntraced(function* (one: string, other: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  if (path.resolve(one) === path.resolve(other)) return true
  const [first, second] = yield* Effect.all([
    Effect.option(fileSystem.stat(one)),
    Effect.option(fileSystem.stat(other)),
  ])
  if (Option.isNone(first) || Option.isNone(second)) return false
  // Devices such as /dev/null may well be named twice.
  if (first.value.type !== "File" || second.value.type !== "File") return false
  return (
    first.value.dev === second.value.dev &&
    Option.isSome(first.value.ino) &&
    Option.getOrUndefined(first.value.ino) === Option.getOrUndefined(second.value.ino)
  )
})
