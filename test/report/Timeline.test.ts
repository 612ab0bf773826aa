import { assert, describe, it } from "@effect/vitest"
import { fromJournal } from "../../src/journal/LogEvent.ts"
import { type Point, Timeline } from "../../src/report/Timeline.ts"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { accepted, footer, header } from "../summary/records.ts"

/** An order that was accepted at a time, so old when it was sent, after such a round trip. */
const accept = (timeline: Timeline, atMs: number, ageMs = 0, tripMs = 0): void => {
  const sent = atMs - tripMs
  timeline.add(fromJournal(accepted(`${atMs}`, atMs, { createdAt: sent - ageMs, sent })))
}

const pointsOf = (timeline: Timeline): ReadonlyArray<Point> => {
  timeline.end()
  return timeline.points()
}

describe("a report's timeline", () => {
  it("has an interval for each second, and gives the incomplete last one to the one before", () => {
    const timeline = new Timeline()
    for (const atMs of [0, 999, 1000, 2500, 3400]) accept(timeline, atMs)
    const points = pointsOf(timeline)
    assert.deepStrictEqual(
      points.map(({ accepted, fromMs, toMs }) => [fromMs, toMs, accepted]),
      [
        [0, 1000, 2],
        [1000, 2000, 1],
        [2000, 3400, 2],
      ],
    )
  })

  it("draws a log of a moment as a second's, below any ceiling", () => {
    const timeline = new Timeline()
    accept(timeline, 4, 0, 4)
    assert.deepStrictEqual(
      pointsOf(timeline).map(({ accepted, fromMs, toMs }) => [fromMs, toMs, accepted]),
      [[0, 1000, 1]],
    )
  })

  it("knows of created orders until the run's end, and of a killed run's until the last that left its queue", () => {
    const createdMs = (...more: ReadonlyArray<JournalRecord>) => {
      const timeline = new Timeline()
      timeline.add(fromJournal(header()))
      // Ten a second, each accepted a second after it was made.
      for (let atMs = 0; atMs < 4000; atMs += 100) accept(timeline, atMs, atMs < 1000 ? 0 : 1000)
      for (const record of more) timeline.add(fromJournal(record))
      return pointsOf(timeline).map((point) => point.createdMs)
    }
    assert.deepStrictEqual(createdMs(), [1000, 1000, 900])
    assert.deepStrictEqual(createdMs(footer(3900)), [1000, 1000, 1900])
    // Nothing was made after the planned end, 30 s.
    const drained = accepted("drained", 31_000, { createdAt: 29_900, sent: 30_990 })
    assert.strictEqual(createdMs(drained, footer(31_000)).at(-1), 0)
  })

  it("never has more than 600 intervals, loses nothing and stays even", () => {
    const timeline = new Timeline()
    const seconds = 86_400
    for (let second = 0; second < seconds; second += 1) {
      for (let order = 0; order < 3; order += 1)
        accept(timeline, second * 1000, second < seconds / 2 ? 10 : 500)
      timeline.spare(second * 1000, second === 50_000 ? -4 : 2)
    }
    accept(timeline, seconds * 1000 - 1, 500)
    const points = pointsOf(timeline)
    assert.isAtMost(points.length, 600)
    assert.isAtLeast(points.length, 300)
    assert.strictEqual(
      points.reduce((sum, { accepted }) => sum + accepted, 0),
      3 * seconds + 1,
    )
    assert.deepStrictEqual(new Set(points.slice(0, -1).map(({ fromMs, toMs }) => toMs - fromMs)).size, 1)
    assert.approximately(points[0]?.orderAge?.p99 ?? 0, 10, 0.1)
    assert.approximately(points.at(-1)?.orderAge?.p50 ?? 0, 500, 5)
    assert.strictEqual(
      points.find(({ fromMs, toMs }) => fromMs <= 50_000_000 && 50_000_000 < toMs)?.spareMs,
      -4,
    )
    assert.strictEqual(points.filter(({ spareMs }) => spareMs === -4).length, 1)
  })

  it("says the same when it is asked twice", () => {
    const timeline = new Timeline()
    accept(timeline, 100, 0, 5)
    accept(timeline, 2100, 0, 7)
    accept(timeline, 3100, 0, 9)
    const points = pointsOf(timeline)
    assert.deepStrictEqual(timeline.points(), points)
    assert.deepStrictEqual(pointsOf(timeline), points)
  })

  it("has one interval for a log of one moment, which says no infinite rate", () => {
    const [only, ...others] = pointsOf(new Timeline())
    assert.strictEqual(others.length, 0)
    assert.isAbove((only?.toMs ?? 0) - (only?.fromMs ?? 0), 0)
    assert.isNull(only?.orderAge)
    assert.isNull(only?.spareMs)
  })
})
