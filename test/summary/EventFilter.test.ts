import { Option } from "effect"
import { describe, expect, it } from "vitest"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import type { Moment, Selection } from "../../src/summary/Selection.ts"
import { makeLogSummariser } from "../../src/summary/LogSummariser.ts"
import { accepted, cancelled, expired, header, pushLine, returned, sent } from "./records.ts"

const all: Selection = { since: undefined, until: undefined, keys: [] }
const offset = (ms: number): Moment => ({ type: "offset", ms })
const timeOfDay = (hours: number, minutes: number, seconds = 0): Moment => ({
  type: "time-of-day",
  ms: ((hours * 60 + minutes) * 60 + seconds) * 1000,
})

const readerOf = (selection: Partial<Selection>, lines: ReadonlyArray<string>) => {
  const reader = makeLogSummariser({ keys: 5, limit: 20 }, { selection: { ...all, ...selection } })
  for (const line of lines) pushLine(reader, line)
  return reader
}
const look = (selection: Partial<Selection>, records: ReadonlyArray<JournalRecord>) =>
  Option.getOrThrow(
    readerOf(
      selection,
      records.map((record) => JSON.stringify(record)),
    ).summary(),
  )

// Began at 16:24:05.
const run = [
  header({ keys: 2 }),
  sent("a", 0),
  accepted("a", 1000, { createdAt: 0, sent: 0 }),
  sent("b", 1500),
  accepted("b", 2500, { createdAt: 1500, sent: 1500 }),
  sent("c", 2600),
  accepted("c", 3500, { createdAt: 2600, sent: 2600 }),
]
const acceptedIn = (selection: Partial<Selection>) => look(selection, run).orders.accepted

describe("a time", () => {
  it("is from its first moment to before its last, and counts from the log's beginning", () => {
    expect(acceptedIn({ since: offset(1000), until: offset(3500) })).toBe(2)
    expect(acceptedIn({ since: offset(1001) })).toBe(2)
    expect(look({ since: offset(1001) }, run).totalTimeMs).toBe(1000)
  })

  it("of day or of a date is by the clock of the log's header", () => {
    expect(acceptedIn({ since: timeOfDay(16, 24, 7) })).toBe(2)
    expect(acceptedIn({ until: timeOfDay(16, 24, 7) })).toBe(1)
    expect(acceptedIn({ since: { type: "date-time", ms: Date.UTC(2026, 10, 23, 16, 24, 8) } })).toBe(1)
    // Some minutes before the log's beginning, not on the day after.
    expect(acceptedIn({ since: timeOfDay(16, 20) })).toBe(3)
    expect(acceptedIn({ until: timeOfDay(2, 0) })).toBe(3)
  })

  it("in a Python client's log is by its own times", () => {
    const lines = [5, 6, 7].map(
      (second) =>
        `2026-11-23 16:24:0${second},000 - root - INFO - API response: status 200, resp {'req_id': '${second}'}`,
    )
    const count = (selection: Partial<Selection>) =>
      Option.getOrThrow(readerOf(selection, lines).summary()).orders.accepted
    expect(count({ since: offset(1000) })).toBe(2)
    expect(count({ until: timeOfDay(16, 24, 6) })).toBe(1)
    expect(count({ since: { type: "date-time", ms: Date.UTC(2026, 10, 23, 16, 24, 7) } })).toBe(1)
  })

  it("of day cannot be found where the log's header is lost", () => {
    const lines = run.slice(1).map((record) => JSON.stringify(record))
    expect(readerOf({ since: timeOfDay(16, 24) }, lines).lacksBeginning()).toBe(true)
    expect(readerOf({ since: offset(10) }, lines).lacksBeginning()).toBe(false)
  })

  it("leaves no order unfinished that ended outside it", () => {
    const { orders } = look({ until: offset(3000) }, run)
    expect(orders).toMatchObject({ created: 2, accepted: 2, unknown: 0 })
  })
})

describe("a key", () => {
  const records = [
    header({ keys: 2, limit: 20 }),
    sent("a", 0),
    returned("a", 10, "rate-limit", { sent: 0 }),
    sent("a", 20, 0, { key: "key-2", attempt: 2 }),
    accepted("a", 50, { createdAt: 0, sent: 20, key: "key-2", attempt: 2 }),
    sent("b", 60),
    accepted("b", 90, { createdAt: 60, sent: 60 }),
    expired("c", 100, "queue"),
    cancelled("d", 100),
  ]

  it("has its own requests, and the orders that ended with it", () => {
    const summary = look({ keys: ["key-1"] }, records)
    expect(summary.orders).toEqual({
      created: 1,
      accepted: 1,
      rejected: 0,
      expired: 0,
      unknown: 0,
      cancelled: 0,
    })
    expect(summary.exceeds).toBe(1)
    expect(summary.keys).toMatchObject([{ key: "key-1", sent: 2 }])
    expect(summary.utilisation.ceiling).toBeCloseTo(19.98, 2)
  })

  it("adds up to all orders but those that no key sent", () => {
    const summary = look({ keys: ["key-1", "key-2"] }, records)
    expect(summary.orders).toMatchObject({ created: 2, accepted: 2, expired: 0, cancelled: 0 })
  })
})
