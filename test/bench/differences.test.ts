import { describe, expect, it } from "vitest"
import { differences } from "../../bench/support/summarise/differences.ts"

const expected = {
  windows: 42,
  averageThroughput: 94.39014261645428,
  orders: { accepted: 3977, unknown: 0 },
  orderAge: { p50: [992.1, 992.3], max: 999.999 },
  roundTrip: null,
  keys: [{ key: "key-1", sent: 7 }],
}
const found = { ...expected, orderAge: { p50: 992.255, max: 999.999 } }

describe("figures that are held to a naive computation", () => {
  it("are right where percentiles lie within three figures of their bounds, and sums within what floats can hold", () => {
    expect(differences(found, expected)).toEqual([])
    expect(differences({ ...found, averageThroughput: 94.390142616455 }, expected)).toEqual([])
    expect(differences({ ...found, orderAge: { p50: 993.29, max: 999.999 } }, expected)).toEqual([])
  })

  it("are named where they are wrong", () => {
    expect(differences({ ...found, windows: 43 }, expected)).toEqual(["windows: found 43, expected 42"])
    expect(differences({ ...found, averageThroughput: 94.3902 }, expected)).toHaveLength(1)
    expect(differences({ ...found, orders: { accepted: 3976, unknown: 0 } }, expected)).toEqual([
      "orders.accepted: found 3976, expected 3977",
    ])
    expect(differences({ ...found, orderAge: { p50: 993.4, max: 999.999 } }, expected)).toEqual([
      "orderAge.p50: found 993.4, expected 992.1 to 992.3",
    ])
    expect(differences({ ...found, orderAge: { p50: 992.2, max: 999.998 } }, expected)).toHaveLength(1)
    expect(differences({ ...found, orderAge: null }, expected)).toHaveLength(1)
    expect(differences({ ...found, roundTrip: { p50: 1 } }, expected)).toHaveLength(1)
    expect(differences({ ...found, keys: [{ key: "key-1", sent: 8 }] }, expected)).toEqual([
      "keys.0.sent: found 8, expected 7",
    ])
  })

  it("are wrong where one is missing, or there is one more, unless only some are looked for", () => {
    const { windows: _, ...others } = found
    expect(differences(others, expected)).toEqual(["windows: found undefined, expected 42"])
    expect(differences({ ...found, more: 1 }, expected)).toEqual(["more: found 1, expected undefined"])
    expect(differences({ ...found, more: 1 }, expected, "some")).toEqual([])
    expect(differences({ ...found, keys: [...found.keys, { key: "key-2" }] }, expected)).toHaveLength(1)
  })
})
