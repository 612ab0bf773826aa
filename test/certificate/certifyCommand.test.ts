import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Runtime } from "effect"
import { TestConsole } from "effect/testing"
import { commandLine } from "../../src/cli/shell.ts"
import { summarise } from "../../src/cli/summarise.ts"
import { openJournal } from "../../src/journal/Journal.ts"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { accepted, footer as footerAt, header, rejected, sent } from "../summary/records.ts"
import { inFolder } from "../run/journalFile.ts"

const pythonLog = fileURLToPath(new URL("../fixtures/python-client-2x.log", import.meta.url))

const footer = footerAt(20, { created: 1, accepted: 1 })
const journal = [header(), sent("1", 10), accepted("1", 20, { createdAt: 10, sent: 10 }), footer]

/** Runs the command with --certify; gives what it has printed since the test began. */
const certify = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  yield* commandLine(summarise, ["--certify", ...args])
  return (yield* TestConsole.logLines).join("\n")
})

/** Writes a journal as a run does. */
const write = (file: string, records: ReadonlyArray<JournalRecord>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const open = yield* openJournal(file)
      for (const record of records) open.write(record)
      yield* open.flush
    }),
  )

describe("paceline summarise --certify", () => {
  it.effect("prints the proof, with the digest that the writer has left", () =>
    Effect.gen(function* () {
      const file = (yield* inFolder)("run.ndjson")
      yield* write(file, journal)
      const printed = yield* certify(file)
      assert.include(printed, `${file}: certified\n`)
      assert.match(printed, /holds +digest +the file is, byte for byte/)
      assert.match(printed, /key-1 +1 +- +-/)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("reads what gzip has packed, and its digest is that of what was packed", () =>
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const file = yield* inFolder
      yield* write(file("run.ndjson"), journal)
      yield* fileSystem.writeFile(
        file("run.ndjson.gz"),
        gzipSync(yield* fileSystem.readFile(file("run.ndjson"))),
      )
      const printed = yield* certify(file("run.ndjson.gz"))
      assert.match(printed, /holds +digest +the file is, byte for byte/)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("says that the exchange refused all the same, and fails with status 3", () =>
    Effect.gen(function* () {
      const file = (yield* inFolder)("run.ndjson")
      const records = [
        header(),
        sent("1", 9000),
        rejected("1", 9040, "rate-limit", { createdAt: 9000, sent: 9000 }),
        footerAt(9050, { created: 1, rejected: 1 }),
      ]
      yield* write(file, records)
      const failure = yield* Effect.flip(commandLine(summarise, ["--certify", file]))
      const printed = (yield* TestConsole.logLines).join("\n")
      const sentence =
        "The client kept its rules, and the exchange refused 1 request all the same (1 for the rate limit), so something that was assumed did not hold: "
      assert.include(printed, `${file}: certified, yet the exchange refused\n\n${sentence}`)
      assert.include(String(failure), `${file}: ${sentence}`)
      assert.strictEqual(Runtime.getErrorExitCode(failure), 3)
      const json = yield* Effect.flip(commandLine(summarise, ["--certify", "--format", "json", file]))
      assert.strictEqual(Runtime.getErrorExitCode(json), 3)
      // A journal that is not certified is worse.
      yield* write(`${file}.2`, records.slice(2))
      const both = yield* Effect.flip(commandLine(summarise, ["--certify", file, `${file}.2`]))
      assert.strictEqual(Runtime.getErrorExitCode(both), 1)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("names file and line of a byte that was changed, and fails", () =>
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const file = (yield* inFolder)("run.ndjson")
      yield* write(file, journal)
      const text = yield* fileSystem.readFileString(file)
      yield* fileSystem.writeFileString(file, text.replace('"settled":20', '"settled":19'))
      const error = yield* Effect.flip(certify("--format", "json", file))
      assert.strictEqual(error._tag, "CommandFailed")
      assert.include(String(error), `not certified: ${file}:4: the footer's digest is not that`)
      assert.include((yield* TestConsole.logLines).join("\n"), '"certified": false')
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect(
    "prints several as text one after the other, and as JSON in an array, and fails if one is refused",
    () =>
      Effect.gen(function* () {
        const fileSystem = yield* FileSystem.FileSystem
        const file = yield* inFolder
        yield* write(file("good.ndjson"), journal)
        yield* fileSystem.writeFileString(file("bad.ndjson"), `${JSON.stringify(journal[1])}\n`)
        const error = yield* Effect.flip(certify(file("good.ndjson"), file("bad.ndjson")))
        assert.include(String(error), `${file("bad.ndjson")}:1: the journal does not begin with a header`)
        const printed = (yield* TestConsole.logLines).join("\n")
        assert.include(printed, `${file("good.ndjson")}: certified\n`)
        assert.include(printed, `${file("bad.ndjson")}: NOT certified\n`)
        assert.include(printed, `  ${file("bad.ndjson")}:1: {"type":"sent","t":10,`)
        const json = yield* Effect.andThen(
          Effect.flip(certify("--format", "json", file("good.ndjson"), file("bad.ndjson"))),
          TestConsole.logLines,
        )
        assert.match(String(json.at(-1)), /^\[\n {2}\{\n {4}"file": ".*good.ndjson",\n {4}"certified": true/)
      }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("certifies what a killed run has left", () =>
    Effect.gen(function* () {
      const file = (yield* inFolder)("run.ndjson")
      yield* write(file, journal.slice(0, 2))
      const printed = yield* certify(file)
      assert.include(printed, "The journal was cut off")
      assert.include(printed, "1 order was in flight, and may have been executed: 1.")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("refuses what cannot be certified: wrong usage, and no figures are printed", () =>
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const file = yield* inFolder
      yield* fileSystem.writeFileString(
        file("new.ndjson"),
        `${JSON.stringify({ ...header(), version: 4 })}\n`,
      )
      yield* fileSystem.writeFileString(file("empty.ndjson"), "")
      const refused = [
        { args: [pythonLog], says: /Python client's log, which does not say when requests left/ },
        { args: [file("new.ndjson")], says: /journal of version 4/ },
        { args: [file("empty.ndjson")], says: /is empty/ },
        { args: ["--format", "classic", pythonLog], says: /the form classic has no room/ },
        { args: ["--format", "csv", pythonLog], says: /the form csv has no room/ },
        ...[["--append", file("all.txt")], ["--since", "1s"], ["--key", "key-1"], ["--follow"]].map(
          (flags) => ({
            args: [...flags, pythonLog],
            says: /judges a journal as a whole/,
          }),
        ),
        { args: [file("none.ndjson")], says: /cannot read/ },
      ]
      for (const { args, says } of refused) {
        const error = yield* Effect.flip(certify(...args))
        assert.strictEqual(error._tag, "UsageError")
        assert.match(String(error), says)
      }
      assert.deepStrictEqual(yield* TestConsole.logLines, [])
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})
