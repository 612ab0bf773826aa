/** Keys whose state is in a real directory, or in a small disk of a test's making. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, Layer, PlatformError } from "effect"
import { StateFiles } from "../../src/keys/StateFiles.ts"
import { Boot } from "../../src/keys/Boot.ts"
import { type ClaimOptions, claimKeys } from "../../src/keys/claimKeys.ts"
import { KeyLocks, Locked } from "../../src/keys/KeyLocks.ts"
import { layerStateDirectory } from "../../src/keys/StateDirectory.ts"
import { makeKeys } from "../support/rig.ts"

/** A folder that is there as long as the scope. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "paceline-state-"))),
  (path) =>
    Effect.sync(() => {
      rmSync(path, { recursive: true, force: true })
    }),
)

export const claimOptions: ClaimOptions = {
  keys: makeKeys(1),
  directory: "nowhere",
  exchange: "http://exchange.test/api",
  limit: 1,
  windowMs: 1001.5,
  reach: { boundMs: 55, requestTimeoutMs: 5000 },
}

/** Claims keys in a directory. */
export const claimIn = (directory: string, options: Partial<ClaimOptions> = {}) =>
  Effect.provide(
    claimKeys({ ...claimOptions, directory, ...options }),
    Layer.provide(layerStateDirectory(directory), NodeFileSystem.layer),
  )

/** A disk in memory that can be told to fail or to stand still, for tests in virtual time. */
export const makeDisk = () => {
  const files = new Map<string, string>()
  const disk: { writes: number; hold: Effect.Effect<void>; problem: string | undefined } = {
    writes: 0,
    hold: Effect.void,
    problem: undefined,
  }
  const store = StateFiles.of({
    get: (key) => Effect.sync(() => files.get(key)),
    set: (key, value) =>
      Effect.suspend(() => {
        if (disk.problem !== undefined) {
          const description = disk.problem
          return Effect.fail(
            PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method: "set", description }),
          )
        }
        return Effect.andThen(
          disk.hold,
          Effect.sync(() => {
            disk.writes += 1
            files.set(key, value)
          }),
        )
      }),
    list: Effect.sync(() => [...files.keys()]),
    remove: (key) => Effect.sync(() => void files.delete(key)),
  })
  return { files, disk, store }
}

/** Locks as a machine has them. Without them lives may overlap that a crash has ended. */
export const makeLocks = (): KeyLocks["Service"] => {
  const held = new Set<string>()
  return KeyLocks.of({
    lock: (name) =>
      Effect.acquireRelease(
        Effect.suspend(() => (held.has(name) ? Effect.fail(new Locked()) : Effect.succeed(held.add(name)))),
        () => Effect.sync(() => held.delete(name)),
      ),
  })
}

/** Claims keys on such a disk, under some boot. */
export const claimOn = (
  {
    locks = { lock: () => Effect.void },
    store,
  }: Pick<ReturnType<typeof makeDisk>, "store"> & { readonly locks?: KeyLocks["Service"] },
  boot: Partial<Boot["Service"]> = {},
  options: Partial<ClaimOptions> = {},
) =>
  Effect.provide(
    claimKeys({ ...claimOptions, ...options }),
    Layer.mergeAll(
      Layer.succeed(Boot, { id: "boot-1", offsetMs: 0, doubtMs: 0, ...boot }),
      Layer.succeed(KeyLocks, locks),
      Layer.succeed(StateFiles, store),
    ),
  )
