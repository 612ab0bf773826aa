/** One request as a journal tells of it: its `sent` record, and the record of its end. */
import { latestOfVersion1, type Reach } from "../domain/Transit.ts"
import { type EndRecord, endingOf, type RequestRecord } from "../journal/endingOf.ts"
import type { JournalRecord, Sent } from "../journal/JournalRecord.ts"
import type { TimedRequest } from "./SpareTime.ts"
import type { OnLine } from "./Violations.ts"

/** How long a request may be on its way, and how long its answer is awaited. */
export interface TimedReach extends Reach {
  readonly requestTimeoutMs: number
}

export type SentRecord = typeof Sent.Type

export interface JournalRequest extends TimedRequest {
  readonly sent: OnLine<SentRecord>
  /** Whether the record before has the same `t`: then `t` may be later than the moment of sending. */
  readonly isHeldBack: boolean
  /** Undefined until its end is read. */
  end: OnLine<EndRecord> | undefined
  /** The key's next request, where that was sent before this one's end was recorded. */
  follower: JournalRequest | undefined
}

export const journalRequest = (sent: OnLine<SentRecord>, isHeldBack: boolean): JournalRequest => ({
  sentMs: sent.record.t,
  latestMs: undefined,
  sent,
  isHeldBack,
  end: undefined,
  follower: undefined,
})

export const endsRequest = (record: JournalRecord): record is RequestRecord =>
  record.type === "returned" ||
  (record.type === "outcome" && record.outcome !== "expired" && record.outcome !== "cancelled")

/** The latest moment at which the exchange can have counted a request that ended so; -Infinity where it never left. */
export const latestOf = (record: EndRecord, reach: TimedReach): number =>
  endsRequest(record)
    ? latestOfVersion1(endingOf(record), record.settled, record.written, reach)
    : Number.NEGATIVE_INFINITY

/**
 * The moment from which the key's next request could not overtake it, where that one left before its end was recorded.
 * All that was known of it then is when it had been written; what came out later counts where it says more.
 */
export const overtakableOf = (record: EndRecord, latestMs: number, { boundMs }: Reach): number => {
  const writtenMs = endsRequest(record) ? record.written : undefined
  return writtenMs === undefined || boundMs === undefined ? latestMs : Math.min(latestMs, writtenMs + boundMs)
}
