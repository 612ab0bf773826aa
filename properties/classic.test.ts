/**
 * Laws of the classic form: the arithmetic of the exercise's own analysis, of journals and Python clients' logs alike.
 */
import * as fc from "fast-check"
import { Option } from "effect"
import { describe, expect, it } from "vitest"
import type { JournalRecord } from "../src/journal/JournalRecord.ts"
import { makeLogSummariser } from "../src/summary/LogSummariser.ts"
import { renderClassic } from "../src/summary/renderClassic.ts"
import { pushLine } from "../test/summary/records.ts"
import { asOften } from "./support/law.ts"
import { type GeneratedJournal, journal, pythonLine, pythonLog, type PythonRecord } from "./support/logs.ts"
import { microsOf } from "./support/naiveFigures.ts"
import { type ClassicLine, naiveClassic, windowStarts } from "./support/naiveClassic.ts"

const holds = <T>(property: fc.IProperty<T>) => {
  fc.assert(property, asOften(1))
}
const isCaught = <T>(property: fc.IProperty<T>) => {
  expect(fc.check(property, { ...asOften(1), endOnFailure: true }).failed).toBe(true)
}

const CAP = 100

/** What the reader makes of a log's lines. */
const read = (lines: ReadonlyArray<string>): string => {
  const reader = makeLogSummariser({ keys: 5, limit: 20 })
  for (const line of lines) pushLine(reader, line)
  reader.end()
  return renderClassic(Option.getOrThrow(reader.summary()))
}

const pythonLineOf = ({ kind, ms, number }: PythonRecord): ClassicLine => ({
  micros: ms * 1000,
  tells: kind,
  ...(kind === "requests" ? { count: number } : kind === "remark" ? {} : { number }),
})

type Starts = (lines: ReadonlyArray<ClassicLine>) => ReadonlyArray<number>

/** Windows of a second from the first line on, as the other forms have them. */
const everySecond: Starts = (lines) => {
  const seconds = lines.map(({ micros }) => Math.floor((micros - (lines[0]?.micros ?? 0)) / 1e6))
  return seconds.flatMap((second, index) => (second === seconds[index - 1] ? [] : [index]))
}

describe("a Python client's log in the classic form", () => {
  const law = (starts: Starts, kept: (record: PythonRecord) => boolean = () => true) =>
    fc.property(pythonLog, (records) => {
      const lines = records.map(pythonLineOf)
      const found = read(records.filter(kept).map(pythonLine))
      expect(found).toBe(naiveClassic(lines, CAP, undefined, undefined, starts(lines)))
    })

  it("is the arithmetic of the exercise's own analysis, to the last digit", () => {
    holds(law(windowStarts))
  })

  it("is not that where windows follow the clock, and not the lines", () => {
    isCaught(law(everySecond))
  })

  it("is not that where a line that tells nothing opens no window", () => {
    isCaught(law(windowStarts, ({ kind }) => kind !== "remark"))
  })
})

const createdOf = (records: ReadonlyArray<JournalRecord>): ReadonlyArray<number> => {
  const created = new Map<string, number>()
  for (const record of records)
    if (record.type === "sent" || record.type === "outcome")
      created.set(record.id, microsOf(record.createdAt))
  return [...created.values()]
}

const tellsOf = (record: Extract<JournalRecord, { readonly type: "outcome" }>): string => {
  if (record.outcome === "expired") return record.place ?? "queue"
  return record.outcome === "rejected" ? record.reason : record.outcome
}

/** A journal's lines are its outcomes, and its count lines the orders created in each whole second. */
const classicOfJournal = ({ capPerSecond, records }: GeneratedJournal, partSeconds: boolean): string => {
  const lines = records.flatMap((record) =>
    record.type === "outcome" ? [{ micros: microsOf(record.t), tells: tellsOf(record) }] : [],
  )
  const first = lines[0]?.micros ?? 0
  const whole = ((lines.at(-1)?.micros ?? 0) - first) / 1e6
  const created = createdOf(records)
  const seconds = partSeconds ? Math.ceil(whole) : Math.floor(whole)
  const counts = Array.from(
    { length: seconds },
    (_, second) => created.filter((at) => Math.floor((at - first) / 1e6) === second).length,
  )
  return naiveClassic(lines, capPerSecond, counts, created.length)
}

describe("a journal in the classic form", () => {
  const law = (partSeconds: boolean) =>
    fc.property(journal, (log) => {
      expect(read(log.records.map((record) => JSON.stringify(record)))).toBe(
        classicOfJournal(log, partSeconds),
      )
    })

  it("has the same arithmetic, over its outcomes and the orders created in each whole second", () => {
    holds(law(false))
  })

  it("has not, where the last part of a second counts as one", () => {
    isCaught(law(true))
  })
})
