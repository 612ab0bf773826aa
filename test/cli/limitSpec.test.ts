import { Duration, Result } from "effect"
import { describe, expect, it } from "vitest"
import { limitsOf, parseLimit, parseLimitOrNumber } from "../../src/cli/limitSpec.ts"
import { bucketOf, keyWindowOf, type LimitSpec, sharedSlotMs, showLimit } from "../../src/domain/LimitSpec.ts"

const window = Duration.seconds(1)

describe("a limit", () => {
  it.each<[string, string, LimitSpec]>([
    ["20/1s", "20/1s@key", { rule: "log", limit: 20, windowMs: 1000, scope: "key" }],
    ["20/s@ip", "20/1s@ip", { rule: "log", limit: 20, windowMs: 1000, scope: "ip" }],
    [
      "fixed:100/10s@account",
      "fixed:100/10s@account",
      { rule: "fixed", limit: 100, windowMs: 10_000, scope: "account" },
    ],
    ["counter:7/250ms", "counter:7/250ms@key", { rule: "counter", limit: 7, windowMs: 250, scope: "key" }],
    [
      "bucket:60,decay=1/s@account+symbol",
      "bucket:60,decay=1/s@account+symbol",
      { rule: "bucket", limit: 60, decay: 1, decayMs: 1000, scope: "account", field: "symbol" },
    ],
    [
      "bucket:15,decay=1/3s,step=3s",
      "bucket:15,decay=1/3s,step=3s@key",
      { rule: "bucket", limit: 15, decay: 1, decayMs: 3000, stepMs: 3000, scope: "key" },
    ],
    [
      "bucket:125,decay=2.34/s@key",
      "bucket:125,decay=2.34/s@key",
      { rule: "bucket", limit: 125, decay: 2.34, decayMs: 1000, scope: "key" },
    ],
    [
      "fixed:100/10s,cancel=0,place=1@account",
      "fixed:100/10s,cancel=0@account",
      { rule: "fixed", limit: 100, windowMs: 10_000, scope: "account", costs: { cancel: 0 } },
    ],
    [
      "bucket:60,decay=1/s,step=2s,cancel=8,place=2@account+pair",
      "bucket:60,decay=1/s,step=2s,place=2,cancel=8@account+pair",
      {
        rule: "bucket",
        limit: 60,
        decay: 1,
        decayMs: 1000,
        stepMs: 2000,
        scope: "account",
        field: "pair",
        costs: { place: 2, cancel: 8 },
      },
    ],
  ])("%s is read, and shown so that it is read as the same", (text, shown, limit) => {
    expect(parseLimit(text)).toEqual(Result.succeed(limit))
    expect(showLimit(limit)).toBe(shown)
    expect(parseLimit(shown)).toEqual(Result.succeed(limit))
  })

  it.each([
    ["20/1s@moon", 'there is no scope "@moon"'],
    ["20/1s@account+nonce", "nonce is the request's own"],
    ["20/1s@key@ip", "there is more than one @"],
    ["leaky:20/1s", 'there is no rule "leaky"'],
    ["20/1", "has no unit"],
    ["20/1.5ms", "is not in whole milliseconds"],
    ["20/2d", "is longer than a day"],
    ["0/1s", "is out of range"],
    ["20/1s/2s", 'is not a number, "/" and a time'],
    ["twenty", 'is not a number, "/" and a time'],
    ["", 'is not a number, "/" and a time'],
    ["bucket:60", "a bucket has a capacity and a decay"],
    ["bucket:60,decay=0/s", "is not a number above 0"],
    ["bucket:60,decay=1e3/s", "is not a number above 0"],
    ["bucket:2,decay=1/s,step=2s", "steps of 2 leave no room for an order in 2"],
    ["20/1s,cancel=x", '"x" is not a whole number'],
    ["20/1s,cancel=0,cancel=1", "there is more than one cancel="],
    ["20/1s,move=2", "move"],
    ["7/1s,cancel=8", "a cost of 8 finds no room in 7"],
    ["bucket:8,decay=3/s,step=1s,cancel=8", "steps of 3 leave no room"],
  ])("%j is refused: %s", (text, problem) => {
    const read = parseLimit(text)
    expect(Result.isFailure(read) && read.failure).toContain(problem)
    expect(Result.isFailure(read) && read.failure).not.toContain("\n")
  })

  it("is a plain number, too", () => {
    expect(parseLimitOrNumber("20")).toEqual(Result.succeed(20))
    expect(Result.isFailure(parseLimitOrNumber("0"))).toBe(true)
    expect(Result.isFailure(parseLimitOrNumber("-1"))).toBe(true)
  })
})

