/** The directory of the state, for its owner only; by default where the platform keeps such things. */
import { Effect, FileSystem, Layer } from "effect"
import type { PlatformError } from "effect"
import { UserDirectories } from "effect/persistence"
import { codeOf, problemOf } from "../platform/FileProblem.ts"
import { Boot, layerBoot } from "./Boot.ts"
import { KeyLocks, layerKeyLocks } from "./KeyLocks.ts"
import { StateUnusable } from "./StateError.ts"
import { layerStateFiles, type StateFiles } from "./StateFiles.ts"

/** The user's state directory on this platform. */
export const defaultStateDirectory: Effect.Effect<string, StateUnusable> = Effect.mapError(
  UserDirectories.make().state("paceline"),
  () =>
    new StateUnusable({
      reason: "no-home",
      message: "this user has no home directory to keep state in",
    }),
)

const whyNot = (error: PlatformError.PlatformError): string =>
  ["EEXIST", "ENOTDIR"].includes(codeOf(error.reason))
    ? "a file is in its place"
    : problemOf(error, { missing: "a part of its path is not there", denied: "no permission" })

/** State in a directory, which is made if need be. */
export const layerStateDirectory = (
  directory: string,
): Layer.Layer<Boot | KeyLocks | StateFiles, StateUnusable, FileSystem.FileSystem> => {
  const made = Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    yield* Effect.mapError(
      fs.makeDirectory(directory, { recursive: true, mode: 0o700 }),
      (error) =>
        new StateUnusable({
          reason: "no-directory",
          message: `cannot make the state directory ${directory}: ${whyNot(error)}`,
        }),
    )
    return Layer.mergeAll(layerStateFiles(directory), layerKeyLocks(directory), layerBoot)
  })
  return Layer.unwrap(made)
}
