/** Several limits with scopes: which order a lane takes, and when. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { LimitSpec } from "../../src/domain/LimitSpec.ts"
import { MadeOrder } from "../../src/domain/Order.ts"
import { RateLimited } from "../../src/domain/SubmitError.ts"
import { countedOf, scopedLimits } from "../../src/limits/scopedLimits.ts"
import { at, makeRig, order, type RigOptions } from "../support/rig.ts"
import { runVirtual } from "../support/virtualTime.ts"

const perSymbol: LimitSpec = { rule: "log", limit: 1, windowMs: 1000, scope: "account", field: "symbol" }
const ofAll: LimitSpec = { rule: "bucket", limit: 4, decay: 4, decayMs: 1000, scope: "account" }

/** What is sent of the given orders, handed over at once, and when, in milliseconds. */
const sending = (params: ReadonlyArray<Record<string, string>>, options: RigOptions) =>
  Effect.gen(function* () {
    const rig = yield* makeRig({ ttlMs: undefined, ...options })
    for (const [n, one] of params.entries()) yield* rig.dispatcher.enqueue(order(n, undefined, one))
    yield* rig.dispatcher.drained
    assert.isEmpty(rig.exchange.arrivals.filter(({ ruling }) => ruling !== "accepted"))
    return rig.sent().map(({ atMs, id, key }) => ({ id, key, ms: Math.floor(atMs - rig.startMs) }))
  }).pipe(Effect.scoped, runVirtual)

