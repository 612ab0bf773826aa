/**
 * Laws of Python clients' logs that hold several runs, or that a wall clock wrote which stepped back.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeLogSummariser } from "../src/summary/LogSummariser.ts"
import type { Summary } from "../src/summary/Summary.ts"
import { pushLine } from "../test/summary/records.ts"
import { asOften } from "./support/law.ts"
import { pythonLine, type PythonRecord } from "./support/logs.ts"

const holds = <T>(property: fc.IProperty<T>) => {
  fc.assert(property, asOften(1))
}
const isCaught = <T>(property: fc.IProperty<T>) => {
  expect(fc.check(property, { ...asOften(1), endOnFailure: true }).failed).toBe(true)
}

const read = (records: ReadonlyArray<PythonRecord>): ReadonlyArray<Summary> => {
  const reader = makeLogSummariser({ keys: 5, limit: 20 })
  for (const record of records) pushLine(reader, pythonLine(record))
  reader.end()
  return reader.runs().map(({ summary }) => summary)
}

/** A run of orders from 0 on, which end a little out of order, with pauses in between; from 0 ms on. */
const oneRun: fc.Arbitrary<ReadonlyArray<PythonRecord>> = fc
  .record({
    disorder: fc.constantFrom(0, 1, 3),
    orders: fc.array(
      fc.tuple(
        fc.constantFrom(0, 10, 100, 900, 1000, 5000, 400_000),
        fc.constantFrom("accepted", "accepted", "queue", "limiter", "nonce"),
      ),
      { minLength: 8, maxLength: 24 },
    ),
  })
  .map(({ disorder, orders }) => {
    let ms = 0
    return orders.slice(0, orders.length - (orders.length % 4)).map(([gap, kind], index) => {
      ms += gap
      return { ms, kind, number: index ^ disorder }
    })
  })

const later = (run: ReadonlyArray<PythonRecord>, ms: number, first = 0) =>
  run.map((record) => ({ ...record, ms: record.ms + ms, number: record.number + first }))

describe("runs that were appended to one log, a second apart or more", () => {
  const law = (firstNumber: (run: number) => number) =>
    fc.property(
      fc.array(fc.tuple(oneRun, fc.constantFrom(1000, 1001, 60_000, 86_400_000, -10_000_000)), {
        minLength: 1,
        maxLength: 4,
      }),
      (plan) => {
        let endMs = 100_000_000
        const placed = plan.map(([run, gap], index) => {
          const records = later(run, endMs + gap, firstNumber(index))
          endMs = records.at(-1)?.ms ?? endMs
          return records
        })
        expect(read(placed.flat())).toEqual(placed.flatMap(read))
      },
    )

  it("have each the figures that it has alone", () => {
    holds(law(() => 0))
  })

  it("have not, where ids go on and do not begin again", () => {
    isCaught(law((run) => run * 24))
  })
})

describe("a wall clock that steps back while a log is written", () => {
  const law = (stepMs: number) =>
    fc.property(oneRun, fc.nat({ max: 23 }), (run, index) => {
      const at = 1 + (index % (run.length - 1))
      const stepped = [...run.slice(0, at), ...later(run.slice(at), -stepMs)]
      // How long it took from the last line before the step to the first behind it nobody knows.
      const gapMs = (run[at]?.ms ?? 0) - (run[at - 1]?.ms ?? 0)
      const expected = read([...run.slice(0, at), ...later(run.slice(at), -gapMs)])
      expect(read(stepped)).toEqual(expected)
    })

  it("takes nothing of the log's time but that between two lines", () => {
    holds(law(12_600_000))
  })

  it("does, where it steps by no more than lines may be late", () => {
    isCaught(law(240_000))
  })
})
