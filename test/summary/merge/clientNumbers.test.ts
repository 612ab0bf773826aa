import { describe, expect, it } from "vitest"
import type { LogEvent } from "../../../src/journal/LogEvent.ts"
import { makeClientNumbers } from "../../../src/summary/merge/clientNumbers.ts"

const ended = (atMs: number, number: number): LogEvent => ({
  type: "outcome",
  atMs,
  outcome: { outcome: "accepted" },
  id: undefined,
  number,
  createdAtMs: undefined,
  orderAgeMs: undefined,
  roundTripMs: undefined,
  request: undefined,
})
const counted = (atMs: number, count: number): LogEvent => ({ type: "requests", atMs, count })

/** The numbers of logs. */
const numbersOf = (...logs: ReadonlyArray<ReadonlyArray<LogEvent>>) => {
  const numbers = makeClientNumbers()
  for (const [log, events] of logs.entries()) for (const event of events) numbers.add(log, event)
  return numbers
}

/** Orders from one number to another, 100 ms apart. */
const run = (fromMs: number, first: number, last: number): ReadonlyArray<LogEvent> =>
  Array.from({ length: last - first + 1 }, (_, index) => ended(fromMs + index * 100, first + index))

describe("the orders of several Python clients", () => {
  it("are those of one where a log's times and numbers go on in the next, a little late too", () => {
    expect(numbersOf(run(0, 0, 20), run(1900, 19, 40)).created()).toBe(41)
  })

  it("are added up where clients ran side by side, or one began to count anew", () => {
    expect(numbersOf(run(0, 0, 20), run(500, 0, 10)).created()).toBe(32)
    expect(numbersOf(run(0, 0, 20), run(9000, 0, 10)).created()).toBe(32)
  })

  it("are those of two clients where the logs of both were rotated", () => {
    const [one, other] = [run(0, 0, 20), run(0, 0, 30)]
    const numbers = numbersOf(run(2100, 21, 50), one, run(3100, 31, 60), other)
    expect(numbers.created()).toBe(51 + 61)
  })

  it("a second are what clients that ran together counted together, and weighted where one came after the other", () => {
    const one = [counted(0, 100), counted(1000, 100), counted(2000, 100)]
    const other = [counted(0, 50), counted(1000, 70), counted(2000, 60)]
    expect(numbersOf(one).requestsPerSecond(2000)).toBe(100)
    const together = numbersOf([...one, ended(2000, 0)], [...other, ended(2000, 0)])
    expect(together.requestsPerSecond(2000)).toBe(160)
    const later = other.map((event) => ("atMs" in event ? { ...event, atMs: event.atMs + 2000 } : event))
    const apart = numbersOf([...one, ended(2000, 5)], [...later, ended(4000, 0)])
    expect(apart.requestsPerSecond(4000)).toBe(80)
  })
})
