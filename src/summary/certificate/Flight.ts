/** One request, as a journal tells of it: its `sent` record, and the one that tells how it ended. */
import { type Ending, latestArrival, type Reach } from "../../dispatch/Transit.ts"
import type {
  Accepted,
  Cancelled,
  JournalRecord,
  Rejected,
  Returned,
  Sent,
  Unknown,
} from "../../journal/JournalRecord.ts"
import type { OnLine } from "./Violations.ts"

export type SentRecord = typeof Sent.Type
/** A record that tells of a request's way. */
export type RequestRecord =
  typeof Returned.Type | typeof Accepted.Type | typeof Rejected.Type | typeof Unknown.Type
/** How a request ends: an order that was cancelled after its `sent` record had not left. */
export type EndRecord = RequestRecord | typeof Cancelled.Type

export interface Flight {
  readonly sent: OnLine<SentRecord>
  /** Whether its `t` is that of the record before, which may be later than the moment of its sending. */
  readonly isHeldBack: boolean
  /** Undefined until its end is read. */
  end: OnLine<EndRecord> | undefined
  /** The key's next request, where that was sent before this one's end was recorded. */
  follower: Flight | undefined
  /** Whether it has been held against the requests before it. */
  isJudged: boolean
}

export const isRequest = (record: JournalRecord): record is RequestRecord =>
  record.type === "returned" ||
  (record.type === "outcome" && record.outcome !== "expired" && record.outcome !== "cancelled")

export const endingOf = (record: EndRecord): Ending => {
  if (record.type === "returned") return record.reason === "not-sent" ? "never-sent" : "answered"
  if (record.outcome === "cancelled") return "never-sent"
  // An answer without meaning may come from something in between, with the request still on its way.
  return record.outcome === "unknown" ? "lost" : "answered"
}

/**
 * The latest moment at which the exchange can have counted a request: -Infinity where it never left, Infinity
 * where its end is not known.
 */
export const latestOf = ({ end, sent }: Flight, reach: Reach): number => {
  if (end === undefined) return Number.POSITIVE_INFINITY
  const { record } = end
  if (!isRequest(record)) return Number.NEGATIVE_INFINITY
  const transit = {
    sentMs: sent.record.t,
    writtenMs: record.written,
    end: { ending: endingOf(record), atMs: record.settled },
  }
  return latestArrival(transit, reach) ?? Number.POSITIVE_INFINITY
}

/**
 * The moment from which the key's next request could not overtake it, where that one left before its end was
 * recorded: what was known of it then is that it had been written, and what came out later counts where it says more.
 */
export const overtakableOf = (flight: Flight, reach: Reach): number => {
  const record = flight.end?.record
  const writtenMs = record !== undefined && isRequest(record) ? record.written : undefined
  const bounded =
    writtenMs === undefined || reach.boundMs === undefined ? Infinity : writtenMs + reach.boundMs
  return Math.min(latestOf(flight, reach), bounded)
}
