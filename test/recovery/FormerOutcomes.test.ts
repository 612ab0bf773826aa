import { expect, it } from "@effect/vitest"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { FormerOutcomes } from "../../src/recovery/FormerOutcomes.ts"
import {
  accepted,
  cancelled,
  expired,
  header,
  rejected,
  returned,
  sent,
  unknown,
} from "../summary/records.ts"

const outcomesOf = (...lives: ReadonlyArray<ReadonlyArray<JournalRecord>>): FormerOutcomes => {
  const outcomes = new FormerOutcomes()
  for (const [index, records] of lives.entries()) {
    const life = outcomes.life(`life ${index + 1}`)
    for (const record of [header(), ...records]) life.record(record)
    life.end()
  }
  return outcomes
}

it.each<{ what: string; records: ReadonlyArray<JournalRecord>; outcome: string | undefined }>([
  { what: "accepted is done", records: [sent("o", 1), accepted("o", 2)], outcome: "accepted" },
  { what: "rejected is done", records: [sent("o", 1), rejected("o", 2, "exchange")], outcome: "rejected" },
  {
    what: "rejected for a key that the exchange does not know follows",
    records: [sent("o", 1), rejected("o", 2, "api-key")],
    outcome: undefined,
  },
  {
    what: "rejected for a blocked key follows",
    records: [sent("o", 1), rejected("o", 2, "blocked")],
    outcome: undefined,
  },
  { what: "expired is done", records: [expired("o", 2, "queue")], outcome: "expired" },
  { what: "unknown stays unknown", records: [sent("o", 1), unknown("o", 2, "timeout")], outcome: "unknown" },
  { what: "sent without an outcome is unknown", records: [sent("o", 1)], outcome: "unknown" },
  { what: "cancelled follows", records: [cancelled("o", 2)], outcome: undefined },
  {
    what: "refused and not sent again follows",
    records: [sent("o", 1), returned("o", 2, "nonce")],
    outcome: undefined,
  },
  {
    what: "one that never left follows",
    records: [sent("o", 1), returned("o", 2, "not-sent")],
    outcome: undefined,
  },
  {
    what: "returned and sent again is unknown",
    records: [sent("o", 1), returned("o", 2, "not-sent"), sent("o", 3)],
    outcome: "unknown",
  },
  { what: "one that no journal names follows", records: [sent("other", 1)], outcome: undefined },
])("an order that was $what", ({ records, outcome }) => {
  expect(outcomesOf(records).of("o")).toBe(outcome)
})

it("an order that was only to be checked, without an answer, follows", () => {
  const outcomes = new FormerOutcomes()
  const life = outcomes.life("life")
  const { settings, ...rest } = header()
  const checking = { ...rest, settings: { ...settings, checkOnly: true } } as const
  const records = [checking, sent("o", 1), sent("p", 2), unknown("p", 3, "timeout")]
  for (const record of records) life.record(record)
  life.end()
  expect([outcomes.of("o"), outcomes.of("p"), outcomes.unknown]).toEqual([undefined, undefined, []])
})

it.each<{
  what: string
  one: ReadonlyArray<JournalRecord>
  other: ReadonlyArray<JournalRecord>
  outcome: string
}>([
  {
    what: "cancelled, then accepted: done",
    one: [cancelled("o", 1)],
    other: [sent("o", 1), accepted("o", 2)],
    outcome: "accepted",
  },
  {
    what: "in doubt, then accepted: it was executed",
    one: [sent("o", 1)],
    other: [sent("o", 1), accepted("o", 2)],
    outcome: "accepted",
  },
  {
    what: "in doubt, then rejected: still in doubt",
    one: [sent("o", 1)],
    other: [sent("o", 1), rejected("o", 2, "exchange")],
    outcome: "unknown",
  },
  {
    what: "in doubt, then rejected for its key: still in doubt",
    one: [sent("o", 1)],
    other: [sent("o", 1), rejected("o", 2, "api-key")],
    outcome: "unknown",
  },
  {
    what: "rejected for its key, then accepted: done",
    one: [sent("o", 1), rejected("o", 2, "api-key")],
    other: [sent("o", 1), accepted("o", 2)],
    outcome: "accepted",
  },
  {
    what: "in doubt, then cancelled: still in doubt",
    one: [sent("o", 1)],
    other: [cancelled("o", 2)],
    outcome: "unknown",
  },
])("over two lives, in whichever order they are read: $what", ({ one, other, outcome }) => {
  expect(outcomesOf(one, other).of("o")).toBe(outcome)
  expect(outcomesOf(other, one).of("o")).toBe(outcome)
})

it("tells of every doubt which request it is about, when it was sent, and why", () => {
  const { unknown: left } = outcomesOf(
    [sent("a", 2500), unknown("b", 900, "server-error", { sent: 700 })],
    [sent("a", 1)],
  )
  const beganMs = Date.parse("2026-11-23T16:24:05.000Z")
  const request = { key: "key-1", nonce: 1 }
  expect(left).toEqual([
    { id: "a", ...request, sentAtMs: beganMs + 1, why: "no-outcome", journal: "life 2" },
    { id: "b", ...request, sentAtMs: beganMs + 700, why: "server-error", journal: "life 1" },
    { id: "a", ...request, sentAtMs: beganMs + 2500, why: "no-outcome", journal: "life 1" },
  ])
})

it("has no doubt left of an order that another life has seen accepted", () => {
  const doubted: ReadonlyArray<JournalRecord> = [sent("a", 1)]
  const settled: ReadonlyArray<JournalRecord> = [sent("a", 1), accepted("a", 2)]
  expect(outcomesOf(doubted, settled).unknown).toEqual([])
  expect(outcomesOf(settled, doubted).unknown).toEqual([])
})

it("leaves orders to be sent that were rejected, where it is told to, and none that may have been executed", () => {
  const outcomes = new FormerOutcomes({ retryRejected: true })
  for (const [index, records] of [
    [
      sent("refused", 1),
      rejected("refused", 2, "exchange"),
      sent("doubted", 1),
      unknown("doubted", 2, "timeout"),
    ],
    [sent("doubted", 1), rejected("doubted", 2, "exchange"), sent("taken", 1), accepted("taken", 2)],
    [sent("taken", 1), rejected("taken", 2, "exchange"), expired("late", 2, "queue")],
  ].entries()) {
    const life = outcomes.life(`life ${index + 1}`)
    for (const record of [header(), ...records]) life.record(record)
    life.end()
  }
  expect(["refused", "doubted", "taken", "late"].map((id) => outcomes.of(id))).toEqual([
    undefined,
    "unknown",
    "accepted",
    "expired",
  ])
})
