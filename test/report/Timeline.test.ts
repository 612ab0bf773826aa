import { assert, describe, it } from "@effect/vitest"
import { makeTimeline } from "../../src/report/Timeline.ts"

describe("a report's timeline", () => {
  it("has an interval for each second, and gives the incomplete last one to the one before", () => {
    const timeline = makeTimeline()
    for (const atMs of [0, 999, 1000, 2500, 3400]) timeline.count(atMs, "accepted")
    const points = timeline.points(3400)
    assert.deepStrictEqual(
      points.map(({ accepted, fromMs, toMs }) => [fromMs, toMs, accepted]),
      [
        [0, 1000, 2],
        [1000, 2000, 1],
        [2000, 3400, 2],
      ],
    )
  })

  it("never has more than 600 intervals, loses nothing and stays even", () => {
    const timeline = makeTimeline()
    const seconds = 86_400
    for (let second = 0; second < seconds; second += 1) {
      timeline.count(second * 1000, "accepted", 3)
      timeline.measure(second * 1000, "orderAge", second < seconds / 2 ? 10 : 500)
      timeline.spare(second * 1000, second === 50_000 ? -4 : 2)
    }
    const points = timeline.points(seconds * 1000 - 1)
    assert.isAtMost(points.length, 600)
    assert.isAtLeast(points.length, 300)
    assert.strictEqual(
      points.reduce((sum, { accepted }) => sum + accepted, 0),
      3 * seconds,
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
    const timeline = makeTimeline()
    timeline.measure(100, "roundTrip", 5)
    timeline.measure(2100, "roundTrip", 7)
    timeline.measure(3100, "roundTrip", 9)
    assert.deepStrictEqual(timeline.points(3200), timeline.points(3200))
  })

  it("has one interval for a log of one moment, which says no infinite rate", () => {
    const [only, ...others] = makeTimeline().points(0)
    assert.strictEqual(others.length, 0)
    assert.isAbove((only?.toMs ?? 0) - (only?.fromMs ?? 0), 0)
    assert.isNull(only?.orderAge)
    assert.isNull(only?.spareMs)
  })
})
