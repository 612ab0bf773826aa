import { describe, expect, it } from "vitest"
import { makeDueLine } from "../../src/exchange/DueLine.ts"

describe("the line of what becomes due", () => {
  it("gives what is due in the order of its times, not in the order of its coming", () => {
    const line = makeDueLine<string>()
    line.add(30, "late")
    line.add(10, "early")
    line.add(20, "middle")
    expect(line.takeDue(20)).toStrictEqual(["early", "middle"])
    expect(line.takeDue(100)).toStrictEqual(["late"])
    expect(line.takeDue(100)).toStrictEqual([])
  })

  it("keeps the order of coming among equal times", () => {
    const line = makeDueLine<number>()
    for (const number of [1, 2, 3]) line.add(5, number)
    line.add(4, 0)
    expect(line.takeDue(5)).toStrictEqual([0, 1, 2, 3])
  })

  it("gives nothing before its time", () => {
    const line = makeDueLine<string>()
    line.add(10, "later")
    expect(line.takeDue(9.999)).toStrictEqual([])
    expect(line.takeDue(10)).toStrictEqual(["later"])
  })
})
