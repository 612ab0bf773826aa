import { once } from "node:events"
import { serialize } from "node:v8"
import { Worker } from "node:worker_threads"
import { Option } from "effect"
import { describe, expect, it } from "vitest"
import { mergeParts, type PartialSummary, summaryOf } from "../../src/summary/PartialSummary.ts"
import { accepted, acceptedAt, cancelled, header, sent, summaryOf as summaryOfWhole } from "./records.ts"
import { earlierPart, laterPart, origin, partOf, wholeLog } from "./twoParts.ts"

const merged = (earlier: PartialSummary, later: PartialSummary) =>
  summaryOf(Option.getOrThrow(mergeParts(earlier, later, origin)), origin)

describe("two parts of a log", () => {
  it("add up to the whole: a window that they share, an order that ends in the other", () => {
    const summary = merged(earlierPart(), laterPart())
    expect(summary).toEqual(summaryOfWhole(wholeLog))
    expect(summary).toMatchObject({
      windows: 3,
      maxPossibleThroughput: (100 + 100 + 0) / 3,
      lowestThroughput: 0,
      exceeds: 1,
      orders: { created: 272, accepted: 271, expired: 1, unknown: 0 },
    })
  })

  it("add up when one comes from a thread that has ended", async () => {
    const thread = new Worker(new URL("./programs/laterPart.ts", import.meta.url))
    const ended = once(thread, "exit")
    const later = await new Promise<PartialSummary>((resolve, reject) => {
      thread.once("message", resolve)
      thread.once("error", reject)
    })
    await ended
    expect(merged(earlierPart(), later)).toEqual(summaryOfWhole(wholeLog))
  })

  it("are not changed by it", () => {
    const [earlier, later] = [earlierPart(), laterPart()]
    merged(earlier, later)
    expect(summaryOf(earlier, origin)).toEqual(summaryOf(earlierPart(), origin))
    expect(merged(earlier, later)).toEqual(summaryOfWhole(wholeLog))
  })

  it("leave empty the windows between them", () => {
    const early = [header(), ...acceptedAt(0, 4)]
    const late = [...acceptedAt(500_000, 4), ...acceptedAt(501_000, 4)]
    const summary = merged(partOf(early, true), partOf(late))
    expect(summary).toEqual(summaryOfWhole([...early, ...late]))
    expect(summary).toMatchObject({ windows: 501, lowestThroughput: 0, averageThroughput: 8 / 501 })
  })

  it("keep the lowest second, whichever part it lies in and however far from where they meet", () => {
    for (const lowest of [3, 150, 299, 300, 303, 450, 597]) {
      const seconds = Array.from({ length: 600 }, (_, second) =>
        acceptedAt(second * 1000, second === lowest ? 7 : 10),
      )
      const summary = merged(
        partOf([header(), ...seconds.slice(0, 300).flat()], true),
        partOf(seconds.slice(300).flat()),
      )
      expect(summary).toEqual(summaryOfWhole([header(), ...seconds.flat()]))
      expect(summary.lowestThroughput).toBe(7)
    }
  })

  it("do not add up where the later goes back more than a minute, and on beyond the earlier's end", () => {
    const seconds = (count: number) =>
      Array.from({ length: count }, (_, second) => accepted(String(second), second * 1000))
    const first = partOf([header(), ...seconds(300)], true)
    expect(Option.isNone(mergeParts(first, partOf(seconds(600)), origin))).toBe(true)
    // One that ends long before comes too late as a whole.
    const short = merged(first, partOf(seconds(200)))
    expect(short).toEqual(summaryOfWhole([header(), ...seconds(300), ...seconds(200)]))
  })
})

describe("a part's size", () => {
  const seconds = (count: number) =>
    Array.from({ length: count }, (_, second) => acceptedAt(second * 1000, 2)).flat()
  const sizeOf = ({ windows }: PartialSummary) => serialize(windows).length

  it("does not grow with the time that it covers", () => {
    const [minutes, hours] = [partOf(seconds(300)), partOf(seconds(20_000))]
    // Some numbers have more digits.
    expect(sizeOf(hours)).toBeLessThan(sizeOf(minutes) + 100)
  })

  it("does not grow with its orders: beyond any that can be in flight, they are not named", () => {
    const ended = Array.from({ length: 100_010 }, (_, index) => cancelled(String(index), index))
    const part = partOf([...ended, ...ended.map((_, index) => sent(`sent-${index}`, index))])
    expect(part.tally.unfinished.named?.size).toBe(100_000)
    expect(part.tally.unfinished.orders.size).toBe(100_000)
    const both = Option.getOrThrow(mergeParts(part, partOf([sent("one-more", 1)]), origin))
    expect(both.tally.unfinished.named?.size).toBe(100_000)
    expect(both.tally.unfinished.orders.size).toBe(100_000)
    expect(summaryOf(both, origin).orders.unknown).toBe(100_011)
  })
})
