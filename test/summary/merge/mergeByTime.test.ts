import { describe, expect, it } from "vitest"
import type { LogEvent } from "../../../src/journal/LogEvent.ts"
import { type EventQueue, makeTimeMerger } from "../../../src/summary/merge/mergeByTime.ts"

const jump = (key: string, atMs: number): LogEvent => ({ type: "nonce-jump", key, atMs })

/** What comes out of logs that are given chunk by chunk, as their keys and times. */
const merged = (...logs: ReadonlyArray<ReadonlyArray<ReadonlyArray<LogEvent>>>): string => {
  const given: Array<string> = []
  const merger = makeTimeMerger((event, order) => {
    given.push("atMs" in event ? `${order}@${event.atMs}` : `${order}:${event.type}`)
  })
  const left = new Map(logs.map((chunks, order) => [order, [...chunks]]))
  for (const order of left.keys()) merger.add({ order, nextMs: 0, events: [], given: 0 })
  for (let queue: EventQueue | undefined = merger.run(); queue !== undefined; queue = merger.run()) {
    const events = left.get(queue.order)?.shift()
    if (events === undefined) continue
    Object.assign(queue, { events, given: 0 })
    merger.add(queue)
  }
  return given.join(" ")
}

describe("logs that are merged by time", () => {
  it("come in the order of their times, whatever chunks they come in", () => {
    const one = [[jump("a", 1)], [jump("a", 4), jump("a", 5)], [jump("a", 9)]]
    const other = [[jump("b", 2), jump("b", 3)], [jump("b", 8)]]
    expect(merged(one, other)).toBe("0@1 1@2 1@3 0@4 0@5 1@8 0@9")
  })

  it("come in the order of the logs where their times are equal", () => {
    expect(merged([[jump("a", 1), jump("a", 2)]], [[jump("b", 1), jump("b", 2)]])).toBe("0@1 1@1 0@2 1@2")
  })

  it("keep each log's own order: a late line follows the one before it", () => {
    expect(merged([[jump("a", 5), jump("a", 3)]], [[jump("b", 4), jump("b", 6)]])).toBe("1@4 0@5 0@3 1@6")
  })

  it("give what has no time away with what stands before it", () => {
    const line: LogEvent = { type: "unrecognised", lines: 1 }
    expect(merged([[jump("a", 1), line, jump("a", 4)]], [[jump("b", 2)]])).toBe("0@1 0:unrecognised 1@2 0@4")
  })
})
