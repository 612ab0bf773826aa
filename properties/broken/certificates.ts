/** Certificates that judge by less than they must. Each is the real one, of a journal that was made to say less. */
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import type { Certificate } from "../../src/certificate/Certificate.ts"
import { certificateOf } from "../support/journals.ts"

const seeing =
  (see: (record: JournalRecord) => JournalRecord) =>
  (journal: ReadonlyArray<JournalRecord>): Certificate =>
    certificateOf(journal.map(see))

const neverSent = (record: Extract<JournalRecord, { readonly settled: number }>): JournalRecord => {
  const { attempt, id, key, nonce, sent, settled, t } = record
  return { type: "returned", t, id, key, nonce, attempt, sent, settled, reason: "not-sent" }
}

/** As if every request were counted at the moment it is sent. */
export const bySendTimes = seeing((record) => {
  if (record.type === "header") return { ...record, settings: { ...record.settings, boundMs: 0 } }
  return "settled" in record ? { ...record, written: record.sent, settled: record.sent } : record
})

/** As if the bound that was given held whatever was seen. */
export const byTheGivenBound = (journal: ReadonlyArray<JournalRecord>): Certificate =>
  certificateOf(journal.filter(({ type }) => type !== "reach"))

/** As if a lost request had arrived when the first ping after it was answered, whenever that had begun. */
export const byAnyPing = seeing((record) =>
  record.type === "ping" ? { ...record, begun: record.t, cleared: record.t } : record,
)

/** As if what was lost had never left. */
export const withoutTheLost = seeing((record) =>
  record.type === "outcome" && record.outcome === "unknown" ? neverSent(record) : record,
)

/** As if what came back had never left. */
export const withoutTheReturned = seeing((record) =>
  record.type === "returned" ? neverSent(record) : record,
)
