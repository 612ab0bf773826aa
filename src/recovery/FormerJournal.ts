/**
 * Reads the journal of a former life line by line, strictly: what cannot be read might say that an order was sent.
 *
 * Only its end may be torn, for a crash tears what was being written. Nothing depends on that: a torn record of a
 * request was not yet kept, so the request never left; and an order whose outcome is torn counts as unknown. A journal whose
 * run has ended must be whole: its last line has counted its outcomes, and has the digest of all before it.
 */
import {
  type Footer,
  type Header,
  JOURNAL_VERSION,
  type JournalRecord,
  type OutcomeRecord,
} from "../journal/JournalRecord.ts"
import { counted } from "../platform/counted.ts"
import { FileDigest } from "../journal/FileDigest.ts"
import { type LogReader, makeLogReader } from "../journal/LogReader.ts"
import { quote } from "../platform/quote.ts"
import type { FormerOutcomes } from "./FormerOutcomes.ts"
import { FormerJournalUnreadable } from "./RecoveryError.ts"

/** What a journal says of its life as a whole. */
export interface FormerJournal {
  readonly file: string
  /** Undefined where the client died before it had written a line: it has sent nothing. */
  readonly header: typeof Header.Type | undefined
  /** The run ended in order; otherwise it was killed, or is still under way. */
  readonly isEnded: boolean
}

export interface FormerJournalReader extends Pick<LogReader, "push"> {
  readonly end: () => void
  /** What is wrong with the journal so far. */
  readonly problem: () => FormerJournalUnreadable | undefined
  readonly journal: () => FormerJournal
}

/** Ids that are kept, of all journals together: about a gigabyte, as many as a file of orders may hold. */
const MAX_ORDERS = 10_000_000

const BEGINNING = '{"type":"header"'

const isBeginning = (line: string): boolean => line.startsWith(BEGINNING) || BEGINNING.startsWith(line)

type OutcomeCounts = Readonly<Record<OutcomeRecord["outcome"], number>>

/** What is wrong with a journal, in words that go on from the file's name. */
const NO_JOURNAL = ["no-journal", "is not a journal: its first line is no header"] as const
const PYTHON_LOG = [
  "no-journal",
  "is a Python client's log, which does not say what was sent, and not a journal",
] as const
const TOO_MANY = [
  "too-many",
  `is one too many: the ids of more than ${MAX_ORDERS.toLocaleString("en")} orders cannot be kept`,
] as const
const damaged = (line: number) =>
  ["damaged", `is damaged: line ${line} is no record, and only the last line may be torn`] as const
const tooNew = (version: number) =>
  [
    "newer",
    `is a journal of version ${version}, and this paceline reads up to version ${JOURNAL_VERSION}`,
  ] as const
const changed = (how: string) => ["changed", `is not what its run has written: ${how}`] as const
const twoJournals = (line: number) => ["two-journals", `holds a second journal from line ${line} on`] as const

/** What a journal's end says otherwise than its lines; undefined where it says the same. */
const missing = (footer: typeof Footer.Type, counts: OutcomeCounts, sha256: string): string | undefined => {
  for (const name of ["accepted", "rejected", "expired", "unknown", "cancelled"] as const) {
    if (footer[name] !== counts[name])
      return `its last line counts ${counted(footer[name], "order")} ${name}, and ${counts[name]} are there`
  }
  return footer.digest === undefined || footer.digest === sha256
    ? undefined
    : "the digest in its last line is not that of the lines before it"
}

export const makeJournalReader = (outcomes: FormerOutcomes, file: string): FormerJournalReader => {
  const life = outcomes.life(file)
  let header: typeof Header.Type | undefined
  const digest = new FileDigest()
  const counts = { accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 }
  let footer: typeof Footer.Type | undefined
  /** The number of a line that is no record: it must turn out to be the last, and without its newline. */
  let torn: number | undefined
  let problem: FormerJournalUnreadable | undefined

  const wrong = ([reason, said]: readonly [FormerJournalUnreadable["reason"], string]): void => {
    problem ??= new FormerJournalUnreadable({ reason, message: `${quote(file)} ${said}` })
  }

  const take = (record: JournalRecord, line: number): void => {
    if (problem !== undefined) return
    if (torn !== undefined) return wrong(damaged(torn))
    if (line === 1 && record.type !== "header") return wrong(NO_JOURNAL)
    if (record.type === "header") {
      if (line > 1) return wrong(twoJournals(line))
      header = record
    }
    if (footer !== undefined) return wrong(changed(`line ${line} follows its end`))
    if (record.type === "footer") footer = record
    if (record.type === "outcome") counts[record.outcome] += 1
    life.record(record)
    if (outcomes.size > MAX_ORDERS) wrong(TOO_MANY)
  }

  const takeUnread = (text: string | undefined, line: number, newerVersion: number | undefined): void => {
    if (torn !== undefined) return wrong(damaged(torn))
    if (newerVersion !== undefined) return wrong(tooNew(newerVersion))
    if (line === 1 && !isBeginning(text ?? "?")) return wrong(NO_JOURNAL)
    torn = line
  }

  const reader = makeLogReader({
    record: (record) => {
      take(record, reader.lines())
    },
    python: () => {
      wrong(torn === undefined ? PYTHON_LOG : damaged(torn))
    },
    unread: (text) => {
      takeUnread(text, reader.lines(), reader.newerVersion())
    },
  })

  return {
    push: (bytes) => {
      digest.add(bytes)
      reader.push(bytes)
    },
    end: () => {
      const isTerminated = reader.end()
      if (torn !== undefined && (isTerminated || footer !== undefined)) wrong(damaged(torn))
      const how = footer && missing(footer, counts, digest.end())
      if (how !== undefined) wrong(changed(how))
      if (problem === undefined) life.end()
    },
    problem: () => problem,
    journal: () => ({ file, header, isEnded: footer !== undefined }),
  }
}
