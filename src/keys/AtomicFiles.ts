/**
 * Effect's KeyValueStore over the files of one directory, with what `KeyValueStore.layerFileSystem` does not promise:
 * a value is replaced as a whole or not at all, whenever the machine dies, and once `set` has succeeded it is on the
 * disk. Files are readable for their owner only.
 *
 * A replacement is written to a file beside the old one, synced, and renamed over it; then the directory is synced.
 * There is one writer a key (see `KeyLocks.ts`), so the name beside it is fixed, and what a crash leaves behind there
 * is overwritten by the next life.
 */
import { join } from "node:path"
import process from "node:process"
import { Effect, FileSystem, Layer, type PlatformError } from "effect"
import { KeyValueStore } from "effect/persistence"

const TEMPORARY = ".tmp"

/** Windows cannot open a directory, and needs no sync of it. */
const syncsDirectories = process.platform !== "win32"

const isSafe = (key: string): boolean => /^[a-z0-9][a-z0-9.-]*$/.test(key) && !key.endsWith(TEMPORARY)

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

      const syncDirectory = syncsDirectories
        ? Effect.scoped(Effect.flatMap(fs.open(directory, { flag: "r" }), (opened) => opened.sync))
        : Effect.void

      const replace = (path: string, text: string) =>
        Effect.gen(function* () {
          const beside = `${path}${TEMPORARY}`
          yield* Effect.scoped(
            Effect.gen(function* () {
              const file = yield* fs.open(beside, { flag: "w", mode: 0o600 })
              yield* file.writeAll(new TextEncoder().encode(text))
              yield* file.sync
            }),
          )
          yield* fs.rename(beside, path)
          yield* syncDirectory
        })

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
            // Begun, it is done: a torn replacement would only be of use to nobody.
            Effect.uninterruptible(Effect.mapError(replace(path, value), failed("set", key))),
          ),
        remove,
        clear: Effect.flatMap(keys, (all) => Effect.forEach(all, remove, { discard: true })),
        size: Effect.map(keys, (all) => all.length),
        keys,
      })
    }),
  )
