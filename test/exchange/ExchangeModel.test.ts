import { Chunk } from "effect"
import { describe, expect, it } from "vitest"
import { answerTo, unknownKey } from "../../src/exchange/ExchangeAnswer.ts"
import {
  type Arrival,
  arrive,
  emptyKey,
  type KeyUsage,
  parseNonce,
  type Ruling,
} from "../../src/exchange/ExchangeModel.ts"
import { type ExchangeRules, exerciseRules } from "../../src/venues/exercise/exercise.ts"

const rulings = (
  config: ExchangeRules,
  arrivals: ReadonlyArray<Arrival>,
): { readonly seen: ReadonlyArray<Ruling>; readonly key: KeyUsage } => {
  let key = emptyKey
  const seen: Array<Ruling> = []
  for (const arrival of arrivals) {
    const { next, ruling } = arrive(config, key, arrival)
    key = next
    seen.push(ruling)
  }
  return { seen, key }
}

const at = (atMs: number, nonce: bigint | undefined): Arrival => ({ atMs, nonce })
/** `count` arrivals at one moment, with nonces from `from` on. */
const burst = (atMs: number, count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => at(atMs, BigInt(from + index)))

const one: ExchangeRules = { limit: 1, windowMs: 1000, blockAfter: 10 }

describe("the window", () => {
  it("passes the whole limit at once, even at time 0", () => {
    expect(rulings(exerciseRules, burst(0, 20)).seen).toEqual(Array.from({ length: 20 }, () => "accepted"))
  })
  it("refuses the 21st request exactly 1000 ms after the first and passes it after 1001 ms", () => {
    expect(rulings(exerciseRules, [...burst(500, 20), at(1500, 21n)]).seen.at(-1)).toBe("rate-limit")
    expect(rulings(exerciseRules, [...burst(500, 20), at(1501, 21n)]).seen.at(-1)).toBe("accepted")
  })
  it("judges whole milliseconds: 1000.9 ms between 0.0 and 1000.9 are still 1000", () => {
    expect(rulings(one, [at(0, 1n), at(1000.9, 2n)]).seen).toEqual(["accepted", "rate-limit"])
  })
  it("judges whole milliseconds: 1000.1 ms between 0.9 and 1001.0 are already 1001", () => {
    expect(rulings(one, [at(0.9, 1n), at(1001, 2n)]).seen).toEqual(["accepted", "accepted"])
  })
  it("does not count a refused request as a pass", () => {
    expect(rulings(one, [at(0, 1n), at(900, 2n), at(1001, 3n)]).seen).toEqual([
      "accepted",
      "rate-limit",
      "accepted",
    ])
  })
  it("replaces the oldest pass, not the last one", () => {
    const two = { ...one, limit: 2 }
    expect(rulings(two, [at(0, 1n), at(600, 2n), at(1001, 3n), at(1600, 4n), at(1601, 5n)]).seen).toEqual([
      "accepted",
      "accepted",
      "accepted",
      "rate-limit",
      "accepted",
    ])
  })
})

describe("the block", () => {
  it("refuses for good after ten rate-limit errors, however long the key waits", () => {
    const { key, seen } = rulings(one, [...burst(0, 11), at(5000, 50n), at(1e9, 51n)])
    expect(seen.filter((ruling) => ruling === "rate-limit")).toHaveLength(10)
    expect(seen.slice(-2)).toEqual(["blocked", "blocked"])
    expect(key.rateLimitErrors).toBe(10)
  })
  it("does not come after nine, and the errors are never forgotten", () => {
    const { seen } = rulings(one, [...burst(0, 10), at(1001, 50n), at(1002, 51n), at(9000, 52n)])
    expect(seen.slice(-3)).toEqual(["accepted", "rate-limit", "blocked"])
  })
  it("comes before the rate limit: a blocked key collects no more errors", () => {
    expect(rulings(one, burst(0, 30)).key.rateLimitErrors).toBe(10)
  })
})

describe("the nonce", () => {
  it("must be greater than 0 at first", () => {
    expect(rulings(exerciseRules, [at(0, 0n), at(1, -3n), at(2, 1n)]).seen).toEqual([
      "nonce",
      "nonce",
      "accepted",
    ])
  })
  it("must be greater than the last accepted one, and a refused one does not count", () => {
    const { seen } = rulings(exerciseRules, [at(0, 7n), at(1, 7n), at(2, 5n), at(3, undefined), at(4, 8n)])
    expect(seen).toEqual(["accepted", "nonce", "nonce", "nonce", "accepted"])
  })
  it("uses up its slot when it is bad", () => {
    expect(rulings(one, [at(0, undefined), at(500, 1n)]).seen).toEqual(["nonce", "rate-limit"])
  })
  it("is looked at only after the rate limit: a good nonce over the limit stays unused", () => {
    const { key, seen } = rulings(one, [at(0, 1n), at(10, 9n), at(1001, 2n)])
    expect(seen).toEqual(["accepted", "rate-limit", "accepted"])
    expect(key.lastNonce).toBe(2n)
  })
  it("compares right beyond the integers that a double can hold", () => {
    const nonces = ["10000000000000000001", "10000000000000000000", "10000000000000000002"]
    const arrivals = nonces.map((nonce, index) => at(index, parseNonce(nonce)))
    expect(rulings(exerciseRules, arrivals).seen).toEqual(["accepted", "nonce", "accepted"])
  })
  it.each([
    ["12", 12n],
    [" +12\t", 12n],
    ["-5", -5n],
    ["007", 7n],
    ["98765432109876543210", 98765432109876543210n],
    [undefined, undefined],
    ["", undefined],
    ["1.0", undefined],
    ["1e3", undefined],
    ["0x10", undefined],
    ["+-1", undefined],
    ["1 2", undefined],
    ["9".repeat(4301), undefined],
  ])("reads %j as %s", (text, nonce) => {
    expect(parseNonce(text)).toBe(nonce)
  })
})

it("leaves the state it was given as it was", () => {
  const { key } = rulings(exerciseRules, burst(0, 5))
  const before = { ...key, passes: Chunk.toArray(key.passes) }
  arrive(exerciseRules, key, at(0, 6n))
  arrive(exerciseRules, key, at(1, undefined))
  expect({ ...key, passes: Chunk.toArray(key.passes) }).toEqual(before)
})

describe("the answers, to the letter", () => {
  it.each([
    [answerTo("accepted", '7"'), 200, String.raw`{"status":"OK","req_id":"7\""}`],
    [answerTo("nonce", "7"), 400, '{"status":"error","error_msg":"invalid nonce"}'],
    [unknownKey, 401, '{"status":"error","error_msg":"invalid api key"}'],
    [answerTo("rate-limit", "7"), 429, '{"status":"error","error_msg":"exceeded rate limit"}'],
    [answerTo("blocked", "7"), 429, '{"status":"error","error_msg":"too many rate limit errors: blocked"}'],
  ])("%j", (answer, status, body) => {
    expect(answer).toEqual({ status, body })
  })
})
