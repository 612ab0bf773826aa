/** One request as a journal tells of it: its `sent` record, and the record of its end. */
import { type EndRecord, endingOf, type RequestRecord } from "../journal/endingOf.ts"
import type { JournalRecord, Sent } from "../journal/JournalRecord.ts"
import type { RequestEnd } from "../journal/LoggedReach.ts"
import type { RefusableEnd } from "./Refusals.ts"
import type { TimedRequest } from "./SpareTime.ts"
import type { OnLine } from "./Violations.ts"

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

export const journalRequest = (
  sent: OnLine<SentRecord>,
  isHeldBack: boolean,
  boundMs: number | undefined,
): JournalRequest => ({
  sentMs: sent.record.t,
  boundMs,
  latest: undefined,
  sent,
  isHeldBack,
  end: undefined,
  follower: undefined,
})

export const endsRequest = (record: JournalRecord): record is RequestRecord =>
  record.type === "returned" ||
  (record.type === "outcome" && record.outcome !== "expired" && record.outcome !== "cancelled")

/** How a request ended, as its record says. */
export const requestEnd = (record: EndRecord): RequestEnd =>
  endsRequest(record)
    ? { ending: endingOf(record), settledMs: record.settled, writtenMs: record.written }
    : { ending: "never-sent", settledMs: record.t, writtenMs: undefined }

/** Whether and why it was refused, as its record says. */
export const refusableEnd = (record: EndRecord): RefusableEnd => {
  const { ending, settledMs } = requestEnd(record)
  const reason =
    record.type === "returned"
      ? record.reason === "not-sent"
        ? undefined
        : record.reason
      : record.outcome === "rejected"
        ? record.reason
        : undefined
  const isAccepted = record.type === "outcome" && record.outcome === "accepted"
  return { settledMs, hasLeft: ending !== "never-sent", isAccepted, reason }
}
