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
  /** Wrong below, and left out there: a stray refusal has met them that cannot be told apart from their own. */
  readonly unprovable: number
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

/** What a client says of one order. */
interface Story {
  readonly account: Account
  readonly sentAgain: boolean
  /** Whether it has told two outcomes. */
  readonly twice: boolean
}

const storyOf = (records: ReadonlyArray<JournalRecord>): Story => {
  let account: Account = "to-come"
  let open = false
  let sentAgain = false
  let twice = false
  for (const record of records) {
    if (record.type === "sent") {
      // What was refused was not executed, and may be sent again.
      sentAgain ||= open || account === "accepted" || account === "unknown"
      open = true
    } else if (record.type === "returned") open = false
    else if (record.type === "outcome") {
      open = false
      // Cancelled orders follow in the next life; and none expires where there is no time to live.
      if (record.outcome === "cancelled" || record.outcome === "expired") continue
      twice ||= account === "accepted" || account === "unknown"
      account = record.outcome
    }
  }
  return { account: open ? "unknown" : account, sentAgain, twice }
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

const grouped = <A extends { readonly id: string }>(all: ReadonlyArray<A>): Map<string, Array<A>> => {
  const byOrder = new Map<string, Array<A>>()
  for (const one of all) {
    const known = byOrder.get(one.id)
    if (known === undefined) byOrder.set(one.id, [one])
    else known.push(one)
  }
  return byOrder
}

/** What the journals of a client's lives say of each order. */
export const storiesOf = (lives: ReadonlyArray<ReadonlyArray<JournalRecord>>): ReadonlyMap<string, Story> => {
  const records = lives.flatMap((life) => life.flatMap((record) => ("id" in record ? [record] : [])))
  return new Map([...grouped(records)].map(([id, ofOrder]) => [id, storyOf(ofOrder)]))
}

const Told = Schema.Struct({ id: Schema.String, outcome: Schema.String })
const decodeTold = Schema.decodeUnknownResult(Schema.fromJsonString(Told))
const ACCOUNTS: ReadonlyArray<Account> = ["accepted", "rejected", "unknown"]

/** What the lives of a library's client were told of each order. */
export const storiesTold = (text: string): ReadonlyMap<string, Story> => {
  const told = linesOf(text).flatMap((line) =>
    Result.match(decodeTold(line), { onFailure: () => [], onSuccess: (one) => [one] }),
  )
  return new Map(
    [...grouped(told)].map(([id, ofOrder]) => {
      const account = ACCOUNTS.find((name) => name === ofOrder[0]?.outcome) ?? "to-come"
      return [id, { account, sentAgain: false, twice: ofOrder.length > 1 }]
    }),
  )
}

const noStory: Story = { account: "to-come", sentAgain: false, twice: false }

/** Compares one client with the exchange's record of its requests. */
export const check = (
  ids: ReadonlySet<string>,
  stories: ReadonlyMap<string, Story>,
  judged: ReadonlyArray<Judged>,
  unprovable: ReadonlySet<string>,
  /** Whether nonces must rise. */
  isInOrder: boolean,
): Findings => {
  const executed = new Map<string, number>()
  for (const { id, verdict } of judged) {
    if (verdict === "accepted") executed.set(id, (executed.get(id) ?? 0) + 1)
  }
  const counts = { accepted: 0, rejected: 0, unknown: 0, "to-come": 0 }
  const executedTwice: Array<string> = []
  const sentAgain: Array<string> = []
  const falseAccounts: Array<string> = []
  const unaccounted: Array<string> = [...stories.keys()].filter((id) => !ids.has(id))
  let leftOut = 0
  for (const id of ids) {
    const { account, sentAgain: again, twice } = stories.get(id) ?? noStory
    counts[account] += 1
    if (again) sentAgain.push(id)
    if (twice) unaccounted.push(id)
    const times = executed.get(id) ?? 0
    const isFalse = account === "accepted" ? times === 0 : account !== "unknown" && times > 0
    if (unprovable.has(id)) {
      if (isFalse || times > 1) leftOut += 1
      continue
    }
    if (times > 1) executedTwice.push(id)
    if (isFalse) falseAccounts.push(`${id}: ${account}, ${times > 0 ? "executed" : "not executed"}`)
  }
  const withVerdict = (...verdicts: ReadonlyArray<string>) =>
    judged.filter(({ verdict }) => verdicts.includes(verdict)).length
  return {
    orders: ids.size,
    accepted: counts.accepted,
    rejected: counts.rejected,
    unknown: counts.unknown,
    toCome: counts["to-come"],
    unprovable: leftOut,
    executedTwice,
    sentAgain,
    falseAccounts,
    unaccounted,
    excesses: withVerdict("rate-limit", "blocked"),
    nonceErrors: withVerdict("nonce"),
    noncesOutOfOrder: isInOrder ? risingErrors(judged) : 0,
  }
}
