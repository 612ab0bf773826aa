/** State files: replaced as a whole, and refused where they are not what they should be. On a real directory. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, PlatformError, Result, type Scope } from "effect"
import { layerStateFiles, StateFiles } from "../../src/keys/StateFiles.ts"
import { inWords } from "../../src/cli/advice.ts"
import { keyName } from "../../src/keys/claimKeys.ts"
import { decodeKeyRecord, encodeKeyRecord, type KeyRecord } from "../../src/keys/KeyRecord.ts"
import { makeKeys } from "../support/rig.ts"
import { claimIn, claimOptions, temporaryFolder } from "./support.ts"

const record: KeyRecord = {
  stopped: true,
  lastNonce: 1_795_000_000_000,
  rateLimitErrors: { "http://exchange.test/api": 3 },
  bootId: "some-boot",
  arrivedByMs: 12.5,
  unansweredUntilMs: null,
  arrivalsMs: [3, 12.5],
  windowMs: 1001.5,
  reachMs: 55,
}

/** A file system that does its first so many steps and then no more, as when the machine dies; it keeps a list. */
const mortal = (fs: FileSystem.FileSystem, steps: Array<string>, dieAfter: number): FileSystem.FileSystem => {
  const dead = PlatformError.systemError({
    _tag: "Unknown",
    module: "FileSystem",
    method: "any",
    description: "dead",
  })
  const step = <A, R>(name: string, effect: Effect.Effect<A, PlatformError.PlatformError, R>) =>
    Effect.suspend(() => {
      if (steps.length >= dieAfter) return Effect.fail(dead)
      steps.push(name)
      return effect
    })
  return {
    ...fs,
    open: (path, options) =>
      Effect.map(
        step(
          `open ${options?.flag ?? ""} ${options?.mode?.toString(8) ?? ""}`.trim(),
          fs.open(path, options),
        ),
        (file) => ({
          ...file,
          writeAll: (bytes: Uint8Array) => step("write", file.writeAll(bytes)),
          sync: step("sync", file.sync),
        }),
      ),
    rename: (from, to) => step("rename", fs.rename(from, to)),
  }
}

const withStore = <A, E>(
  directory: string,
  use: (store: StateFiles["Service"]) => Effect.Effect<A, E>,
  wrap: (fs: FileSystem.FileSystem) => FileSystem.FileSystem = (fs) => fs,
) =>
  Effect.flatMap(StateFiles, use).pipe(
    Effect.provide(
      layerStateFiles(directory).pipe(
        Layer.provide(Layer.effect(FileSystem.FileSystem, Effect.map(FileSystem.FileSystem, wrap))),
        Layer.provide(NodeFileSystem.layer),
      ),
    ),
  )

const test = (name: string, body: Effect.Effect<void, unknown, Scope.Scope>) => it.live(name, () => body)

