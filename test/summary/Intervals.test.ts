import { Option } from "effect"
import { describe, expect, it } from "vitest"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { type Interval, makeIntervals } from "../../src/summary/Intervals.ts"
import { makeLogSummariser } from "../../src/summary/LogSummariser.ts"
import { intervalLines } from "../../src/summary/renderIntervals.ts"
import type { Moment, Selection } from "../../src/summary/Selection.ts"
import { accepted, acceptedAt, expired, header, pushLine, rejected, returned, sent } from "./records.ts"

/** The intervals of a journal, and how many were told before its end. */
const intervalsOf = (
  everyMs: number,
  records: ReadonlyArray<JournalRecord>,
  selection: Partial<Selection> = {},
) => {
  const told: Array<Interval> = []
  const reader = makeLogSummariser(
    { keys: 5, limit: 20 },
    {
      selection: { since: undefined, until: undefined, keys: [], ...selection },
      listen: [(source, span) => makeIntervals(everyMs, source, span, (interval) => told.push(interval))],
    },
  )
  for (const record of records) pushLine(reader, JSON.stringify(record))
  const early = told.length
  reader.end()
  return { told, early, summary: Option.getOrThrow(reader.summary()) }
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

  it("count as created what was created in them, where a summary of the same time counts what ended in it", () => {
    const records = [
      header(),
      accepted("a", 500, { createdAt: 400, sent: 450 }),
      sent("never", 950, 940),
      sent("b", 990, 980),
      accepted("b", 1100, { createdAt: 980, sent: 990 }),
      accepted("c", 1900, { createdAt: 1500, sent: 1800 }),
    ]
    expect(intervalsOf(1000, records).told.map(({ created, accepted }) => [created, accepted])).toEqual([
      [2, 1],
      [1, 2],
    ])
    const until: Moment = { type: "offset", ms: 1000 }
    expect(intervalsOf(1000, records, { until }).told).toMatchObject([{ created: 1, accepted: 1 }])
    const part = intervalsOf(1000, records, { until }).summary.orders
    expect(part).toMatchObject({ created: 2, accepted: 1, unknown: 1 })
  })

  it("spread a Python client's count over the second that it is of", () => {
    const told: Array<number | null> = []
    const reader = makeLogSummariser(
      { keys: 5, limit: 20 },
      { listen: [(source, span) => makeIntervals(1000, source, span, (_) => told.push(_.created))] },
    )
    const line = (time: string, text: string) =>
      pushLine(reader, `2024-02-25 01:10:${time} - root - INFO - ${text}`)
    line("11,000", "API response: status 200, resp {'req_id': '0', 'status': 'OK'}")
    line("11,250", "Requests 80 requests made / second")
    // Its timer drifts over the end of an interval, so that no count is in [2, 3) s.
    line("12,990", "Requests 100 requests made / second")
    line("14,010", "Requests 90 requests made / second")
    line("14,500", "API response: status 200, resp {'req_id': '270', 'status': 'OK'}")
    reader.end()
    expect(told).toEqual([20 + 1, 99, 89, 1])
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

  describe("cover of the log", () => {
    const offset = (ms: number): Moment => ({ type: "offset", ms })
    const evenly = (fromMs: number, toMs: number, everyMs: number) =>
      Array.from({ length: (toMs - fromMs) / everyMs }, (_, n) =>
        accepted(`${fromMs}-${n}`, fromMs + n * everyMs),
      )
    const footer: JournalRecord = {
      type: "footer",
      t: 9000,
      end: "done",
      created: 0,
      accepted: 0,
      rejected: 0,
      expired: 0,
      unknown: 0,
      cancelled: 0,
      badLines: 0,
    }
    const covered = (...args: Parameters<typeof intervalsOf>) =>
      intervalsOf(...args).told.map(({ fromMs, coveredMs }) => [fromMs, coveredMs])
    /** As the table has it. */
    const rates = (...args: Parameters<typeof intervalsOf>) => {
      const { line } = intervalLines("csv", "x", true)
      return intervalsOf(...args).told.map((interval) => line(interval).split(",")[12])
    }
    const steady = [header(), ...evenly(0, 30_000, 10)]

    it("what is looked at, at both ends, and rates are over that", () => {
      const selection = { since: offset(5000), until: offset(9000) }
      expect(covered(2000, steady, selection)).toEqual([
        [4000, 1000],
        [6000, 2000],
        [8000, 1000],
      ])
      expect(rates(2000, steady, selection)).toEqual(["100", "100", "100"])
    })

    it("what the log tells of: to its last record, from its beginning or, where that was cut off, its first", () => {
      expect(covered(4000, [header(), ...evenly(500, 6000, 10)])).toEqual([
        [0, 4000],
        [4000, 1990],
      ])
      expect(covered(4000, evenly(5500, 10_000, 500))).toEqual([
        [4000, 2500],
        [8000, 1500],
      ])
      expect(covered(4000, [header(), accepted("a", 8100), footer])).toEqual([[8000, 1000]])
    })

    it("what other keys had, too", () => {
      const records = [header(), accepted("a", 1000, { key: "key-1" }), accepted("b", 9000, { key: "key-2" })]
      expect(covered(4000, records, { keys: ["key-1"] })).toEqual([[0, 4000]])
    })

    it("each run's own in a file that has several", () => {
      expect(covered(2000, [header(), accepted("a", 3000), header(), accepted("b", 1500)])).toEqual([
        [2000, 1000],
        [0, 1500],
      ])
    })

    it("too little for a rate where it is less than a second", () => {
      expect(rates(2000, [header(), ...evenly(0, 3000, 10)])).toEqual(["100", ""])
    })
  })

  it("begin where a Python client's log begins, also where that is not looked at", () => {
    const told: Array<Interval> = []
    const reader = makeLogSummariser(
      { keys: 5, limit: 20 },
      {
        selection: { since: { type: "offset", ms: 1500 }, until: undefined, keys: [] },
        listen: [(source, span) => makeIntervals(1000, source, span, (interval) => told.push(interval))],
      },
    )
    for (const second of ["05,000", "07,000", "08,500"])
      pushLine(
        reader,
        `2026-11-23 16:24:${second} - root - WARNING - ignoring request 17 from queue due to TTL`,
      )
    reader.end()
    expect(told.map(({ fromMs, expired, coveredMs }) => [fromMs, expired, coveredMs])).toEqual([
      [2000, 1, 1000],
      [3000, 1, 500],
    ])
  })
})
