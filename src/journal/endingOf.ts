/** How a journal's record says that a request ended. */
import type { Ending } from "../domain/Transit.ts"
import type { Accepted, Cancelled, Rejected, Returned, Unknown } from "./JournalRecord.ts"

/** A record that tells of a request's way. */
export type RequestRecord =
  typeof Returned.Type | typeof Accepted.Type | typeof Rejected.Type | typeof Unknown.Type
/** How a request ends: an order that was cancelled after its `sent` record had not left. */
export type EndRecord = RequestRecord | typeof Cancelled.Type

export const endingOf = (record: EndRecord): Ending => {
  if (record.type === "returned") return record.reason === "not-sent" ? "never-sent" : "answered"
  if (record.outcome === "cancelled") return "never-sent"
  // An answer without meaning may come from something in between, with the request still on its way.
  return record.outcome === "unknown" ? "lost" : "answered"
}
