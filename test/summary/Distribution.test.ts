import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { createHistogram } from "node:perf_hooks"
import { addDuration, emptyDistribution, percentilesOf } from "../../src/summary/Distribution.ts"

/** The smallest value that at least so many of a thousand are no greater than, by counting. */
const nearestRank = (values: ReadonlyArray<number>, perMille: number): number =>
  values
    .toSorted((one, other) => one - other)
    .find((value) => values.filter((other) => other <= value).length * 1000 >= perMille * values.length) ?? 0

const law = (of: (values: ReadonlyArray<number>) => ReadonlyArray<number>) =>
  // Whole milliseconds up to 2 s: the histogram has them exactly.
  fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 1500 }), (values) => {
    const expected = [500, 900, 990, 999].map((perMille) => nearestRank(values, perMille))
    for (const [index, found] of of(values).entries())
      assert.approximately(found, expected[index] ?? 0, (expected[index] ?? 0) / 1000)
  })

const ours = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
  const distribution = emptyDistribution()
  for (const value of values) addDuration(distribution, value)
  const found = percentilesOf(distribution)
  return found === null ? [] : [found.p50, found.p90, found.p99, found.p999]
}

describe("percentiles", () => {
  it("are those of the nearest rank, however many values there are", () => {
    fc.assert(law(ours), { numRuns: 300 })
  })

  it("are not what the histogram's own rounding of ranks gives", () => {
    const rounding = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
      const histogram = createHistogram({ figures: 3 })
      for (const value of values) histogram.record(value * 1000)
      return [50, 90, 99, 99.9].map((percent) => histogram.percentile(percent) / 1000)
    }
    assert.isTrue(fc.check(law(rounding), { numRuns: 300, seed: 1 }).failed)
  })

  it("p99.9 of 1,400 and of 100 are the values of ranks 1,399 and 100", () => {
    const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
    assert.approximately(ours(upTo(1400))[3] ?? 0, 1399, 1)
    assert.approximately(ours(upTo(100))[3] ?? 0, 100, 0.1)
    // 16 values: nine tenths of them are 14.4, so the 15th.
    assert.approximately(ours(upTo(16))[1] ?? 0, 15, 0.1)
  })
})
