/**
 * One owner a key. The operating system gives the lock to one process, and takes it back when that process dies,
 * however it dies: no lock outlives its owner, and no recycled process id can be mistaken for it.
 *
 * Node has no file locks, so the lock is SQLite's, on an empty database file. Nothing is ever written to it.
 */
import { join } from "node:path"
import { Context, Effect, FileSystem, Layer, Predicate, Schema, type Scope } from "effect"
import { StateUnusable } from "./StateError.ts"

/** Somebody holds the lock. */
export class Locked extends Schema.TaggedError<Locked>()("Locked", {}) {}

export class KeyLocks extends Context.Service<
  KeyLocks,
  {
    /** Takes the lock of this name at once, for as long as the scope, or fails at once. */
    readonly lock: (name: string) => Effect.Effect<void, Locked | StateUnusable, Scope.Scope>
  }
>()("paceline/keys/KeyLocks") {}

const SQLITE_BUSY = 5
const SQLITE_NOTADB = 26

const codeOf = (error: unknown): number | undefined =>
  Predicate.hasProperty(error, "errcode") && Predicate.isNumber(error.errcode) ? error.errcode : undefined

const why = (path: string, error: unknown): Locked | StateUnusable => {
  const code = codeOf(error)
  if (code === SQLITE_BUSY) return new Locked()
  if (code === SQLITE_NOTADB) {
    return new StateUnusable({
      reason: "not-a-lock",
      message: `${path} is not a lock of paceline`,
    })
  }
  const what = Predicate.isError(error) ? error.message : "it failed"
  return new StateUnusable({ reason: "no-lock", message: `cannot lock ${path}: ${what}` })
}

/** Locks in the files of a directory. */
export const layerKeyLocks = (directory: string): Layer.Layer<KeyLocks, never, FileSystem.FileSystem> =>
  Layer.effect(
    KeyLocks,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      // Loaded only if state is kept: older versions of Node print a warning when it is loaded.
      const { DatabaseSync } = yield* Effect.promise(() => import("node:sqlite"))

      const lock = Effect.fnUntraced(function* (name: string) {
        const path = join(directory, `${name}.lock`)
        yield* Effect.acquireRelease(
          Effect.try({
            try: () => {
              const database = new DatabaseSync(path, { timeout: 0 })
              try {
                // No journal file beside it: there is nothing to roll back.
                database.exec("PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE")
              } catch (error) {
                database.close()
                throw error
              }
              return database
            },
            catch: (error) => why(path, error),
          }),
          (database) =>
            Effect.sync(() => {
              database.close()
            }),
        )
        // Only now, and without opening it: closing another handle on the file would give back the process's locks.
        yield* Effect.ignore(fs.chmod(path, 0o600))
      })

      return KeyLocks.of({ lock })
    }),
  )
