import { assert, describe, it } from "@effect/vitest"
import type { RejectReason } from "../../src/domain/Outcome.ts"
import { Refusals, type RefusalSettings, refusalText } from "../../src/certificate/Refusals.ts"

const settings = { limit: 2, windowMs: 1000, boundMs: 55, requestTimeoutMs: 5000 }

interface Way {
  readonly sent: number
  readonly settled: number
  readonly reason?: RejectReason
  readonly key?: string
}

/** Tells of requests in the order of what happened. */
const figuresOf = (ways: ReadonlyArray<Way>, using: RefusalSettings = settings) => {
  const refusals = new Refusals(using)
  const happened = ways
    .flatMap(({ key = "key-1", reason, sent, settled }, index) => {
      const id = String(index)
      const end = { settledMs: settled, hasLeft: true, isAccepted: reason === undefined, reason }
      return [
        { at: sent, tell: () => refusals.sent(key, id, sent) },
        { at: settled, tell: () => refusals.ended(key, id, end) },
      ]
    })
    .toSorted((a, b) => a.at - b.at)
  for (const { tell } of happened) tell()
  return refusals.figures
}

const none = { rateLimit: 0, nonce: 0, blocked: 0, bound: 0, formerRun: 0, limitOrKey: 0 }

describe("what was assumed where a request was refused", () => {
  it("is the bound, where it would have waited for the window without one", () => {
    const ways: ReadonlyArray<Way> = [
      { sent: 0, settled: 90 },
      { sent: 60, settled: 150 },
      // 1,055 + 1 ms after the first was sent, 967 after its answer.
      { sent: 1057, settled: 1100, reason: "rate-limit" },
    ]
    assert.deepStrictEqual(figuresOf(ways), { ...none, rateLimit: 1, bound: 1 })
    assert.deepStrictEqual(figuresOf(ways, { ...settings, boundMs: undefined }), {
      ...none,
      rateLimit: 1,
      formerRun: 1,
    })
  })

  it("is the bound, where two requests of a key were under way and either was refused for its nonce", () => {
    for (const [first, second] of [["nonce", undefined] as const, [undefined, "nonce"] as const]) {
      const ways = [
        { sent: 9000, settled: 9200, ...(first && { reason: first }) },
        { sent: 9056, settled: 9100, ...(second && { reason: second }) },
      ]
      assert.deepStrictEqual(figuresOf(ways), { ...none, nonce: 1, bound: 1 })
    }
  })

  it("is what a former run left, where it came early", () => {
    assert.deepStrictEqual(
      figuresOf([
        { sent: 10, settled: 40, reason: "rate-limit" },
        { key: "key-2", sent: 9000, settled: 9040, reason: "nonce" },
        { key: "key-3", sent: 9000, settled: 9040, reason: "blocked" },
      ]),
      { ...none, rateLimit: 1, nonce: 1, blocked: 1, formerRun: 3 },
    )
  })

  it("is the limit, or who uses the key, where it was neither; and a block follows from it", () => {
    assert.deepStrictEqual(
      figuresOf([
        { sent: 10, settled: 40 },
        { sent: 9000, settled: 9040, reason: "rate-limit" },
        { sent: 9100, settled: 9140, reason: "nonce" },
        { sent: 9200, settled: 9240, reason: "blocked" },
      ]),
      { ...none, rateLimit: 1, nonce: 1, blocked: 1, limitOrKey: 3 },
    )
  })

  it("is said in one sentence, with every refusal counted once among kinds and once among causes", () => {
    const figures = { rateLimit: 2, nonce: 6, blocked: 1, bound: 7, formerRun: 1, limitOrKey: 1 }
    assert.strictEqual(
      refusalText("The client kept its rules", figures, settings),
      "The client kept its rules, and the exchange refused 9 requests all the same (2 for the rate limit, 6 for their nonces, 1 because the key was blocked), so something that was assumed did not hold: " +
        "7 relied on the bound of 55 ms, and a request may have taken longer (raise the bound, or give none); " +
        "1 came so early that a former run or another client may be behind it (let all runs keep the same state); " +
        "1 had nothing to do with either: the exchange may allow less than 2 in 1000 ms (ask it), or another client uses the key (give each its own).",
    )
    assert.isUndefined(refusalText("The client kept its rules", none, settings))
  })
})
