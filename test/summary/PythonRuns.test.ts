import { describe, expect, it } from "vitest"
import { makeLogSummariser } from "../../src/summary/LogSummariser.ts"
import { pushLine } from "./records.ts"

const stamp = (ms: number): string => {
  const time = new Date(Date.UTC(2026, 9, 25) + ms).toISOString()
  return `${time.slice(0, 10)} ${time.slice(11, 19)},${time.slice(20, 23)} - root - INFO - `
}
const ok = (ms: number, id: number): string =>
  `${stamp(ms)}API response: status 200, resp {'req_id': '${id}', 'status': 'OK'}`
const refused = (ms: number): string =>
  `${stamp(ms)}API response: status 429, resp {'error_msg': 'exceeded rate limit', 'status': 'error'}`

/** Orders 0 to `count`, ten a second. */
const run = (fromMs: number, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, id) => ok(fromMs + id * 100, id))

const read = (lines: ReadonlyArray<string>) => {
  const reader = makeLogSummariser({ keys: 5, limit: 20 })
  for (const line of lines) pushLine(reader, line)
  reader.end()
  return reader.runs()
}
const acceptedIn = (lines: ReadonlyArray<string>) => read(lines).map(({ summary }) => summary.orders.accepted)

const HOUR_MS = 3_600_000

describe("runs that were appended to one log", () => {
  it("are told apart where ids begin again after a gap", () => {
    const runs = read([...run(0, 30), ...run(60_000, 50), ...run(2 * HOUR_MS, 25)])
    expect(runs.map(({ number, summary }) => [number, summary.orders, summary.totalTimeMs])).toMatchObject([
      [1, { created: 30, accepted: 30 }, 2900],
      [2, { created: 50, accepted: 50 }, 4900],
      [3, { created: 25, accepted: 25 }, 2400],
    ])
    expect(runs[1]?.summary).toEqual(read(run(60_000, 50))[0]?.summary)
  })

  it("begin with the lines after the gap that name no order", () => {
    const runs = read([...run(0, 30), refused(60_000), ...run(60_050, 50)])
    expect(runs.map(({ summary }) => [summary.exceeds, summary.orders.accepted])).toEqual([
      [0, 30],
      [1, 50],
    ])
  })

  it("are told apart where the clock was set back in between, and keep their own times", () => {
    const runs = read([...run(HOUR_MS, 30), ...run(0, 50)])
    expect(runs.map(({ summary }) => summary.totalTimeMs)).toEqual([2900, 4900])
  })

  it.each([
    ["an outage, after which ids go on", [...run(0, 30), ok(60_000, 30), ok(60_100, 31)], 32],
    ["a straggler after a pause", [...run(1000, 5).slice(1), ok(5000, 0), ok(5100, 5)], 6],
    ["ids that come again without a gap", [...run(0, 30), ...run(2950, 5)], 35],
    ["an id told twice, with a pause in between", [ok(0, 7), ok(5000, 7), ok(10_000, 7)], 3],
    ["pauses between all orders", [ok(0, 0), ok(5000, 1), ok(10_000, 2), ok(15_000, 3)], 4],
    ["a gap before lines that name no order", [...run(0, 3), refused(9000), refused(20_000)], 3],
  ])("are one where there was %s", (_, lines, accepted) => {
    expect(acceptedIn(lines)).toEqual([accepted])
  })
})

describe("a wall clock that steps back", () => {
  it("leaves the time going on", () => {
    const before = run(0, 100)
    const after = Array.from({ length: 100 }, (_, n) => ok(10_000 - HOUR_MS + n * 100, 100 + n))
    const [first, ...others] = read([...before, ...after])
    expect(others).toEqual([])
    expect(first?.summary.windows).toBe(19)
    expect(first?.summary.averageThroughput).toBeCloseTo(10, 0)
    expect(first?.summary.utilisation.ofCeiling).toBeLessThan(0.11)
    expect(first?.summary.classic.totalTimeMs).toBe(19_800)
  })

  it("for one damaged line changes nothing of those behind it", () => {
    const lines = run(0, 100)
    const damaged = lines.with(50, ok(5000 - HOUR_MS, 50))
    expect(read(damaged)[0]?.summary).toMatchObject({ averageThroughput: 10, totalTimeMs: 9900 })
  })
})
