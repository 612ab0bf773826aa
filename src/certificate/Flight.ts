/** One request, as a journal tells of it: its `sent` record, and the one that tells how it ended. */
import { latestOnceEnded, type Reach } from "../domain/Transit.ts"
import { type EndRecord, endingOf, type RequestRecord } from "../journal/endingOf.ts"
import type { JournalRecord, Sent } from "../journal/JournalRecord.ts"
import { Passing } from "./SpareTime.ts"
import type { OnLine } from "./Violations.ts"

export type SentRecord = typeof Sent.Type

export class Flight extends Passing {
  readonly sent: OnLine<SentRecord>
  /** Whether its `t` is that of the record before, which may be later than the moment of its sending. */
  readonly isHeldBack: boolean
  /** Undefined until its end is read. */
  end: OnLine<EndRecord> | undefined = undefined
  /** The key's next request, where that was sent before this one's end was recorded. */
  follower: Flight | undefined = undefined

  constructor(sent: OnLine<SentRecord>, isHeldBack: boolean) {
    super(sent.record.t)
    this.sent = sent
    this.isHeldBack = isHeldBack
  }
}

export const isRequest = (record: JournalRecord): record is RequestRecord =>
  record.type === "returned" ||
  (record.type === "outcome" && record.outcome !== "expired" && record.outcome !== "cancelled")

/** The latest moment at which the exchange can have counted a request that ended so; -Infinity where it never left. */
export const latestOf = (record: EndRecord, reach: Reach): number =>
  isRequest(record)
    ? latestOnceEnded(endingOf(record), record.settled, record.written, reach)
    : Number.NEGATIVE_INFINITY

/**
 * The moment from which the key's next request could not overtake it, where that one left before its end was
 * recorded: what was known of it then is that it had been written, and what came out later counts where it says more.
 */
export const overtakableOf = (record: EndRecord, latestMs: number, { boundMs }: Reach): number => {
  const writtenMs = isRequest(record) ? record.written : undefined
  return writtenMs === undefined || boundMs === undefined ? latestMs : Math.min(latestMs, writtenMs + boundMs)
}
