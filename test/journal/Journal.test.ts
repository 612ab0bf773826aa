import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import process from "node:process"
import { NodeServices } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, FileSystem, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import { inWords } from "../../src/cli/advice.ts"
import { openJournal } from "../../src/journal/Journal.ts"
import { readJournalLine } from "../../src/journal/journalLine.ts"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { accepted, acceptedAt, header } from "../summary/records.ts"
import { temporaryFolder } from "../run/journalFile.ts"

const unused = Effect.die("a journal does not do this")

/** A file in memory. `before` runs before every write, `sync` when it is to be synced. */
const memoryFile = (before: Effect.Effect<void> = Effect.void, sync: Effect.Effect<void> = unused) => {
  const writes: Array<string> = []
  const file: FileSystem.File = {
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    stat: unused,
    sync,
    seek: () => unused,
    read: () => unused,
    readAlloc: () => unused,
    truncate: () => unused,
    write: () => unused,
    writeAll: (bytes) =>
      Effect.andThen(
        before,
        Effect.sync(() => void writes.push(new TextDecoder().decode(bytes))),
      ),
  }
  const layer = FileSystem.layerNoop({ open: () => Effect.succeed(file) })
  return { layer, writes }
}

const textOf = (records: ReadonlyArray<JournalRecord>): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("")

it.effect("writes down within 200 ms what it was given, in order", () => {
  const { layer, writes } = memoryFile()
  return Effect.gen(function* () {
    const journal = yield* openJournal("log")
    journal.write(header())
    journal.write(accepted("1", 1))
    expect(writes).toEqual([])
    yield* TestClock.adjust("200 millis")
    expect(writes.join("")).toBe(textOf([header(), accepted("1", 1)]))
    journal.write(accepted("2", 201))
    yield* TestClock.adjust("200 millis")
    expect(writes.join("")).toBe(textOf([header(), accepted("1", 1), accepted("2", 201)]))
  }).pipe(Effect.provide(layer))
})

it.effect("writes nothing where there is nothing to write", () => {
  const { layer, writes } = memoryFile()
  return Effect.gen(function* () {
    yield* openJournal("log")
    yield* TestClock.adjust("10 seconds")
    expect(writes).toEqual([])
  }).pipe(Effect.provide(layer))
})

it.effect("writes down at once what it was given when it is asked to", () => {
  const { layer, writes } = memoryFile()
  return Effect.gen(function* () {
    const journal = yield* openJournal("log")
    journal.write(accepted("1", 1))
    yield* journal.flush
    expect(writes.join("")).toBe(textOf([accepted("1", 1)]))
  }).pipe(Effect.provide(layer))
})

it.effect("writes one batch after another, whoever asks, and each to its end, interrupted or not", () =>
  Effect.gen(function* () {
    const disk = yield* Deferred.make<void>()
    let writing = 0
    let most = 0
    const slow = Effect.suspend(() => {
      writing += 1
      most = Math.max(most, writing)
      return Effect.andThen(
        Deferred.await(disk),
        Effect.sync(() => {
          writing -= 1
        }),
      )
    })
    const { layer, writes } = memoryFile(slow)
    const journal = yield* Effect.provide(openJournal("log"), layer)
    journal.write(accepted("1", 1))
    const first = yield* Effect.forkChild(journal.flush, { startImmediately: true })
    journal.write(accepted("2", 2))
    const second = yield* Effect.forkChild(journal.flush, { startImmediately: true })
    yield* TestClock.adjust("1 second")
    first.interruptUnsafe()
    second.interruptUnsafe()
    yield* Deferred.succeed(disk, undefined)
    yield* Fiber.await(first)
    yield* Fiber.await(second)
    yield* journal.flush
    expect(most).toBe(1)
    expect(writes.join("")).toBe(textOf([accepted("1", 1), accepted("2", 2)]))
  }),
)

