import { Option } from "effect"
import { describe, expect, it } from "vitest"
import { MAX_LINE_BYTES } from "../../src/journal/LogReader.ts"
import { makeLogSummariser } from "../../src/summary/LogSummariser.ts"
import { accepted, acceptedAt, header, pushLine, sent, summaryOf } from "./records.ts"

const read = (lines: ReadonlyArray<string>) => {
  const reader = makeLogSummariser({ keys: 5, limit: 20 })
  for (const line of lines) pushLine(reader, line)
  return reader
}
const tooLong = "x".repeat(MAX_LINE_BYTES + 1)
const python = "2026-11-23 16:24:06,711 - root - INFO - Requests 95"

describe("a log", () => {
  it("gives the same summary as text and live", () => {
    const records = [header({ keys: 1 }), sent("x", 1), ...acceptedAt(10, 30), ...acceptedAt(1500, 3)]
    const reader = read(records.map((record) => JSON.stringify(record)))
    expect(Option.getOrThrow(reader.summary())).toEqual(summaryOf(records))
  })

  it("is told apart by its first recognised line, and lines of the other kind are not recognised", () => {
    const record = JSON.stringify(accepted("a", 0))
    const journal = Option.getOrThrow(read(["hello", record, python, tooLong, record]).summary())
    expect(journal).toMatchObject({ unrecognisedLines: 3, orders: { accepted: 2 } })
    const log = Option.getOrThrow(read(["hello", python, record]).summary())
    expect(log).toMatchObject({ unrecognisedLines: 2, averageRequestsRate: 95, orders: { accepted: 0 } })
  })

  it("of which nothing is recognised has no summary", () => {
    const reader = read(["hello", "", tooLong])
    expect(Option.isNone(reader.summary())).toBe(true)
    expect(reader.lines()).toBe(3)
  })

  it("that is torn within its last line counts that line", () => {
    const whole = [header(), accepted("a", 0), accepted("b", 10)].map((record) => JSON.stringify(record))
    const torn = whole.map((line, index) => (index === 2 ? line.slice(0, 40) : line))
    expect(Option.getOrThrow(read(torn).summary())).toMatchObject({
      unrecognisedLines: 1,
      orders: { created: 1, accepted: 1 },
    })
  })

  it("of a newer version is not to be summarised", () => {
    expect(read([JSON.stringify({ type: "header", version: 7 })]).newerVersion()).toBe(7)
    expect(read([JSON.stringify(header())]).newerVersion()).toBeUndefined()
  })

  it("that several journals were appended to has each one's summary", () => {
    const first = [header({ keys: 1 }), ...acceptedAt(10, 30), accepted("a", 4000)]
    const second = [header({ keys: 2 }), ...acceptedAt(1500, 3), accepted("b", 2000)]
    const reader = read([...first, ...second].map((record) => JSON.stringify(record)))
    reader.end()
    expect(reader.runs()).toEqual([
      { number: 1, summary: summaryOf(first) },
      { number: 2, summary: summaryOf(second) },
    ])
    expect(Option.getOrThrow(reader.summary())).toEqual(summaryOf(second))
  })
})
