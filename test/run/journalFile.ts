/** Journals of tests: where they are written, and what they hold. */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Option } from "effect"
import { readJournalLine } from "../../src/journal/journalLine.ts"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"

/** A folder that is there as long as the scope. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "paceline-test-"))),
  (path) =>
    Effect.sync(() => {
      // A test may have taken away the right to write.
      chmodSync(path, 0o700)
      rmSync(path, { recursive: true })
    }),
)

/** The paths of files in one. */
export const inFolder = Effect.map(temporaryFolder, (path) => (name: string) => join(path, name))

/** The records of a journal. Dies of a line that is none, also of a torn last one. */
export const readJournal = (path: string): ReadonlyArray<JournalRecord> =>
  readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => Option.getOrThrowWith(readJournalLine(line), () => new Error(`no record: ${line}`)))

type OfType<T extends JournalRecord["type"]> = Extract<JournalRecord, { readonly type: T }>

export const ofType = <T extends JournalRecord["type"]>(
  records: ReadonlyArray<JournalRecord>,
  type: T,
): ReadonlyArray<OfType<T>> => records.filter((record): record is OfType<T> => record.type === type)

/** What must hold of every complete journal; says in words where it does not. */
export const flawsOf = (records: ReadonlyArray<JournalRecord>): ReadonlyArray<string> => {
  const flaws: Array<string> = []
  if (records[0]?.type !== "header") flaws.push("it does not begin with a header")
  if (records.at(-1)?.type !== "footer") flaws.push("it does not end with a footer")
  if (records.some((record, index) => record.t < (records[index - 1]?.t ?? 0))) {
    flaws.push("its time runs backwards")
  }
  const outcomes = new Map<string, number>()
  for (const { id } of ofType(records, "outcome")) outcomes.set(id, (outcomes.get(id) ?? 0) + 1)
  for (const [id, count] of outcomes) if (count > 1) flaws.push(`${id} has ${count} outcomes`)
  for (const { id } of ofType(records, "sent")) if (!outcomes.has(id)) flaws.push(`${id} has no outcome`)
  const returns = new Map<string, number>()
  for (const { id } of ofType(records, "returned")) returns.set(id, (returns.get(id) ?? 0) + 1)
  for (const { id, attempt } of ofType(records, "sent")) {
    if (attempt > (returns.get(id) ?? 0) + 1) flaws.push(`${id} was sent again without having come back`)
  }
  const nonces = new Map<string, number>()
  for (const { key, nonce } of ofType(records, "sent")) {
    if (nonce <= (nonces.get(key) ?? 0))
      flaws.push(`${key} went back from nonce ${nonces.get(key)} to ${nonce}`)
    nonces.set(key, nonce)
  }
  const footer = ofType(records, "footer")[0]
  const counted = { accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 }
  for (const { outcome } of ofType(records, "outcome")) counted[outcome] += 1
  for (const name of ["accepted", "rejected", "expired", "unknown", "cancelled"] as const) {
    if (footer?.[name] !== counted[name])
      flaws.push(`its footer says ${footer?.[name]} ${name}, not ${counted[name]}`)
  }
  if (footer?.created !== outcomes.size) {
    flaws.push(`its footer says ${footer?.created} created, not ${outcomes.size}`)
  }
  return flaws
}
