/**
 * Reads the journal of a former life line by line, strictly: what cannot be read might say that an order was sent.
 *
 * Only its end may be torn, for a crash tears what was being written. Nothing depends on that: a torn record of a
 * request was not yet kept, so the request never left; and an order whose outcome is torn counts as unknown.
 */
import { Option } from "effect"
import { newerVersion, readJournalLine } from "../journal/JournalReader.ts"
import { type Header, JOURNAL_VERSION } from "../journal/JournalRecord.ts"
import { readPythonLine } from "../journal/PythonLog.ts"
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

/** Reads one journal. */
export interface FormerJournalReader {
  /** Takes the next line, without its newline; undefined stands for one too long to be kept. Answers what is wrong. */
  readonly line: (text: string | undefined) => FormerJournalUnreadable | undefined
  /** No line follows. `isTerminated` says whether the last one ended in a newline. Answers what is wrong. */
  readonly end: (isTerminated: boolean) => FormerJournalUnreadable | undefined
  /** What is known so far. */
  readonly journal: () => FormerJournal
}

/** Ids that are kept, of all journals together: about a gigabyte, as many as a file of orders may hold. */
const MAX_ORDERS = 10_000_000

/** How every journal begins. */
const BEGINNING = '{"type":"header"'

const isBeginning = (line: string): boolean => line.startsWith(BEGINNING) || BEGINNING.startsWith(line)

/** Makes a reader that tells `outcomes` what it reads. */
export const makeJournalReader = (outcomes: FormerOutcomes, file: string): FormerJournalReader => {
  const life = outcomes.life(file)
  let header: typeof Header.Type | undefined
  let isEnded = false
  let lines = 0
  const wrong = (reason: FormerJournalUnreadable["reason"], problem: string) =>
    new FormerJournalUnreadable({ reason, message: `${quote(file)} ${problem}` })
  const noJournal = (line: string) =>
    wrong(
      "no-journal",
      readPythonLine(line) === undefined
        ? "is not a journal: its first line is no header"
        : "is a Python client's log, which does not say what was sent, and not a journal",
    )
  const damaged = (line: number) =>
    wrong("damaged", `is damaged: line ${line} is no record, and only the last line may be torn`)
  /** The number of a line that is no record: it must turn out to be the last, and without its newline. */
  let torn: number | undefined

  return {
    line: (text) => {
      lines += 1
      if (torn !== undefined) return damaged(torn)
      const read = text === undefined ? Option.none() : readJournalLine(text)
      if (Option.isNone(read)) {
        const version = Option.flatMap(Option.fromUndefinedOr(text), newerVersion)
        if (Option.isSome(version)) {
          return wrong(
            "newer",
            `is a journal of version ${version.value}, and this paceline reads up to version ${JOURNAL_VERSION}`,
          )
        }
        if (lines === 1 && !isBeginning(text ?? "?")) return noJournal(text ?? "")
        torn = lines
        return undefined
      }
      const record = read.value
      if (lines === 1 && record.type !== "header") return noJournal("")
      if (record.type === "header") {
        if (lines > 1) return wrong("two-journals", `holds a second journal from line ${lines} on`)
        header = record
      }
      isEnded = record.type === "footer"
      life.record(record)
      return outcomes.size > MAX_ORDERS
        ? wrong(
            "too-many",
            `is one too many: the ids of more than ${MAX_ORDERS.toLocaleString("en")} orders cannot be kept`,
          )
        : undefined
    },
    end: (isTerminated) => {
      if (torn !== undefined && isTerminated) return damaged(torn)
      life.end()
      return undefined
    },
    journal: () => ({ file, header, isEnded }),
  }
}
