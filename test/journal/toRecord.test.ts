import { Option, Schema } from "effect"
import { expect, it } from "vitest"
import type { DispatchEvent, OrderEnd, RequestTrace } from "../../src/domain/DispatchEvent.ts"
import { readJournalLine } from "../../src/journal/journalLine.ts"
import { JournalLine, type JournalRecord } from "../../src/journal/JournalRecord.ts"
import { makeToRecord } from "../../src/journal/toRecord.ts"
import { header } from "../summary/records.ts"

const encode = Schema.encodeSync(JournalLine)
const roundTrip = (record: JournalRecord): JournalRecord => Option.getOrThrow(readJournalLine(encode(record)))

const START = 1_000_000

const request: RequestTrace = {
  key: "key-1",
  nonce: 1_764_000_000_000_001,
  attempt: 2,
  sentMs: START + 10.000_1,
  writtenMs: START + 10.5,
  settledMs: START + 60.25,
}
const unwritten: RequestTrace = { ...request, writtenMs: undefined }

const outcome = (end: OrderEnd): DispatchEvent => ({
  type: "outcome",
  atMs: START + 60.25,
  id: "o-1",
  createdMs: START - 3.5,
  ...end,
})

const onTheWay = { key: "key-1", nonce: 1_764_000_000_000_001, attempt: 2, sent: 10, settled: 60.25 }
const ended = { type: "outcome", t: 60.25, id: "o-1", createdAt: -3.5 }

const kinds: ReadonlyArray<{
  readonly what: string
  readonly event: DispatchEvent
  readonly record: object
}> = [
  {
    what: "a request that leaves",
    event: {
      type: "sent",
      atMs: START + 10.000_1,
      id: "o-1",
      createdMs: START - 3.5,
      key: "key-1",
      nonce: 7,
      attempt: 1,
    },
    record: { type: "sent", t: 10, id: "o-1", createdAt: -3.5, key: "key-1", nonce: 7, attempt: 1 },
  },
  {
    what: "a request that was refused, with its order back in the line",
    event: { type: "returned", atMs: START + 60.25, id: "o-1", reason: "rate-limit", request },
    record: { type: "returned", t: 60.25, id: "o-1", reason: "rate-limit", ...onTheWay, written: 10.5 },
  },
  {
    what: "a request that never left",
    event: { type: "returned", atMs: START + 60.25, id: "o-1", reason: "not-sent", request: unwritten },
    record: { type: "returned", t: 60.25, id: "o-1", reason: "not-sent", ...onTheWay },
  },
  {
    what: "a request that was not let go, as one that never left",
    event: { type: "returned", atMs: START + 60.25, id: "o-1", reason: "withheld", request: unwritten },
    record: { type: "returned", t: 60.25, id: "o-1", reason: "not-sent", ...onTheWay },
  },
  {
    what: "an acceptance",
    event: outcome({ outcome: { outcome: "accepted" }, request }),
    record: { ...ended, outcome: "accepted", ...onTheWay, written: 10.5 },
  },
  {
    what: "a rejection",
    event: outcome({ outcome: { outcome: "rejected", reason: "nonce" }, request }),
    record: { ...ended, outcome: "rejected", reason: "nonce", ...onTheWay, written: 10.5 },
  },
  {
    what: "an unknown outcome",
    event: outcome({ outcome: { outcome: "unknown", cause: "broken-connection" }, request: unwritten }),
    record: { ...ended, outcome: "unknown", cause: "broken-connection", ...onTheWay },
  },
  {
    what: "an expiry",
    event: outcome({ outcome: { outcome: "expired" }, request: undefined }),
    record: { ...ended, outcome: "expired" },
  },
  {
    what: "a cancellation",
    event: outcome({ outcome: { outcome: "cancelled" }, request: undefined }),
    record: { ...ended, outcome: "cancelled" },
  },
  {
    what: "a key that was parked",
    event: {
      type: "key",
      atMs: START + 1.5,
      key: "key-1",
      state: "parked",
      reason: "nonce",
      rateLimitErrors: 5,
    },
    record: { type: "key", t: 1.5, key: "key-1", state: "parked", reason: "nonce", rateLimitErrors: 5 },
  },
]

it.each(kinds)("writes down $what, and it can be read back as it was", ({ event, record }) => {
  const written = makeToRecord(START)(event)
  expect(written).toEqual(record)
  expect(roundTrip(written)).toEqual(written)
})

it("reads back a header and a footer as they were", () => {
  expect(roundTrip(header())).toEqual(header())
  const footer: JournalRecord = {
    type: "footer",
    t: 30_000.125,
    end: "failed",
    error: 'no usable key is left ("key-1" blocked)',
    created: 6,
    accepted: 1,
    rejected: 2,
    expired: 0,
    unknown: 0,
    cancelled: 3,
    badLines: 1,
  }
  expect(roundTrip(footer)).toEqual(footer)
})

it("never lets the time of recording run backwards, and keeps the event's own times", () => {
  const toRecord = makeToRecord(START)
  const times = [5, 3, 5.5, 5.499_6, 0, 7].map((offsetMs) => {
    const record = toRecord({
      type: "sent",
      atMs: START + offsetMs,
      id: "o-1",
      createdMs: START + offsetMs,
      key: "key-1",
      nonce: 1,
      attempt: 1,
    })
    return record.type === "sent" ? [record.t, record.createdAt] : []
  })
  expect(times).toEqual([
    [5, 5],
    [5, 3],
    [5.5, 5.5],
    [5.5, 5.5],
    [5.5, 0],
    [7, 7],
  ])
})

it("writes whole microseconds", () => {
  const record = makeToRecord(0.1)({
    type: "key",
    atMs: 0.1 + 1234.567_891_2,
    key: "key-1",
    state: "blocked",
    reason: undefined,
    rateLimitErrors: 0,
  })
  expect(record.t).toBe(1234.568)
})
