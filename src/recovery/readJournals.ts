/** The journals of former lives, from files and folders: what became of their orders. */
import { join, resolve } from "node:path"
import { Effect, FileSystem, Stream } from "effect"
import { quote } from "../platform/quote.ts"
import { fileBytes, type UnreadableLog, unreadableLog } from "../journal/logBytes.ts"
import { FormerOutcomes, type ResumeTerms } from "./FormerOutcomes.ts"
import { type FormerJournal, makeJournalReader } from "./FormerJournal.ts"
import { FormerJournalUnreadable } from "./RecoveryError.ts"

const unreadable = (path: string) => (error: UnreadableLog) =>
  new FormerJournalUnreadable({
    reason: "unreadable",
    message: `cannot read ${quote(path)}: ${error.problem}`,
  })

export const isFolder = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const info = yield* fs.stat(path).pipe(Effect.mapError(unreadableLog), Effect.mapError(unreadable(path)))
  return info.type === "Directory"
})

/**
 * The journals that these paths mean, each once: a folder stands for every file in it, whatever it is called. What would be
 * passed over there may say what was sent: a folder in it must be given, too.
 */
const filesOf = Effect.fnUntraced(function* (paths: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const given = new Set(paths.map((path) => resolve(path)))
  const files = yield* Effect.forEach(paths, (path) =>
    Effect.gen(function* () {
      if (!(yield* isFolder(path))) return [path]
      const names = yield* fs
        .readDirectory(path)
        .pipe(Effect.mapError(unreadableLog), Effect.mapError(unreadable(path)))
      const inside = names.toSorted().map((name) => join(path, name))
      const folders = yield* Effect.filter(inside, isFolder)
      const unread = folders.find((folder) => !given.has(resolve(folder)))
      if (unread !== undefined) {
        return yield* new FormerJournalUnreadable({
          reason: "no-journal",
          message: `${quote(unread)} is a folder among journals, and what it holds is not known: give it too, or move it elsewhere`,
        })
      }
      return inside.filter((path) => !folders.includes(path))
    }),
  )
  return [...new Set(files.flat())]
})

const readJournal = Effect.fnUntraced(function* (file: string, outcomes: FormerOutcomes) {
  const reader = makeJournalReader(outcomes, file)
  const check = Effect.suspend(() => {
    const problem = reader.problem()
    return problem === undefined ? Effect.void : Effect.fail(problem)
  })
  yield* Stream.runForEachArray(Stream.mapError(fileBytes(file), unreadable(file)), (chunks) => {
    for (const chunk of chunks) reader.push(chunk)
    return check
  })
  reader.end()
  yield* check
  return reader.journal()
})

export interface FormerLives {
  readonly journals: ReadonlyArray<FormerJournal>
  readonly outcomes: FormerOutcomes
}

/**
 * Reads every journal that these files and folders mean, in memory for the ids of their orders. Fails where one cannot be read, is no journal, or is damaged.
 */
export const readJournals = Effect.fnUntraced(function* (paths: ReadonlyArray<string>, terms?: ResumeTerms) {
  const outcomes = new FormerOutcomes(terms)
  const journals = yield* Effect.forEach(yield* filesOf(paths), (file) => readJournal(file, outcomes))
  return { journals, outcomes } satisfies FormerLives
})
