/** The journal's last record: how a run ended, and how many orders ended how. */
import type { JournalRecord } from "../journal/JournalRecord.ts"

/** How a run ended. */
export type RunEnd =
  { readonly end: "done" } | { readonly end: "stopped" } | { readonly end: "failed"; readonly error: string }

export interface RunFooter {
  /** Counts a record of the run. */
  readonly count: (record: JournalRecord) => void
  /** Makes the footer at a time since the run's start. */
  readonly record: (atMs: number, end: RunEnd, badLines: number) => JournalRecord
}

export const runFooter = (): RunFooter => {
  const counts = { created: 0, accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 }
  return {
    count: (record) => {
      if (record.type !== "outcome") return
      counts.created += 1
      counts[record.outcome] += 1
    },
    record: (atMs, end, badLines) => ({
      type: "footer",
      t: Math.round(atMs * 1000) / 1000,
      ...end,
      ...counts,
      badLines,
    }),
  }
}