it.effect("holds senders back while its buffer is full, and lets them go on once it is written", () =>
  Effect.gen(function* () {
    const disk = yield* Deferred.make<void>()
    const { layer } = memoryFile(Deferred.await(disk))
    const journal = yield* Effect.provide(openJournal("log"), layer)
    for (const record of acceptedAt(1, 19_999)) journal.write(record)
    yield* journal.ready
    journal.write(accepted("one more", 1))
    const sender = yield* Effect.forkChild(journal.ready, { startImmediately: true })
    yield* TestClock.adjust("1 second")
    expect(sender.pollUnsafe()).toBe(undefined)
    yield* Deferred.succeed(disk, undefined)
    yield* Fiber.join(sender)
  }),
)

it.effect("fails once a batch cannot be written, and from then on lets nobody send and writes no more", () =>
  Effect.gen(function* () {
    let broken = true
    const { layer, writes } = memoryFile(Effect.suspend(() => (broken ? Effect.die("no disk") : Effect.void)))
    const journal = yield* Effect.provide(openJournal("log"), layer)
    const watcher = yield* Effect.forkChild(journal.failed, { startImmediately: true })
    yield* TestClock.adjust("1 second")
    expect(watcher.pollUnsafe()).toBe(undefined)
    journal.write(accepted("1", 1))
    yield* TestClock.adjust("200 millis")
    expect(Exit.isFailure(yield* Fiber.await(watcher))).toBe(true)
    broken = false
    journal.write(accepted("2", 2))
    expect(Exit.isFailure(yield* Effect.exit(journal.flush))).toBe(true)
    expect(writes).toEqual([])
    const sender = yield* Effect.forkChild(journal.ready, { startImmediately: true })
    yield* TestClock.adjust("1 hour")
    expect(sender.pollUnsafe()).toBe(undefined)
  }),
)

it.effect(
  "commits in groups: what gathers while a batch is written is written together, right after it",
  () =>
    Effect.gen(function* () {
      const { layer, writes } = memoryFile(Effect.sleep("10 millis"))
      const journal = yield* Effect.provide(openJournal("log"), layer)
      const kept: Array<string> = []
      const lane = (id: string) => {
        journal.write(accepted(id, 1))
        const waiting = Effect.map(journal.committed, (isKept) => kept.push(`${id} ${isKept}`))
        return Effect.forkChild(waiting, { startImmediately: true })
      }
      yield* lane("1")
      for (const id of ["2", "3", "4"]) yield* lane(id)
      yield* TestClock.adjust("9 millis")
      expect(kept).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect(kept).toEqual(["1 true"])
      yield* TestClock.adjust("10 millis")
      expect(kept).toEqual(["1 true", "2 true", "3 true", "4 true"])
      expect(writes).toEqual([
        textOf([accepted("1", 1)]),
        textOf([accepted("2", 1), accepted("3", 1), accepted("4", 1)]),
      ])
    }),
)

it.effect("keeps one waiting also for what is being written at the moment", () =>
  Effect.gen(function* () {
    const { layer } = memoryFile(Effect.sleep("10 millis"))
    const journal = yield* Effect.provide(openJournal("log"), layer)
    journal.write(accepted("1", 1))
    yield* Effect.forkChild(journal.committed, { startImmediately: true })
    const late = yield* Effect.forkChild(journal.committed, { startImmediately: true })
    yield* TestClock.adjust("9 millis")
    expect(late.pollUnsafe()).toBe(undefined)
    yield* TestClock.adjust("1 millis")
    expect(yield* Fiber.join(late)).toBe(true)
    expect(yield* journal.committed).toBe(true)
  }),
)

it.effect("goes on writing when one who waits is interrupted", () =>
  Effect.gen(function* () {
    const { layer, writes } = memoryFile(Effect.sleep("10 millis"))
    const journal = yield* Effect.provide(openJournal("log"), layer)
    journal.write(accepted("1", 1))
    const impatient = yield* Effect.forkChild(journal.committed, { startImmediately: true })
    yield* Fiber.interrupt(impatient)
    journal.write(accepted("2", 2))
    const patient = yield* Effect.forkChild(journal.committed, { startImmediately: true })
    yield* TestClock.adjust("20 millis")
    expect(yield* Fiber.join(patient)).toBe(true)
    expect(writes.join("")).toBe(textOf([accepted("1", 1), accepted("2", 2)]))
  }),
)

