/**
 * The files of a state directory: a text is replaced whole or not at all, even when the machine dies, and is on the disk
 * once `set` has succeeded. Only the owner can read the files.
 *
 * A new text is written to a second file and synced, then renamed over the first; then the directory is synced. A file
 * has one writer (see `KeyLocks.ts`), so the second file's name is fixed, and the next run overwrites what a crash left.
 */
import { join } from "node:path"
import process from "node:process"
import { Context, Effect, FileSystem, Layer, type PlatformError, type Result } from "effect"
import { problemOf } from "../platform/FileProblem.ts"
import { StateUnusable } from "./StateError.ts"
import type { StateProblem } from "./stateText.ts"

export class StateFiles extends Context.Service<
  StateFiles,
  {
    /** A file's text; undefined if there is no such file. */
    readonly get: (name: string) => Effect.Effect<string | undefined, PlatformError.PlatformError>
    readonly set: (name: string, text: string) => Effect.Effect<void, PlatformError.PlatformError>
    /** The names of all files. */
    readonly list: Effect.Effect<ReadonlyArray<string>, PlatformError.PlatformError>
    readonly remove: (name: string) => Effect.Effect<void, PlatformError.PlatformError>
  }
>()("paceline/keys/StateFiles") {}

/** Why a file cannot be read or written: a few words that complete "cannot ... FILE: ...". */
export const stateProblem = (error: PlatformError.PlatformError): string =>
  problemOf(error, { missing: "it is not there any more", denied: "no permission" })

/** What is remembered, of a key with this label or of an exchange; undefined if it is new. */
export const readState = Effect.fnUntraced(function* <State>(
  {
    directory,
    file,
    label,
    of,
  }: {
    readonly directory: string
    readonly file: string
    readonly of: string
    readonly label?: string
  },
  decode: (text: string) => Result.Result<State, StateProblem>,
) {
  const store = yield* StateFiles
  const path = `${directory}/${file} (what is remembered of ${of})`
  const text = yield* Effect.mapError(
    store.get(file),
    (error) =>
      new StateUnusable({ reason: "unreadable", message: `cannot read ${path}: ${stateProblem(error)}` }),
  )
  if (text === undefined) return undefined
  return yield* Effect.mapError(Effect.fromResult(decode(text)), (problem) => {
    if (typeof problem === "object") {
      return new StateUnusable({
        reason: "newer",
        message: `${path} was written by a newer version of paceline (form ${problem.newer})`,
      })
    }
    const what = problem === "damaged" ? "is damaged" : "is not a state file of paceline"
    return new StateUnusable({
      reason: "damaged",
      ...(label === undefined ? {} : { label }),
      message: `${path} ${what}`,
    })
  })
})

const TEMPORARY = ".tmp"

/** Windows cannot open a directory, and needs no sync of it. */
const syncsDirectories = process.platform !== "win32"

/** Replaces a file's text, and waits until the new text is on the disk. */
const replace = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  directory: string,
  path: string,
  text: string,
) {
  const beside = `${path}${TEMPORARY}`
  const written = Effect.gen(function* () {
    const file = yield* fs.open(beside, { flag: "w", mode: 0o600 })
    yield* file.writeAll(new TextEncoder().encode(text))
    yield* file.sync
  })
  yield* Effect.scoped(written)
  yield* fs.rename(beside, path)
  if (!syncsDirectories) return
  yield* Effect.scoped(Effect.flatMap(fs.open(directory, { flag: "r" }), (opened) => opened.sync))
})

/** The names are those of the files in the directory. */
export const layerStateFiles = (directory: string): Layer.Layer<StateFiles, never, FileSystem.FileSystem> =>
  Layer.effect(
    StateFiles,
    Effect.map(FileSystem.FileSystem, (fs) =>
      StateFiles.of({
        get: (name) =>
          Effect.catchIf(
            fs.readFileString(join(directory, name)),
            ({ reason }) => reason._tag === "NotFound",
            () => Effect.undefined,
          ),
        // Once begun, a replacement is finished.
        set: (name, text) => Effect.uninterruptible(replace(fs, directory, join(directory, name), text)),
        list: fs.readDirectory(directory),
        remove: (name) => fs.remove(join(directory, name), { force: true }),
      }),
    ),
  )
