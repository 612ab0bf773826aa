/**
 * Effect's KeyValueStore over the files of one directory. It promises what `KeyValueStore.layerFileSystem` does not: a
 * value is replaced whole or not at all, even when the machine dies, and is on the disk once `set` has succeeded. Only
 * the owner can read the files.
 *
 * A new value is written to a second file and synced, then renamed over the first; then the directory is synced. A key
 * has one writer (see `KeyLocks.ts`), so the second file's name is fixed, and the next life overwrites what a crash left.
 */
import { join } from "node:path"
import process from "node:process"
import { Effect, FileSystem, Layer, type PlatformError } from "effect"
import { KeyValueStore } from "effect/persistence"

const TEMPORARY = ".tmp"

/** Windows cannot open a directory, and needs no sync of it. */
const syncsDirectories = process.platform !== "win32"

const isSafe = (key: string): boolean => /^[a-z0-9][a-z0-9.-]*$/.test(key) && !key.endsWith(TEMPORARY)

/** Puts a text in a file's place, and waits until that is on the disk. */
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

/** Keys name files as they are: lower-case letters, digits, dots and dashes. */
export const layerAtomicFiles = (
  directory: string,
): Layer.Layer<KeyValueStore.KeyValueStore, never, FileSystem.FileSystem> =>
  Layer.effect(
    KeyValueStore.KeyValueStore,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem

      const failed = (method: string, key?: string) => (cause: PlatformError.PlatformError) =>
        new KeyValueStore.KeyValueStoreError({
          method,
          message: `${method} failed in ${directory}`,
          cause,
          ...(key === undefined ? {} : { key }),
        })

      const pathOf = (method: string, key: string) =>
        isSafe(key)
          ? Effect.succeed(join(directory, key))
          : Effect.fail(new KeyValueStore.KeyValueStoreError({ method, key, message: `${key} is no key` }))

      const get = (key: string) =>
        Effect.flatMap(pathOf("get", key), (path) =>
          fs.readFileString(path).pipe(
            Effect.catchIf(
              ({ reason }) => reason._tag === "NotFound",
              () => Effect.undefined,
            ),
            Effect.mapError(failed("get", key)),
          ),
        )

      const remove = (key: string) =>
        Effect.flatMap(pathOf("remove", key), (path) =>
          Effect.mapError(fs.remove(path, { force: true }), failed("remove", key)),
        )

      const keys = Effect.map(Effect.mapError(fs.readDirectory(directory), failed("keys")), (names) =>
        names.filter(isSafe),
      )

      return KeyValueStore.makeStringOnly({
        get,
        set: (key, value) =>
          Effect.flatMap(pathOf("set", key), (path) =>
            // A replacement that was begun is finished.
            Effect.uninterruptible(Effect.mapError(replace(fs, directory, path, value), failed("set", key))),
          ),
        remove,
        clear: Effect.flatMap(keys, (all) => Effect.forEach(all, remove, { discard: true })),
        size: Effect.map(keys, (all) => all.length),
        keys,
      })
    }),
  )
