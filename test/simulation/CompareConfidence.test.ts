import { assert, describe, it } from "@effect/vitest"
import { interval95, studentT95 } from "../../src/simulation/Confidence.ts"

describe("a confidence interval", () => {
  it("uses Student's t as tables have it", () => {
    const table: ReadonlyArray<readonly [number, number]> = [
      [1, 12.706],
      [2, 4.303],
      [3, 3.182],
      [4, 2.776],
      [5, 2.571],
      [9, 2.262],
      [10, 2.228],
      [30, 2.042],
      [120, 1.98],
      [999, 1.962],
    ]
    for (const [degrees, t] of table) {
      assert.approximately(studentT95(degrees), t, 0.0006, `${degrees} degrees of freedom`)
    }
  })

  it("is the mean and t standard errors on either side", () => {
    const { mean, plusMinus } = interval95([1, 2, 3, 4, 5])
    assert.strictEqual(mean, 3)
    assert.approximately(plusMinus ?? 0, 2.7764 * Math.sqrt(2.5 / 5), 0.0001)
    assert.deepStrictEqual(interval95([7, 7, 7]), { mean: 7, plusMinus: 0 })
  })

  it("is not known from a single value", () => {
    assert.deepStrictEqual(interval95([7]), { mean: 7, plusMinus: null })
  })
})