it.effect("answers who waits that nothing is kept once the file cannot be written", () =>
  Effect.gen(function* () {
    const { layer } = memoryFile(Effect.andThen(Effect.sleep("10 millis"), Effect.die("no disk")))
    const journal = yield* Effect.provide(openJournal("log"), layer)
    journal.write(accepted("1", 1))
    const first = yield* Effect.forkChild(journal.committed, { startImmediately: true })
    journal.write(accepted("2", 2))
    const second = yield* Effect.forkChild(journal.committed, { startImmediately: true })
    yield* TestClock.adjust("10 millis")
    expect([yield* Fiber.join(first), yield* Fiber.join(second)]).toEqual([false, false])
    journal.write(accepted("3", 3))
    expect(yield* journal.committed).toBe(false)
  }),
)

it.effect("waits for the disk itself where it is durable, and once for all who wait", () =>
  Effect.gen(function* () {
    let syncs = 0
    const sync = Effect.suspend(() => {
      syncs += 1
      return syncs === 1 ? Effect.void : Effect.sleep("5 millis")
    })
    const { layer } = memoryFile(Effect.void, sync)
    const journal = yield* Effect.provide(openJournal("log", { durable: true }), layer)
    // Its folder, so that the file is found again.
    expect(syncs).toBe(1)
    journal.write(accepted("1", 1))
    const first = yield* Effect.forkChild(journal.committed, { startImmediately: true })
    const second = yield* Effect.forkChild(journal.committed, { startImmediately: true })
    yield* TestClock.adjust("4 millis")
    expect(first.pollUnsafe()).toBe(undefined)
    yield* TestClock.adjust("1 millis")
    expect([yield* Fiber.join(first), yield* Fiber.join(second)]).toEqual([true, true])
    expect(syncs).toBe(2)
  }),
)

it.effect("comes to an end where a record cannot be written down, instead of waiting for it for ever", () =>
  Effect.gen(function* () {
    const { layer, writes } = memoryFile()
    const journal = yield* Effect.provide(openJournal("log"), layer)
    journal.write({ ...accepted("1", 1), t: Number.NaN })
    const waiting = yield* Effect.forkChild(journal.committed, { startImmediately: true })
    const failing = yield* Effect.forkChild(Effect.exit(journal.failed), { startImmediately: true })
    yield* TestClock.adjust("1 second")
    expect(waiting.pollUnsafe()).toEqual(Exit.succeed(false))
    expect(failing.pollUnsafe()).toBeDefined()
    expect(writes).toEqual([])
  }),
)

// From here on with real files.

it.live("syncs a real file and its folder", () =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "log")
    const journal = yield* openJournal(path, { durable: true })
    journal.write(header())
    expect(yield* journal.committed).toBe(true)
    expect(readFileSync(path, "utf8")).toBe(textOf([header()]))
  }).pipe(Effect.provide(NodeServices.layer)),
)

it.live("makes a file that only its owner can read, and holds what was written", () =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "log")
    const scope = yield* Scope.make()
    const journal = yield* Scope.provide(openJournal(path), scope)
    const records = [header(), ...acceptedAt(5, 5000), accepted("ü\u2028\n\u{1f600}", 6)]
    for (const record of records) journal.write(record)
    yield* journal.flush
    yield* Scope.close(scope, Exit.void)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const lines = readFileSync(path, "utf8").split("\n")
    expect(lines.pop()).toBe("")
    expect(lines.map((line) => Option.getOrThrow(readJournalLine(line)))).toEqual(records)
  }).pipe(Effect.provide(NodeServices.layer)),
)

