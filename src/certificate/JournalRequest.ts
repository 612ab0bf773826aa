/** One request as a journal tells of it: its `sent` record, and the record of its end. */
import { type EndRecord, endingOf, type RequestRecord } from "../journal/endingOf.ts"
import type { JournalRecord, Sent } from "../journal/JournalRecord.ts"
import { type Latest, latestMsBy, type RequestEnd } from "../journal/LoggedReach.ts"
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

/**
 * The moment from which the key's next request could not overtake it, where that one left before its end was recorded.
 * All that was known of it then is when it had been written; what came out later counts where it says more.
 */
export const overtakableOf = (
  record: EndRecord,
  latest: Latest,
  { boundMs }: Pick<TimedRequest, "boundMs">,
): number => {
  const writtenMs = endsRequest(record) ? record.written : undefined
  const latestMs = latestMsBy(latest, boundMs)
  return writtenMs === undefined || boundMs === undefined ? latestMs : Math.min(latestMs, writtenMs + boundMs)
}