describe("limits together", () => {
  it("are the exercise's where none or one plain number is given", () => {
    expect(limitsOf([], window)).toEqual(Result.succeed({ limit: 20, window }))
    expect(limitsOf([7], window)).toEqual(Result.succeed({ limit: 7, window }))
  })

  it("count a plain number as a key's in one window", () => {
    const both = Result.getOrThrow(
      limitsOf([20, Result.getOrThrow(parseLimit("fixed:100/10s@account"))], window),
    )
    expect(both.limits?.map(showLimit)).toEqual(["20/1s@key", "fixed:100/10s@account"])
    expect(Result.isFailure(limitsOf([20, 30], window))).toBe(true)
  })

  it("make room at the pace of the slowest", () => {
    const limits = ["20/1s@key", "bucket:60,decay=50/s@account"].map((text) =>
      Result.getOrThrow(parseLimit(text)),
    )
    expect(sharedSlotMs({ limit: 20, window, limits }, 2)).toBe(25)
    expect(sharedSlotMs({ limit: 20, window, limits }, 5)).toBe(20)
    expect(sharedSlotMs({ limit: 20, window }, 5)).toBe(10)
  })

  it("count some order that is placed, and make room for it at its cost", () => {
    const spec = (text: string) => Result.getOrThrow(parseLimit(text))
    expect(Result.isFailure(limitsOf([spec("20/1s,place=0")], window))).toBe(true)
    const limits = [spec("20/1s,place=0"), spec("20/1s,place=2,cancel=7")]
    expect(Result.isSuccess(limitsOf(limits, window))).toBe(true)
    expect(sharedSlotMs({ limit: 20, window, limits }, 1)).toBe(100)
  })

  it("say least of a key in a short window, if any is short", () => {
    const limits = ["20/1s", "fixed:1000/1d"].map((text) => Result.getOrThrow(parseLimit(text)))
    expect(keyWindowOf(limits)).toEqual({ limit: 20, windowMs: 1000 })
    expect(keyWindowOf(limits.slice(1))).toEqual({ limit: 2001, windowMs: 86_400_000 })
  })

  it.each([
    ["20/1s", { limit: 20, windowMs: 1000 }],
    ["fixed:100/10s", { limit: 201, windowMs: 10_000 }],
    ["bucket:60,decay=1/s", { limit: 63, windowMs: 1000 }],
    ["20/1s@account+symbol", { limit: 10_000, windowMs: 1000 }],
    ["20/1s,cancel=0", { limit: 10_000, windowMs: 1000 }],
    ["20/1s,cancel=8", { limit: 20, windowMs: 1000 }],
  ])("%s lets no more than that of a key through", (text, most) => {
    expect(keyWindowOf([Result.getOrThrow(parseLimit(text))])).toEqual(most)
  })

  it("know a step by what it takes away", () => {
    const spec = Result.getOrThrow(parseLimit("bucket:15,decay=1/3s,step=3s"))
    expect(spec.rule === "bucket" && bucketOf(spec)).toEqual({
      capacity: 15,
      perSecond: 1000 / 3000,
      step: 1,
    })
  })
})
