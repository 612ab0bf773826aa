/** What an attempt makes of its order. */
import { assert, describe, it } from "@effect/vitest"
import { Exit } from "effect"
import { type Attempt, consequenceOf, type Result, signOf } from "../../src/dispatch/Attempt.ts"
import {
  ConnectionFailed,
  RateLimited,
  RequestTimeout,
  type SubmitError,
  verdictOf,
} from "../../src/domain/SubmitError.ts"

const about = { orderId: "order-1", key: "key-1" }
const request = { key: "key-1", nonce: 1, attempt: 1, sentMs: 0, writtenMs: 1, settledMs: 50 }
const attempted = (result: Result): Attempt => ({
  request,
  result,
  ending: "answered",
  atMs: 50,
})
const failed = (error: SubmitError) => attempted({ kind: "failed", error, verdict: verdictOf(error) })
const acceptance = { status: "OK", req_id: "order-1" } as const
const accepted = attempted({ kind: "accepted", acceptance })
const refused = failed(new RateLimited(about))
const lost = failed(new RequestTimeout(about))
const unsent = failed(new ConnectionFailed({ ...about, code: "ECONNREFUSED" }))
const withheld = attempted({ kind: "withheld" })

const entry = { deadlineMs: 1000, returns: 0 }
const wanted = { isWanted: true, returnsFreely: false, asksToWait: false, maxReturns: 1 }

describe("an attempt", () => {
  it("ends an order that was accepted, and tells its caller so", () => {
    const found = consequenceOf(accepted, entry, wanted)
    assert.deepStrictEqual(found, {
      kind: "end",
      end: { outcome: { outcome: "accepted" }, request },
      told: Exit.succeed(acceptance),
    })
  })

  it("ends an order that may have been executed as unknown, wanted or not", () => {
    for (const isWanted of [true, false]) {
      const found = consequenceOf(lost, entry, { ...wanted, isWanted })
      assert.strictEqual(found.kind === "end" && found.end.outcome.outcome, "unknown")
    }
  })

  it("returns a refused order as often as it may, within its time to live", () => {
    assert.deepStrictEqual(consequenceOf(refused, entry, wanted), {
      kind: "return",
      reason: "rate-limit",
      countsAsReturn: true,
    })
    const ends = [
      consequenceOf(refused, { ...entry, returns: 1 }, wanted),
      consequenceOf(refused, { ...entry, deadlineMs: 50 }, wanted),
      consequenceOf(refused, entry, { ...wanted, isWanted: false }),
    ]
    for (const found of ends)
      assert.strictEqual(found.kind === "end" && found.end.outcome.outcome, "rejected")
  })

  it("returns an order whose key alone was out of step, however often", () => {
    const found = consequenceOf(refused, { ...entry, returns: 9 }, { ...wanted, returnsFreely: true })
    assert.deepStrictEqual(found, { kind: "return", reason: "rate-limit", countsAsReturn: false })
  })

  it("returns what did not leave, and cancels it where nobody wants it any more", () => {
    for (const [done, reason] of [[unsent, "not-sent"] as const, [withheld, "withheld"] as const]) {
      assert.deepStrictEqual(consequenceOf(done, entry, wanted), {
        kind: "return",
        reason,
        countsAsReturn: false,
      })
      assert.deepStrictEqual(consequenceOf(done, entry, { ...wanted, isWanted: false }), { kind: "cancel" })
    }
  })

  it("says of the exchange what its end shows, and nothing where it never left by our own will", () => {
    assert.deepStrictEqual([accepted, refused, lost, unsent, withheld].map(signOf), [
      { kind: "answered" },
      { kind: "answered" },
      { kind: "failing" },
      { kind: "unreachable", code: "ECONNREFUSED" },
      undefined,
    ])
  })
})
