/** What answers tell of a key, and what follows. */
import { assert, describe, it } from "@effect/vitest"
import {
  afterAccepted,
  afterAdvice,
  afterSend,
  afterVerdict,
  hasRoom,
  type KeyHealth,
  newHealth,
} from "../../src/dispatch/KeyHealth.ts"
import type { RejectReason } from "../../src/domain/Outcome.ts"

const WALL_MS = 1_000_000
const policy = { parkAfter: 3, blockAfter: 10, nonceJumps: [1000, 60_000] }
const former = (rateLimitErrors: number) => ({ lastNonce: 100, quietUntilMs: 0, rateLimitErrors })
const fresh = newHealth(former(0), policy)
const refused = (health: KeyHealth, reason: RejectReason, nonce = health.lastNonce) =>
  afterVerdict(health, { kind: "refused", reason }, nonce, WALL_MS, policy)
const refusedTimes = (count: number, reason: RejectReason) => {
  let health = fresh
  const remedies: Array<string> = []
  for (let n = 0; n < count; n++) {
    const [next, { remedy }] = refused(health, reason)
    health = next
    remedies.push(remedy)
  }
  return { health, remedies }
}

describe("a key's health", () => {
  it("counts rate-limit errors, and parks the key once at the last that is allowed", () => {
    const { health, remedies } = refusedTimes(4, "rate-limit")
    assert.deepStrictEqual(remedies, ["nothing", "nothing", "park", "nothing"])
    assert.strictEqual(health.state, "parked")
    assert.strictEqual(health.parkReason, "rate-limit")
    assert.strictEqual(health.rateLimitErrors, 4)
  })

  it("retires a key that is blocked or unknown to the exchange, and does so once", () => {
    for (const [reason, state] of [["blocked", "blocked"] as const, ["api-key", "unknown"] as const]) {
      const { health, remedies } = refusedTimes(2, reason)
      assert.deepStrictEqual(remedies, ["retire", "nothing"])
      assert.strictEqual(health.state, state)
    }
  })

  it("jumps ahead of a nonce that the exchange has seen, further each time, and then parks the key", () => {
    const { health, remedies } = refusedTimes(3, "nonce")
    assert.deepStrictEqual(remedies, ["resynchronise", "resynchronise", "park"])
    assert.strictEqual(health.parkReason, "nonce")
  })

  it("awaits the answer to a later nonce before it jumps", () => {
    const health = afterSend(fresh, 101)
    const [, remedy] = refused(health, "nonce", 100)
    assert.deepStrictEqual(remedy, { remedy: "await-later" })
  })

  it("does nothing where a later nonce of its own was accepted", () => {
    const health = afterAccepted(afterSend(fresh, 101), 101)
    assert.deepStrictEqual(refused(health, "nonce", 100), [health, { remedy: "nothing" }])
  })

  it("starts over with its jumps once a nonce is accepted", () => {
    const [jumped] = refused(fresh, "nonce")
    const accepted = afterAccepted(afterSend(jumped, jumped.lastNonce + 1), jumped.lastNonce + 1)
    assert.strictEqual(accepted.nonces.jumps, 0)
  })

  it("learns nothing from a nonce where no jumps are given", () => {
    const [health, remedy] = afterVerdict(fresh, { kind: "refused", reason: "nonce" }, 100, WALL_MS, {
      ...policy,
      nonceJumps: undefined,
    })
    assert.strictEqual(health, fresh)
    assert.strictEqual(remedy.remedy, "nothing")
  })

  it("is not touched by what says nothing about the key", () => {
    for (const verdict of [
      { kind: "refused", reason: "exchange" },
      { kind: "never-sent" },
      { kind: "unknown", cause: "timeout" },
    ] as const) {
      assert.deepStrictEqual(afterVerdict(fresh, verdict, 100, WALL_MS, policy), [
        fresh,
        { remedy: "nothing" },
      ])
    }
  })

  it("waits for the latest of all that it was asked to wait for", () => {
    assert.strictEqual(afterAdvice(afterAdvice(fresh, 500), 200).holdUntilMs, 500)
  })
})

describe("the errors of former lives", () => {
  it("count towards the block: the key is parked at the last error that leaves it usable", () => {
    const health = newHealth(former(7), policy)
    const [once, first] = refused(health, "rate-limit")
    const [twice, second] = refused(once, "rate-limit")
    assert.deepStrictEqual([first.remedy, second.remedy], ["nothing", "park"])
    assert.strictEqual(twice.state, "parked")
  })

  it("park a key from its start where they leave no room for one more", () => {
    assert.deepStrictEqual(
      [8, 9, 12].map((errors) => newHealth(former(errors), policy).state),
      ["active", "parked", "parked"],
    )
    assert.strictEqual(newHealth(former(100), { blockAfter: Number.POSITIVE_INFINITY }).state, "active")
  })
})

describe("room for one more request", () => {
  it("is there while errors and requests in flight stay below what blocks the key", () => {
    assert.isTrue(hasRoom(fresh, 8, 10))
    assert.isFalse(hasRoom(fresh, 9, 10))
    assert.isFalse(hasRoom(newHealth(former(4), policy), 5, 10))
    assert.isTrue(hasRoom(newHealth(former(4), policy), 4, 10))
    assert.isTrue(hasRoom(newHealth(former(400), policy), 400, Number.POSITIVE_INFINITY))
  })
})
