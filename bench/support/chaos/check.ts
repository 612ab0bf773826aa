/**
 * Holds what clients say of their orders against what the exchange says it did. Pure: journals' and records' text in,
 * what is wrong out.
 */
import { Option, Result, Schema } from "effect"
import { readJournalLine } from "../../../src/journal/journalLine.ts"
import type { JournalRecord } from "../../../src/journal/JournalRecord.ts"

const Judged = Schema.Struct({
  key: Schema.String,
  id: Schema.String,
  nonce: Schema.NullOr(Schema.String),
  verdict: Schema.String,
})
/** One request that the exchange judged, in the order in which it did. */
export type Judged = typeof Judged.Type

const decodeJudged = Schema.decodeUnknownResult(Schema.fromJsonString(Judged))

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

/** The exchange's own record. Its last line may be torn, by a kill. */
export const readRecord = (text: string): ReadonlyArray<Judged> =>
  linesOf(text).flatMap((line) =>
    Result.match(decodeJudged(line), { onFailure: () => [], onSuccess: (judged) => [judged] }),
  )

/** Journals of one client's lives, in their order. Last lines may be torn. */
export const readJournals = (texts: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<JournalRecord>> =>
  texts.map((text) => linesOf(text).flatMap((line) => Option.toArray(readJournalLine(line))))

/** What a client's journals say of one order, taken together. */
type Account = "accepted" | "rejected" | "unknown" | "to-come"

export interface Findings {
  readonly orders: number
  readonly accepted: number
  readonly rejected: number
  readonly unknown: number
  readonly toCome: number
  /** Accepted by the exchange more than once. */
  readonly executedTwice: ReadonlyArray<string>
  /** Sent although an earlier request of theirs may have been executed. */
  readonly sentAgain: ReadonlyArray<string>
  /** Said to be accepted, and the exchange knows nothing of it; or executed, and said not to be. */
  readonly falseAccounts: ReadonlyArray<string>
  /** With two outcomes, or with one that is no order's of this client. */
  readonly unaccounted: ReadonlyArray<string>
  readonly excesses: number
  readonly nonceErrors: number
  /** Nonces that the exchange saw out of order, whatever it made of them. */
  readonly noncesOutOfOrder: number
}

const accountOf = (
  records: ReadonlyArray<JournalRecord>,
): { account: Account; sentAgain: boolean; twice: boolean } => {
  let account: Account = "to-come"
  let open = false
  let sentAgain = false
  let finals = 0
  for (const record of records) {
    if (record.type === "sent") {
      sentAgain ||= open || account !== "to-come"
      open = true
    } else if (record.type === "returned") open = false
    else if (record.type === "outcome") {
      open = false
      // Cancelled orders follow in the next life; and none expires where there is no time to live.
      if (record.outcome === "cancelled" || record.outcome === "expired") continue
      finals += 1
      account = record.outcome
    }
  }
  return { account: open ? "unknown" : account, sentAgain, twice: finals > 1 }
}

const risingErrors = (judged: ReadonlyArray<Judged>): number => {
  const last = new Map<string, bigint>()
  let errors = 0
  for (const { key, nonce } of judged) {
    const value = BigInt(nonce ?? "0")
    if (value <= (last.get(key) ?? -1n)) errors += 1
    last.set(key, value)
  }
  return errors
}

/** Compares one client with the exchange's record of its requests. */
export const check = (
  ids: ReadonlySet<string>,
  lives: ReadonlyArray<ReadonlyArray<JournalRecord>>,
  judged: ReadonlyArray<Judged>,
): Findings => {
  const byOrder = new Map<string, Array<JournalRecord>>()
  for (const record of lives.flat()) {
    if (!("id" in record)) continue
    const known = byOrder.get(record.id)
    if (known === undefined) byOrder.set(record.id, [record])
    else known.push(record)
  }
  const executed = new Map<string, number>()
  for (const { id, verdict } of judged) {
    if (verdict === "accepted") executed.set(id, (executed.get(id) ?? 0) + 1)
  }
  const counts = { accepted: 0, rejected: 0, unknown: 0, "to-come": 0 }
  const sentAgain: Array<string> = []
  const falseAccounts: Array<string> = []
  const unaccounted: Array<string> = [...byOrder.keys()].filter((id) => !ids.has(id))
  for (const id of ids) {
    const story = accountOf(byOrder.get(id) ?? [])
    counts[story.account] += 1
    if (story.sentAgain) sentAgain.push(id)
    if (story.twice) unaccounted.push(id)
    const wasExecuted = executed.has(id)
    if (story.account === "accepted" ? !wasExecuted : story.account !== "unknown" && wasExecuted) {
      falseAccounts.push(`${id}: ${story.account}, ${wasExecuted ? "executed" : "not executed"}`)
    }
  }
  const withVerdict = (...verdicts: ReadonlyArray<string>) =>
    judged.filter(({ verdict }) => verdicts.includes(verdict)).length
  return {
    orders: ids.size,
    accepted: counts.accepted,
    rejected: counts.rejected,
    unknown: counts.unknown,
    toCome: counts["to-come"],
    executedTwice: [...executed].flatMap(([id, times]) => (times > 1 ? [id] : [])),
    sentAgain,
    falseAccounts,
    unaccounted,
    excesses: withVerdict("rate-limit", "blocked"),
    nonceErrors: withVerdict("nonce"),
    noncesOutOfOrder: risingErrors(judged),
  }
}
