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
import type { Verdict } from "../../src/domain/SubmitError.ts"

const WALL_MS = 1_000_000
const policy = {
  parkAfter: 3,
  blockAfter: 10,
  stopAfterRefusals: 4,
  nonceJumps: [1000, 60_000],
  nonceUnit: "ms" as const,
}
const former = (rateLimitErrors: number, recentErrorsMs: ReadonlyArray<number> = []) => ({
  lastNonce: 100,
  quietUntilMs: 0,
  held: { key: 0 },
  rateLimitErrors,
  recentErrorsMs,
})
const fresh = newHealth(former(0), policy)
/** One after the other, so that each request leaves after the answer to the one before. */
let atMs = 0
const failure = (verdict: Verdict, nonce: number) => {
  atMs += 100
  return { verdict, nonce, sentMs: atMs - 50, atMs, wallMs: WALL_MS }
}
const refused = (health: KeyHealth, reason: RejectReason, nonce = health.lastNonce) =>
  afterVerdict(health, failure({ kind: "refused", reason }, nonce), policy)
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
    const [health, remedy] = afterVerdict(fresh, failure({ kind: "refused", reason: "nonce" }, 100), {
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
      assert.deepStrictEqual(afterVerdict(fresh, failure(verdict, 100), policy), [
        fresh,
        { remedy: "nothing" },
      ])
    }
  })

  it("waits for the latest of all that it was asked to wait for", () => {
    assert.strictEqual(afterAdvice(afterAdvice(fresh, 500, 100), 200, 150).holdUntilMs, 500)
  })
})

describe("rate-limit errors", () => {
  const verdict = { kind: "refused", reason: "rate-limit" } as const
  const after = (errors: ReadonlyArray<readonly [sentMs: number, atMs: number]>, start = fresh) => {
    let health = start
    for (const [sentMs, at] of errors)
      [health] = afterVerdict(
        health,
        { verdict, nonce: 100, sentMs, atMs: at, wallMs: WALL_MS },
        { ...policy, blockAfter: 100 },
      )
    return health
  }

  it("in flight together count once for parking, and each for the block", () => {
    const health = after([
      [0, 50],
      [10, 60],
      [20, 70],
      [49, 99],
    ])
    assert.deepStrictEqual([health.state, health.rateLimitErrors], ["active", 4])
    assert.deepStrictEqual(health.recentErrorsMs, [50])
  })

  it("are forgotten after a minute", () => {
    assert.strictEqual(
      after([
        [0, 50],
        [100, 150],
        [60_000, 60_050],
      ]).state,
      "active",
    )
    assert.strictEqual(
      after([
        [0, 50],
        [100, 150],
        [60_000, 60_049],
      ]).state,
      "parked",
    )
  })

  it("of a former life count as long as they are recent", () => {
    assert.strictEqual(after([[1000, 1050]], newHealth(former(2, [-200, -100]), policy)).state, "parked")
    assert.strictEqual(after([[1000, 1050]], newHealth(former(2, [-70_000, -100]), policy)).state, "active")
  })

  it("never park a key that is never to be parked, and are not kept", () => {
    let health = fresh
    for (let n = 1; n < 50; n++)
      [health] = afterVerdict(
        health,
        { verdict, nonce: 100, sentMs: n * 10 - 5, atMs: n * 10, wallMs: WALL_MS },
        { ...policy, parkAfter: Number.POSITIVE_INFINITY, blockAfter: Number.POSITIVE_INFINITY },
      )
    assert.deepStrictEqual([health.state, health.recentErrorsMs.length], ["active", 1])
  })
})

describe("refusals that all say the same", () => {
  const say = (health: KeyHealth, text: string) => {
    const said = { text, words: text }
    return afterVerdict(health, { ...failure({ kind: "refused", reason: "exchange" }, 100), said }, policy)
  }

  it("park the key, and say what was said", () => {
    let health = fresh
    const remedies = ["a", "b", "b", "b", "b"].map((said) => {
      const [next, { remedy }] = say(health, said)
      health = next
      return remedy
    })
    assert.deepStrictEqual(remedies, ["nothing", "nothing", "nothing", "nothing", "park"])
    assert.deepStrictEqual([health.parkReason, health.streak.said?.text], ["refusals", "b"])
  })

  it("are none where an order was accepted in between", () => {
    let health = fresh
    for (let n = 0; n < 10; n++) {
      ;[health] = say(health, "a")
      if (n % 3 === 2) health = afterAccepted(health, 100)
    }
    assert.strictEqual(health.state, "active")
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
