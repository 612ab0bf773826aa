import { appendFileSync, chmodSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { openRecord, type RecordEntry } from "../../src/exchange/ExchangeRecord.ts"
import { temporaryFolder } from "../run/journalFile.ts"

const entry = (id: string): RecordEntry => ({
  key: "key-1",
  id,
  nonce: "1",
  verdict: "accepted",
  atEpochMs: 0,
})
const line = (id: string) =>
  `{"key":"key-1","id":${JSON.stringify(id)},"nonce":"1","verdict":"accepted","at":"1970-01-01T00:00:00.000Z"}\n`

const inFolder = <A, E>(use: (file: string) => Effect.Effect<A, E, NodeServices.NodeServices>) =>
  Effect.flatMap(temporaryFolder, (folder) => use(join(folder, "record"))).pipe(
    Effect.scoped,
    Effect.provide(NodeServices.layer),
  )

describe("the exchange's record", () => {
  it.live("holds what was added as soon as it is flushed, for its owner only", () =>
    inFolder((file) =>
      Effect.scoped(
        Effect.gen(function* () {
          const record = yield* openRecord(file)
          record.add(entry("1"))
          record.add(entry('"\n'))
          expect(yield* record.flush).toBe(true)
          expect(readFileSync(file, "utf8")).toBe(line("1") + line('"\n'))
          expect(statSync(file).mode & 0o777).toBe(0o600)
        }),
      ),
    ),
  )

  it.live("goes on where a former life left it, on a line of its own, and is flushed at the end", () =>
    inFolder((file) =>
      Effect.gen(function* () {
        const once = (id: string) =>
          Effect.scoped(Effect.map(openRecord(file), (record) => record.add(entry(id))))
        yield* once("1")
        appendFileSync(file, '{"key":"key-')
        yield* once("2")
        yield* once("3")
        expect(readFileSync(file, "utf8")).toBe(`${line("1")}{"key":"key-\n${line("2")}${line("3")}`)
      }),
    ),
  )

  it.live("says in one line why it cannot be opened", () =>
    inFolder((file) =>
      Effect.gen(function* () {
        const why = (path: string) => Effect.scoped(Effect.flip(openRecord(path)))
        appendFileSync(file, "")
        expect((yield* why(join(file, "..", "none", "record"))).message).toContain(
          "there is no such directory",
        )
        expect((yield* why(join(file, ".."))).message).toContain("it is a directory")
        chmodSync(file, 0o400)
        if (process.getuid?.() !== 0) {
          expect((yield* why(file)).message).toContain("no permission to write there")
        }
      }),
    ),
  )

  it.live("says that the disk is full, and takes nothing more", () =>
    Effect.gen(function* () {
      const record = yield* openRecord("/dev/full")
      record.add(entry("1"))
      expect(yield* record.flush).toBe(false)
      expect((yield* Effect.flip(record.failed)).message).toContain("cannot be written: the disk is full")
      expect(yield* record.flush).toBe(false)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
