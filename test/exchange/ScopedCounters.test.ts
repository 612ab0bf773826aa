import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { parseLimit } from "../../src/cli/limitSpec.ts"
import { type CountedRequest, ScopedCounters } from "../../src/exchange/counters/ScopedCounters.ts"

const limitsOf = (...texts: ReadonlyArray<string>) => texts.map((text) => Result.getOrThrow(parseLimit(text)))

const request = (
  facts: Partial<CountedRequest> & { readonly params?: Readonly<Record<string, string>> } = {},
): CountedRequest => ({
  key: "key-1",
  address: "127.0.0.1",
  param: (name) => facts.params?.[name],
  ...facts,
})

const CANCEL = { params: { action: "cancel" } }

describe("limits of an exchange", () => {
  it.each([
    ["2/1s@key", [{}, { key: "key-2" }, {}, { key: "key-2" }, {}], [true, true, true, true, false]],
    ["2/1s@account", [{}, { key: "key-2" }, {}], [true, true, false]],
    ["1/1s@ip", [{}, { address: "::1" }, {}], [true, true, false]],
    [
      "1/1s@account+symbol",
      [
        { params: { symbol: "A" } },
        { params: { symbol: "B" } },
        {},
        { key: "key-2", params: { symbol: "A" } },
        {},
      ],
      [true, true, true, false, false],
    ],
    [
      "5/1s",
      ["3", "3", "2", "0", "6", "none"].map((cost) => ({ params: { cost } })),
      [true, false, true, true, false, false],
    ],
    [
      "bucket:12,decay=1/h,cancel=8",
      [
        {},
        CANCEL,
        { params: { action: "cancel", cost: "4" } },
        {},
        { params: { action: "cancel", cost: "3" } },
      ],
      [true, true, false, true, false],
    ],
    [
      "2/1s,cancel=0",
      [CANCEL, {}, {}, CANCEL, { params: { action: "cancel", cost: "1" } }, {}],
      [true, true, true, true, true, false],
    ],
  ])("%s counts by its scope and by costs", (limit, requests, passes) => {
    const counters = new ScopedCounters(limitsOf(limit))
    expect(requests.map((facts) => counters.pass(request(facts), 0))).toEqual(passes)
  })

  it("let a request pass all of them or count in none", () => {
    const counters = new ScopedCounters(limitsOf("3/1s", "bucket:1,decay=1/s@account+symbol"))
    const of = (symbol: string) => counters.pass(request({ params: { symbol } }), 0)
    expect([of("A"), of("A"), of("A"), of("B"), of("C"), of("D")]).toEqual([
      true,
      false,
      false,
      true,
      true,
      false,
    ])
  })

  it("begin fixed windows where they are said to begin", () => {
    const counters = new ScopedCounters(limitsOf("fixed:1/1s"), -1_000_000_000_250)
    expect([0, 1, 749, 750, 1749].map((atMs) => counters.pass(request(), atMs))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ])
  })

  it("stand still while their clock is set back", () => {
    const counters = new ScopedCounters(limitsOf("1/1s"))
    expect([5000, 1000, 6000, 6001].map((atMs) => counters.pass(request(), atMs))).toEqual([
      true,
      false,
      false,
      true,
    ])
  })
})
