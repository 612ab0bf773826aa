import { assert, describe, it } from "@effect/vitest"
import { binsOf } from "../../src/report/bins.ts"
import { addDuration, emptyDistribution } from "../../src/summary/Distribution.ts"

describe("a distribution's bins", () => {
  it("hold every duration once", () => {
    const distribution = emptyDistribution()
    for (const ms of [1, 4, 6, 12, 13, 14, 28, 500]) addDuration(distribution, ms)
    assert.deepStrictEqual(
      binsOf(distribution, 10, 3).map(({ count }) => count),
      [3, 3, 1, 1],
    )
  })

  it("count exactly, whatever the number of durations", () => {
    const distribution = emptyDistribution()
    for (let ms = 1; ms <= 3000; ms += 1) addDuration(distribution, ms / 10)
    assert.deepStrictEqual(
      binsOf(distribution, 50, 5).map(({ count }) => Math.round(count / 10)),
      [50, 50, 50, 50, 50, 50],
    )
  })

  it("are empty where there is nothing", () => {
    assert.deepStrictEqual(
      binsOf(emptyDistribution(), 10, 2).map(({ count }) => count),
      [0, 0, 0],
    )
  })
})