describe("a state file", () => {
  test(
    "is written beside, synced, put in its place, and the directory synced, before it counts as written",
    Effect.gen(function* () {
      const directory = yield* temporaryFolder
      const steps: Array<string> = []
      yield* withStore(
        directory,
        (store) => store.set("a.json", "new"),
        (fs) => mortal(fs, steps, 100),
      )
      expect(steps).toEqual(["open w 600", "write", "sync", "rename", "open r", "sync"])
      expect(readdirSync(directory)).toEqual(["a.json"])
    }),
  )

  test(
    "holds the old or the new value whenever the machine dies, and can be written again",
    Effect.gen(function* () {
      for (let dieAfter = 0; dieAfter < 6; dieAfter++) {
        const directory = yield* temporaryFolder
        yield* withStore(directory, (store) => store.set("a.json", "old"))
        const cut = yield* withStore(
          directory,
          (store) => Effect.exit(store.set("a.json", "new")),
          (fs) => mortal(fs, [], dieAfter),
        )
        expect(cut._tag).toBe("Failure")
        const left = yield* withStore(directory, (store) => store.get("a.json"))
        expect(left).toBe(dieAfter < 4 ? "old" : "new")
        yield* withStore(directory, (store) => store.set("a.json", "newer"))
        expect(readFileSync(join(directory, "a.json"), "utf8")).toBe("newer")
        // What was left beside it is gone, and was never taken for a value.
        expect(readdirSync(directory)).toEqual(["a.json"])
      }
    }),
  )

  test(
    "is undefined before it is written and after it is removed, and can be removed twice",
    Effect.gen(function* () {
      const directory = yield* temporaryFolder
      yield* withStore(directory, (store) =>
        Effect.gen(function* () {
          expect(yield* store.get("a.json")).toBe(undefined)
          yield* store.set("a.json", "1")
          yield* store.set("b.json", "2")
          expect(yield* store.get("a.json")).toBe("1")
          yield* store.remove("a.json")
          yield* store.remove("a.json")
          expect(yield* store.get("a.json")).toBe(undefined)
          expect(yield* store.get("b.json")).toBe("2")
        }),
      )
    }),
  )

  it("says what it was, after having been written", () => {
    expect(decodeKeyRecord(encodeKeyRecord(record))).toEqual(Result.succeed(record))
  })

  it("of version 1 is read, and says nothing of single requests", () => {
    const text = `{
  "program": "paceline",
  "kind": "key-state",
  "version": 1,
  "check": "548f699c86e9c64c",
  "state": {
    "stopped": true,
    "lastNonce": 1795000000000,
    "rateLimitErrors": {
      "http://exchange.test/api": 3
    },
    "bootId": "some-boot",
    "arrivedByMs": 12.5,
    "unansweredUntilMs": null,
    "windowMs": 1001.5,
    "reachMs": 55
  }
}
`
    expect(decodeKeyRecord(text)).toEqual(Result.succeed({ ...record, arrivalsMs: null }))
  })

  it("is refused for any change of a figure in it, and for any part of it that is missing", () => {
    const text = encodeKeyRecord(record)
    for (let at = 0; at < text.length - 1; at++) {
      expect(Result.isFailure(decodeKeyRecord(text.slice(0, at)))).toBe(true)
      const digit = text[at] ?? ""
      if (!/\d/.test(digit)) continue
      const changed = `${text.slice(0, at)}${(Number(digit) + 1) % 10}${text.slice(at + 1)}`
      expect(Result.isFailure(decodeKeyRecord(changed))).toBe(true)
    }
  })

  const [key] = makeKeys(1)
  const name = key === undefined ? "" : keyName(key)
  const refused: Readonly<Record<string, { readonly text: string; readonly says: RegExp }>> = {
    "that is empty": {
      text: "",
      says: /\.json \(what is remembered of key-1\) is damaged\. Put back .*; or, /,
    },
    "that is torn": { text: encodeKeyRecord(record).slice(0, 100), says: /is damaged\. / },
    "that was changed": {
      text: encodeKeyRecord(record).replace("1795", "1695"),
      says: /is damaged\. .* its nonces then go on from the wall clock, and its rate-limit errors are forgotten$/,
    },
    "of another program": { text: '{"hello":1}', says: /is not a state file of paceline\. / },
    "of a newer version": {
      text: encodeKeyRecord(record).replace('"version": 2', '"version": 4'),
      says: /was written by a newer version of paceline \(form 4\)\. Use that version$/,
    },
  }
  for (const [what, { says, text }] of Object.entries(refused)) {
    test(
      `${what} is refused with its name and the way out, and left as it is`,
      Effect.gen(function* () {
        const directory = yield* temporaryFolder
        const path = join(directory, `${name}.json`)
        writeFileSync(path, text)
        const error = yield* Effect.flip(Effect.scoped(claimIn(directory)))
        expect(error._tag).toBe("StateUnusable")
        expect(inWords(error)).toContain(path)
        expect(inWords(error)).toMatch(says)
        expect(inWords(error)).not.toContain("\n")
        expect(readFileSync(path, "utf8")).toBe(text)
        // It is not locked any more either.
        writeFileSync(path, encodeKeyRecord(record))
        const { remembered } = yield* claimIn(directory, { exchange: "http://exchange.test/api" })
        expect(remembered[0]?.rateLimitErrors).toBe(3)
      }),
    )
  }

  test(
    "or a lock that is something else is refused with its name",
    Effect.gen(function* () {
      const directory = yield* temporaryFolder
      mkdirSync(join(directory, `${name}.json`))
      const unreadable = yield* Effect.flip(Effect.scoped(claimIn(directory)))
      expect(inWords(unreadable)).toMatch(
        /^cannot read .*\.json \(what is remembered of key-1\): it is a directory\. /,
      )
      const other = yield* temporaryFolder
      writeFileSync(join(other, `${name}.lock`), "this is no database, nor anything else\n".repeat(20))
      const foreign = yield* Effect.flip(Effect.scoped(claimIn(other)))
      expect(inWords(foreign)).toMatch(/\.lock is not a lock of paceline\. Remove it, /)
      const third = yield* temporaryFolder
      mkdirSync(join(third, `${name}.lock`))
      const blocked = yield* Effect.flip(Effect.scoped(claimIn(third)))
      expect(inWords(blocked)).toMatch(/^cannot lock .*\.lock: unable to open database file\. /)
    }),
  )

  test(
    "needs a directory",
    Effect.gen(function* () {
      const directory = yield* temporaryFolder
      writeFileSync(join(directory, "file"), "")
      for (const path of [join(directory, "file"), join(directory, "file", "below")]) {
        const error = yield* Effect.flip(Effect.scoped(claimIn(path, { keys: claimOptions.keys })))
        expect(error._tag).toBe("StateUnusable")
        expect(inWords(error)).toBe(
          `cannot make the state directory ${path}: a file is in its place. Name another with --state`,
        )
      }
    }),
  )
})
