import { Option } from "effect"
import { describe, expect, it } from "vitest"
import { newerVersion, readJournalLine } from "../../src/journal/journalLine.ts"
import { accepted, header } from "../summary/records.ts"

describe("a journal's line", () => {
  it("is read as the record that was written", () => {
    const record = accepted("a", 1.5)
    expect(Option.getOrThrow(readJournalLine(JSON.stringify(record)))).toEqual(record)
  })

  it.each([
    "",
    "null",
    "[]",
    "{",
    `{"type":"outcome"}`,
    JSON.stringify(accepted("a", 1.5)).slice(0, -1),
    JSON.stringify({ ...accepted("a", 1.5), t: "1.5" }),
    JSON.stringify({ ...accepted("a", 1.5), t: Number.NaN }),
    JSON.stringify(accepted("a".repeat(65), 1.5)),
  ])("that is no record is not recognised: %s", (line) => {
    expect(Option.isNone(readJournalLine(line))).toBe(true)
  })

  it("of a newer header tells its version", () => {
    const newer = JSON.stringify({ type: "header", version: 4, t: 0, whatever: true })
    expect(newerVersion(newer)).toEqual(Option.some(4))
    expect(Option.isNone(newerVersion(JSON.stringify(header())))).toBe(true)
    expect(Option.isNone(newerVersion("{"))).toBe(true)
  })
})
