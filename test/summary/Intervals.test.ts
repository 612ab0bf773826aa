import { describe, expect, it } from "vitest"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { fromJournal } from "../../src/journal/LogEvent.ts"
import { type Interval, makeIntervals } from "../../src/summary/Intervals.ts"
import { accepted, acceptedAt, expired, header, rejected, returned } from "./records.ts"

/** The intervals of a journal, and how many were told before its end. */
const intervalsOf = (everyMs: number, records: ReadonlyArray<JournalRecord>) => {
  const told: Array<Interval> = []
  const intervals = makeIntervals(everyMs, "journal", (interval) => told.push(interval))
  for (const record of records) intervals.add(fromJournal(record))
  const early = told.length
  intervals.end()
  return { told, early }
}

describe("intervals", () => {
  it("count orders by creation and by outcome", () => {
    const { told } = intervalsOf(1000, [
      header(),
      accepted("a", 500, { createdAt: 400, sent: 450 }),
      returned("b", 600, "rate-limit"),
      rejected("b", 1100, "nonce", { createdAt: 900, sent: 1050 }),
      expired("c", 1999, "queue", { createdAt: 999 }),
      accepted("d", 2000, { createdAt: 1999, sent: 2000 }),
    ])
    expect(told).toMatchObject([
      { fromMs: 0, created: 3, accepted: 1, exceeds: 1, orderAge: { max: 50 }, roundTrip: { max: 50 } },
      { fromMs: 1000, created: 1, accepted: 0, rejected: 1, expired: 1, orderAge: { max: 150 } },
      { fromMs: 2000, created: 0, accepted: 1, orderAge: { max: 1 } },
    ])
    expect(told[0]?.atMs).toBe(Date.UTC(2026, 10, 23, 16, 24, 5))
  })

  it("are told while the log goes on, a minute after their end, with no figure of those before", () => {
    const records = [...acceptedAt(0, 2), ...acceptedAt(30_000, 3), ...acceptedAt(200_000, 1)]
    const { told, early } = intervalsOf(10_000, [header(), ...records])
    expect(told.map(({ accepted }) => accepted)).toEqual([
      2,
      0,
      0,
      3,
      ...Array.from({ length: 16 }, () => 0),
      1,
    ])
    expect(told[1]?.roundTrip).toBeNull()
    expect(early).toBe(14)
  })

  it("begin where something happened, and leave out a gap that is beyond all measure", () => {
    const { told } = intervalsOf(1000, [header(), accepted("a", 5500), accepted("b", 1e15)])
    expect(told.map(({ fromMs }) => fromMs).at(0)).toBe(5000)
    expect(told.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(2)
    expect(told.length).toBeLessThan(100)
  })

  it("count what comes too late in the oldest that is open", () => {
    const { told } = intervalsOf(1000, [
      header(),
      accepted("a", 0),
      accepted("b", 100_500),
      accepted("c", 10),
    ])
    expect(told.filter(({ accepted }) => accepted > 0).map(({ fromMs }) => fromMs)).toEqual([
      0, 40_000, 100_000,
    ])
  })

  it("begin again with a further run in the same file", () => {
    const { told } = intervalsOf(1000, [header(), accepted("a", 3000), header(), accepted("b", 10)])
    expect(told.map(({ fromMs, accepted }) => [fromMs, accepted])).toEqual([
      [3000, 1],
      [0, 1],
    ])
  })
})