describe("limits with scopes", () => {
  it.effect("pass over an order whose scope is full, and take the next that may go", () =>
    Effect.gen(function* () {
      const params = [{ symbol: "a" }, { symbol: "a" }, { symbol: "b" }]
      const sent = yield* sending(params, { limits: [perSymbol], nonces: "none" })
      assert.deepStrictEqual(
        sent.map(({ id }) => id),
        ["0", "2", "1"],
      )
      // A window and its margin after the answer to the first.
      assert.strictEqual(sent[2]?.ms, 1051)
    }),
  )

  it.effect("are shared by all lanes", () =>
    Effect.gen(function* () {
      const sent = yield* sending(
        Array.from({ length: 12 }, () => ({})),
        { keys: 3, limits: [ofAll], nonces: "none" },
      )
      assert.strictEqual(sent.filter(({ ms }) => ms < 100).length, 4)
      assert.strictEqual(new Set(sent.map(({ key }) => key)).size, 3)
      assert.isAtMost(sent.at(-1)?.ms ?? Infinity, 2100)
    }),
  )

  it.effect("count what an order costs", () =>
    Effect.gen(function* () {
      const sent = yield* sending([{ cost: "3" }, { cost: "2" }, { cost: "0" }], {
        limits: [ofAll],
        nonces: "none",
      })
      assert.deepStrictEqual(
        sent.map(({ id }) => id),
        ["0", "2", "1"],
      )
    }),
  )

  it.effect("count an action at what each of them says of it", () =>
    Effect.gen(function* () {
      const limits: ReadonlyArray<LimitSpec> = [
        { ...ofAll, costs: { cancel: 3 } },
        { rule: "log", limit: 1, windowMs: 1000, scope: "account", field: "symbol", costs: { cancel: 0 } },
      ]
      const cancel = { action: "cancel" }
      const sent = yield* sending([cancel, cancel, {}, { ...cancel, cost: "1" }, {}], {
        limits,
        nonces: "none",
      })
      assert.deepStrictEqual(
        sent.map(({ id, ms }) => [id, Math.floor(ms / 500)]),
        [
          ["0", 0],
          ["1", 1],
          ["2", 1],
          ["3", 2],
          ["4", 3],
        ],
      )
      const counted = countedOf(scopedLimits(limits))
      const told = (params: Readonly<Record<string, string>>) =>
        counted(new MadeOrder("1", params, undefined))
      assert.deepStrictEqual(told({ ...cancel, cost: "1", symbol: "A", side: "buy" }), {
        cost: 1,
        scope: "action=cancel&symbol=A",
      })
      assert.deepStrictEqual(told({ side: "buy" }), {})
    }),
  )

  it.effect("are filled by a refusal, each for its own time, and no window besides", () =>
    Effect.gen(function* () {
      const log = { rule: "log", scope: "account" } as const
      const ofSecond: LimitSpec = { ...log, limit: 2, windowMs: 1000, costs: { cancel: 0 } }
      const ofMinute: LimitSpec = { ...log, limit: 6000, windowMs: 60_000 }
      let isFirst = true
      const rig = yield* makeRig({
        ttlMs: undefined,
        nonces: "none",
        limits: [ofSecond, ofMinute],
        client: (client) => ({
          ...client,
          submit: (one, key, nonce, watch) => {
            if (!isFirst) return client.submit(one, key, nonce, watch)
            isFirst = false
            return Effect.suspend(() => {
              const nowMs = 0
              watch.onWritten(nowMs)
              watch.onLimits?.({ counts: [], refusedBy: ofSecond })
              watch.onSettled(nowMs)
              return Effect.fail(new RateLimited({ orderId: one.id, key: key.label }))
            })
          },
        }),
      })
      yield* rig.dispatcher.submit(order(0))
      // A window and its margin, and a slot more since something is not what it was said to be.
      assert.deepStrictEqual(rig.sentMs().map(Math.floor), [0, 1501])
    }).pipe(Effect.scoped, runVirtual),
  )

  it.effect("let a key wait for its own alone", () =>
    Effect.gen(function* () {
      const limits: ReadonlyArray<LimitSpec> = [
        { rule: "log", limit: 2, windowMs: 1000, scope: "key" },
        ofAll,
      ]
      const sent = yield* sending(
        Array.from({ length: 8 }, () => ({})),
        { keys: 2, limits, nonces: "none" },
      )
      const times = (key: string) =>
        sent.filter((one) => one.key === key).map(({ ms }) => Math.round(ms / 100))
      assert.deepStrictEqual(
        [times("key-1"), times("key-2")],
        [
          [0, 0, 11, 11],
          [0, 0, 11, 11],
        ],
      )
    }),
  )

  it.effect("hold nonces in order where they must rise, and let nothing wait where they need not", () =>
    Effect.gen(function* () {
      const params = [{}, {}, {}]
      const limits = [ofAll]
      const rising = yield* sending(params, { limits, boundMs: undefined })
      const none = yield* sending(params, { limits, boundMs: undefined, nonces: "none" })
      const roundTripMs = at.incomingMs + at.outgoingMs
      assert.isAtLeast(rising[2]?.ms ?? 0, 2 * roundTripMs)
      assert.isBelow(none[2]?.ms ?? Infinity, 2 * roundTripMs)
    }),
  )

  it.effect("refuse at the door what can never fit", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ limits: [ofAll] })
      const refused = yield* Effect.flip(rig.dispatcher.enqueue(order(1, undefined, { cost: "5" })))
      assert.strictEqual(
        refused.message,
        "order 1 cannot be sent: params cost 5 of a limit that has room for 4",
      )
    }).pipe(Effect.scoped, runVirtual),
  )

  it.effect("end what waits at its deadline", () =>
    Effect.gen(function* () {
      const rig = yield* makeRig({ limits: [{ ...perSymbol, windowMs: 5000 }], ttlMs: 1000 })
      for (const n of [0, 1]) yield* rig.dispatcher.enqueue(order(n, undefined, { symbol: "a" }))
      yield* rig.dispatcher.drained
      assert.deepStrictEqual(
        rig.outcomes().map(({ id, outcome }) => [id, outcome.outcome]),
        [
          ["0", "accepted"],
          ["1", "expired"],
        ],
      )
      assert.isAtMost(rig.elapsed(), 1001)
    }).pipe(Effect.scoped, runVirtual),
  )
})
