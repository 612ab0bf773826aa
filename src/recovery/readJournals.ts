/** The journals of former lives, from files and folders: what became of their orders. */
import { join } from "node:path"
import { Effect, FileSystem, type PlatformError, Stream } from "effect"
import { quote } from "../platform/quote.ts"
import { fileProblem } from "../platform/FileProblem.ts"
import { boundedLines } from "../platform/BoundedLines.ts"
import { FormerOutcomes } from "./FormerOutcomes.ts"
import { type FormerJournal, makeJournalReader } from "./FormerJournal.ts"
import { FormerJournalUnreadable } from "./RecoveryError.ts"

/** A longer line is no record: an order's id has at most 64 characters, and an error is short. */
const MAX_LINE_BYTES = 1024 * 1024
const CHUNK_BYTES = 512 * 1024
const NEWLINE = 0x0a

/** What the files in a folder of journals are called. */
const JOURNAL_NAME = /\.ndjson$/

const unreadable = (path: string) => (error: PlatformError.PlatformError) =>
  new FormerJournalUnreadable({
    reason: "unreadable",
    message: `cannot read ${quote(path)}: ${fileProblem(error)}`,
  })

/** Whether it is a folder. */
export const isFolder = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const info = yield* Effect.mapError(fs.stat(path), unreadable(path))
  return info.type === "Directory"
})

/** The journals that these paths mean, each once: a folder stands for every `.ndjson` file in it. */
const filesOf = Effect.fnUntraced(function* (paths: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const files = yield* Effect.forEach(paths, (path) =>
    Effect.gen(function* () {
      if (!(yield* isFolder(path))) return [path]
      const names = yield* Effect.mapError(fs.readDirectory(path), unreadable(path))
      return names
        .filter((name) => JOURNAL_NAME.test(name))
        .toSorted()
        .map((name) => join(path, name))
    }),
  )
  return [...new Set(files.flat())]
})

const readJournal = Effect.fnUntraced(function* (file: string, outcomes: FormerOutcomes) {
  const fs = yield* FileSystem.FileSystem
  const reader = makeJournalReader(outcomes, file)
  const decoder = new TextDecoder()
  let lastByte: number | undefined
  const check = (problem: FormerJournalUnreadable | undefined) =>
    problem === undefined ? Effect.void : Effect.fail(problem)
  yield* fs.stream(file, { chunkSize: CHUNK_BYTES }).pipe(
    Stream.mapError(unreadable(file)),
    Stream.map((bytes) => {
      lastByte = bytes.at(-1) ?? lastByte
      return bytes
    }),
    boundedLines(MAX_LINE_BYTES),
    Stream.runForEachArray((lines) =>
      Effect.suspend(() => {
        for (const { bytes } of lines) {
          const problem = reader.line(bytes === undefined ? undefined : decoder.decode(bytes))
          if (problem !== undefined) return check(problem)
        }
        return Effect.void
      }),
    ),
  )
  yield* check(reader.end(lastByte === NEWLINE))
  return reader.journal()
})

/** What journals come to. */
export interface FormerLives {
  readonly journals: ReadonlyArray<FormerJournal>
  readonly outcomes: FormerOutcomes
}

/**
 * Reads every journal that these files and folders mean, in memory for the ids of their orders. Fails where one cannot be read, is no journal, or is damaged.
 */
export const readJournals = Effect.fnUntraced(function* (paths: ReadonlyArray<string>) {
  const outcomes = new FormerOutcomes()
  const journals = yield* Effect.forEach(yield* filesOf(paths), (file) => readJournal(file, outcomes))
  return { journals, outcomes } satisfies FormerLives
})