it.live("takes an empty file", () =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "log")
    writeFileSync(path, "")
    const journal = yield* openJournal(path)
    journal.write(accepted("1", 1))
    yield* journal.flush
    expect(readFileSync(path, "utf8")).toBe(textOf([accepted("1", 1)]))
  }).pipe(Effect.provide(NodeServices.layer)),
)

const asRoot = process.getuid?.() === 0

const refusals: ReadonlyArray<{
  readonly what: string
  readonly prepare: (path: string) => string
  readonly said: string
}> = [
  {
    what: "a file that holds something",
    prepare: (path) => {
      writeFileSync(join(path, "log"), "precious")
      return join(path, "log")
    },
    said: "--log {} exists and is not empty: a journal is never written over. Choose another file, or remove it",
  },
  {
    what: "a directory",
    prepare: (path) => {
      mkdirSync(join(path, "logs"))
      return join(path, "logs")
    },
    said: "--log {} is a directory: name a file in it",
  },
  {
    what: "a directory that is not there",
    prepare: (path) => join(path, "none", "log"),
    said: "cannot write the journal {}: there is no such directory. Choose another file with --log",
  },
  {
    what: "a file in the place of its directory",
    prepare: (path) => {
      writeFileSync(join(path, "file"), "precious")
      return join(path, "file", "log")
    },
    said: "cannot write the journal {}: ",
  },
  ...(asRoot
    ? []
    : [
        {
          what: "a directory that may not be written to",
          prepare: (path: string) => {
            chmodSync(path, 0o500)
            return join(path, "log")
          },
          said: "cannot write the journal {}: no permission to write there. Choose another file with --log",
        },
      ]),
]

it.live.each(refusals)("refuses $what in one line, and leaves it as it is", ({ prepare, said }) =>
  Effect.gen(function* () {
    const path = prepare(yield* temporaryFolder)
    const error = yield* Effect.flip(openJournal(path))
    expect(error._tag).toBe("JournalNotOpened")
    expect(inWords(error)).toContain(said.replace("{}", path))
    expect(inWords(error)).not.toMatch(/\n/)
    const info = statSync(path, { throwIfNoEntry: false })
    if (info?.isFile() === true) expect(readFileSync(path, "utf8")).toBe("precious")
  }).pipe(Effect.provide(NodeServices.layer)),
)

it.live("takes another name where ours is taken, and no file of anybody's", () =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "log.ndjson")
    writeFileSync(path, "precious")
    const names = yield* Effect.forEach(
      Array.from({ length: 20 }),
      () => Effect.map(openJournal(path, { orAnother: true }), (journal) => basename(journal.path)),
      { concurrency: "unbounded" },
    )
    const expected = Array.from({ length: 20 }, (_, n) => `log-${n + 2}.ndjson`)
    expect(names.toSorted()).toEqual(expected.toSorted())
    expect(readFileSync(path, "utf8")).toBe("precious")
    // An empty file may be another run's that has only just begun.
    expect((yield* openJournal(path, { orAnother: true })).path).toBe(path.replace("log", "log-22"))
    expect(statSync(join(path, "..", "log-2.ndjson")).mode & 0o777).toBe(0o600)
    const nowhere = join(path, "..", "missing", "log.ndjson")
    const error = yield* Effect.flip(openJournal(nowhere, { orAnother: true }))
    expect(error.message).toContain(`cannot write the journal ${nowhere}: there is no such directory`)
  }).pipe(Effect.provide(NodeServices.layer)),
)

it.live.runIf(process.platform === "linux")("says so in one line where the disk is full", () =>
  Effect.gen(function* () {
    const journal = yield* openJournal("/dev/full")
    journal.write(header())
    const error = yield* Effect.flip(journal.failed)
    expect(error._tag).toBe("JournalUnwritable")
    expect(inWords(error)).toBe(
      "the journal /dev/full cannot be written: the disk is full. The run was stopped; free space or choose another file with --log",
    )
    expect(yield* Effect.flip(journal.flush)).toBe(error)
  }).pipe(Effect.provide(NodeServices.layer)),
)
