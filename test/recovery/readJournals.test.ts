import { mkdirSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { gzipSync } from "node:zlib"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { asUserError, inWords } from "../../src/cli/advice.ts"
import type { Header, JournalRecord } from "../../src/journal/JournalRecord.ts"
import { makeSeal } from "../../src/journal/Seal.ts"
import { runFooter } from "../../src/run/runRecords.ts"
import { readJournals } from "../../src/recovery/readJournals.ts"
import { recover } from "../../src/recovery/Recovery.ts"
import { temporaryFolder } from "../run/journalFile.ts"
import { accepted, header, sent } from "../summary/records.ts"

const fromFile = (startedAt = "2026-11-23T16:24:05.000Z"): typeof Header.Type => {
  const made = header()
  return { ...made, startedAt, settings: { ...made.settings, source: "orders.ndjson", load: null } }
}
const textOf = (...records: ReadonlyArray<JournalRecord>): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("")

const folderWith = (files: Readonly<Record<string, string>>) =>
  Effect.map(temporaryFolder, (folder) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return folder
  })

const whole = textOf(fromFile(), sent("1", 1), accepted("1", 2), sent("2", 3))

it.live("reads a journal that was cut at any byte, and never takes what is in doubt for what follows", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const path = join(folder, "a.ndjson")
    const sentBy = whole.indexOf("\n", whole.indexOf('"sent"'))
    const acceptedBy = whole.indexOf("\n", whole.indexOf('"accepted"'))
    for (let bytes = 0; bytes <= whole.length; bytes++) {
      writeFileSync(path, whole.slice(0, bytes))
      const { outcomes } = yield* readJournals([path])
      const fate = bytes >= acceptedBy ? "accepted" : bytes >= sentBy ? "unknown" : undefined
      expect([bytes, outcomes.of("1")]).toEqual([bytes, fate])
    }
  }).pipe(Effect.provide(NodeServices.layer)),
)

it.live("takes a folder for every journal in it, and each file once", () =>
  Effect.gen(function* () {
    const folder = yield* folderWith({ "b.ndjson": whole, "a.ndjson": "", "life.log": whole })
    writeFileSync(join(folder, "c.ndjson.gz"), gzipSync(textOf(fromFile(), sent("3", 1))))
    mkdirSync(join(folder, "old"))
    const { outcomes, journals } = yield* readJournals([
      folder,
      join(folder, "b.ndjson"),
      join(folder, "old"),
    ])
    expect(journals.map(({ file }) => basename(file))).toEqual([
      "a.ndjson",
      "b.ndjson",
      "c.ndjson.gz",
      "life.log",
    ])
    expect(new Set(outcomes.unknown.map(({ id }) => id))).toEqual(new Set(["2", "3"]))
  }).pipe(Effect.provide(NodeServices.layer)),
)

it.live("refuses a folder by the name of a folder in it that is not given, too", () =>
  Effect.gen(function* () {
    const folder = yield* folderWith({ "a.ndjson": whole })
    mkdirSync(join(folder, "old"))
    const error = yield* Effect.flip(readJournals([folder]))
    expect(error.message).toMatch(
      /old" is a folder among journals, and .*: give it too, or move it elsewhere$/,
    )
  }).pipe(Effect.provide(NodeServices.layer)),
)

it.live("refuses a folder by the name of a file in it that is no journal", () =>
  Effect.gen(function* () {
    const folder = yield* folderWith({ "a.ndjson": whole, "note.txt": "hello" })
    const error = yield* Effect.flip(readJournals([folder]))
    expect(error.reason).toBe("no-journal")
    expect(error.message).toContain("note.txt")
  }).pipe(Effect.provide(NodeServices.layer)),
)

it.live("refuses a journal whose run has ended, and of which a line is missing, changed or added", () =>
  Effect.gen(function* () {
    const footer = runFooter()
    const records = [fromFile(), sent("1", 1), accepted("1", 2), sent("2", 3), accepted("2", 4)]
    for (const record of records) footer.count(record)
    const lines = makeSeal()([...records, footer.record(5, { end: "done" }, 0)])
      .trimEnd()
      .split("\n")
    const problemWith = (changed: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const folder = yield* folderWith({ "a.ndjson": changed.map((line) => `${line}\n`).join("") })
        return yield* Effect.match(readJournals([folder]), {
          onFailure: (error) => inWords(error),
          onSuccess: () => undefined,
        })
      })
    expect(yield* problemWith(lines)).toBeUndefined()
    expect(yield* problemWith(lines.toSpliced(2, 1))).toMatch(
      /counts 2 orders accepted, and 1 are there\. Put back/,
    )
    expect(yield* problemWith(lines.toSpliced(1, 1))).toMatch(/the digest in its last line is not that/)
    expect(yield* problemWith([...lines, lines[1] ?? ""])).toMatch(/line 7 follows its end/)
    // Without its end it may have been torn.
    expect(yield* problemWith(lines.slice(0, -1))).toBeUndefined()
  }).pipe(Effect.provide(NodeServices.layer)),
)

describe("refuses in one line", () => {
  const python = "2022-11-24 10:38:06,116 - Requests: 1\n"
  it.live.each([
    { what: "a file of orders", text: '{"id":"1"}\n', said: "is not a journal" },
    { what: "a log of something else", text: python, said: "is not a journal" },
    {
      what: "a torn line that others follow",
      text: `${textOf(fromFile())}{"type":"se\n${textOf(sent("2", 1))}`,
      said: "is damaged: line 2 is no record",
    },
    {
      what: "a last line that is no record but ends",
      text: `${textOf(fromFile())}{"type":"se\n`,
      said: "is damaged: line 2 is no record",
    },
    { what: "a journal without its header", text: textOf(sent("1", 1)), said: "is not a journal" },
    {
      what: "two journals in one",
      text: textOf(fromFile(), fromFile()),
      said: "holds a second journal from line 2 on",
    },
    { what: "a newer version", text: '{"type":"header","version":99}\n', said: "is a journal of version 99" },
    { what: "orders made at random", text: textOf(header()), said: "made its orders at random" },
  ])("$what", ({ said, text }) =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "a.ndjson": text })
      const error = yield* Effect.flip(recover([join(folder, "a.ndjson")]))
      expect(asUserError(error)._tag).toBe("UsageError")
      expect(inWords(error)).toContain(said)
      expect(inWords(error)).not.toContain("\n")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.live("what is not there", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      mkdirSync(join(folder, "x"))
      const error = yield* Effect.flip(recover([join(folder, "none")]))
      expect(inWords(error)).toContain("there is no such file; give a journal, or a folder of journals")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.live("a journal without the one that it goes on from: its orders would be sent again", () =>
    Effect.gen(function* () {
      const first = fromFile()
      const lives = [{ file: "first.ndjson", startedAt: first.startedAt, seed: first.seed }]
      const second = { ...fromFile("2026-11-23T17:00:00.000Z"), resumes: lives }
      const folder = yield* folderWith({ "first.ndjson": textOf(first), "second.ndjson": textOf(second) })
      const error = yield* Effect.flip(recover([join(folder, "second.ndjson")]))
      expect(error.message).toContain(
        'goes on from "first.ndjson", of the run that began at 2026-11-23T16:24:05.000Z',
      )
      const { lives: all } = yield* recover([folder])
      expect(all.length).toBe(2)
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})
