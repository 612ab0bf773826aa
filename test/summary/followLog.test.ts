/** Follows real files, on the real clock: that they are looked at now and then is what is tested. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, FileSystem, Option, Path } from "effect"
import { inWords } from "../../src/cli/advice.ts"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { makeFollower } from "../../src/summary/followLog.ts"
import { until } from "../support/until.ts"
import { accepted, footer, header, sent } from "./records.ts"

const lines = (...records: ReadonlyArray<JournalRecord>) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("")

/** Follows a file of a folder of its own; what it was told is in `told`. */
const following = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(yield* fileSystem.makeTempDirectoryScoped(), "run.ndjson")
  const told: Array<string> = []
  const tell = (text: string) => Effect.sync(() => void told.push(text))
  const follower = makeFollower(
    file,
    { keys: 5, limit: 20 },
    {},
    {
      waiting: tell("waiting"),
      replaced: (anew) => tell(anew ? "anew" : "going on"),
      looked: () => Effect.void,
    },
  )
  const fiber = yield* Effect.forkScoped(follower.follow)
  return {
    file,
    told,
    fiber,
    write: (text: string) => fileSystem.writeFileString(file, text),
    append: (text: string) => fileSystem.writeFileString(file, text, { flag: "a" }),
    rename: fileSystem.rename(file, `${file}.1`),
    accepted: (count: number) =>
      until(() => Option.exists(follower.log().summary(), (summary) => summary.orders.accepted === count)),
    summary: Effect.sync(() => Option.getOrThrow(follower.log().summary())),
  }
})

describe("a log that is followed", () => {
  it.live("is waited for, read as it grows, and ends with its footer", () =>
    Effect.gen(function* () {
      const { told, fiber, append, accepted: has, summary } = yield* following
      yield* until(() => told.includes("waiting"))
      yield* append(lines(header(), sent("a", 0), accepted("a", 10)))
      yield* has(1)
      yield* append(lines(accepted("b", 20)))
      yield* has(2)
      yield* append(lines(footer(30)))
      yield* Fiber.join(fiber)
      assert.strictEqual((yield* summary).unrecognisedLines, 0)
      assert.deepStrictEqual(told, ["waiting"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("may end in a torn line, whose rest is awaited", () =>
    Effect.gen(function* () {
      const { write, append, accepted: has, summary } = yield* following
      const torn = lines(accepted("b", 20))
      yield* write(lines(header(), accepted("a", 10)) + torn.slice(0, 30))
      yield* has(1)
      yield* append(torn.slice(30))
      yield* has(2)
      assert.strictEqual((yield* summary).unrecognisedLines, 0)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("goes on in another file that takes its place, with what was still written to the old", () =>
    Effect.gen(function* () {
      const { file, told, write, append, rename, accepted: has, summary } = yield* following
      const fileSystem = yield* FileSystem.FileSystem
      yield* write(lines(header(), accepted("a", 10)))
      yield* has(1)
      yield* rename
      yield* fileSystem.writeFileString(`${file}.1`, lines(accepted("b", 20)), { flag: "a" })
      yield* append(lines(accepted("c", 30)))
      yield* has(3)
      assert.deepStrictEqual(told.slice(-1), ["going on"])
      assert.strictEqual((yield* summary).unrecognisedLines, 0)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("goes on from the beginning of a file that was emptied", () =>
    Effect.gen(function* () {
      const { told, write, append, accepted: has } = yield* following
      yield* write(lines(header(), accepted("a", 10)))
      yield* has(1)
      yield* write("")
      yield* append(lines(accepted("b", 20)))
      yield* has(2)
      assert.deepStrictEqual(told.slice(-1), ["going on"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("begins at nothing with a new run", () =>
    Effect.gen(function* () {
      const { told, write, append, rename, accepted: has } = yield* following
      yield* write(lines(header(), accepted("a", 10), accepted("b", 20)))
      yield* has(2)
      yield* rename
      yield* append(lines(header(), accepted("c", 10)))
      yield* has(1)
      assert.deepStrictEqual(told.slice(-1), ["anew"])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("is refused where it is too new, or no file", () =>
    Effect.gen(function* () {
      const { write, fiber } = yield* following
      yield* write(`${JSON.stringify({ ...header(), version: 99 })}\n`)
      assert.match((yield* Effect.flip(Fiber.join(fiber))).message, /is a journal of version 99/)
      const listener = { waiting: Effect.void, replaced: () => Effect.void, looked: () => Effect.void }
      const folder = makeFollower("/", { keys: 5, limit: 20 }, {}, listener)
      assert.match(inWords(yield* Effect.flip(folder.follow)), /--follow: "\/" is not a file/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
