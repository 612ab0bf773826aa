import { assert, describe, it } from "@effect/vitest"
import { isSameCounter, type LimitSpec } from "../../src/domain/LimitSpec.ts"
import { JoinedLimits } from "../../src/limits/JoinedLimits.ts"
import { SlidingLog } from "../../src/limits/SlidingLog.ts"

interface Order {
  readonly symbol: string
}

const perSymbol = { scopeOf: ({ symbol }: Order) => symbol, costOf: () => 1 }
const everything = { scopeOf: () => "", costOf: () => 1 }
const log = (limit: number) => () => new SlidingLog({ limit, windowMs: 1000, marginMs: 0 })

const send = (limits: JoinedLimits<Order>, order: Order, atMs: number) =>
  limits.hold(order, "key-1", atMs).settle(atMs)

/** Has them wait in this order, and answers what a look finds. */
const lookAt = (limits: JoinedLimits<Order>, orders: ReadonlyArray<Order>, atMs: number) => {
  const joined = orders.map((order, place) => limits.join(order, place))
  const { first } = limits.look("key-1", atMs)
  const dueMs = limits.dueMs
  for (const waiting of joined) limits.leave(waiting)
  return { first: first?.order, dueMs }
}

describe("joined limits", () => {
  it("pass over an order whose scope is full, and take the next that may go", () => {
    const limits = new JoinedLimits([{ make: log(1), ...perSymbol }])
    send(limits, { symbol: "a" }, 0)
    const waiting = [{ symbol: "a" }, { symbol: "a" }, { symbol: "b" }]
    assert.strictEqual(lookAt(limits, waiting, 1).first, waiting[2])
  })

  it("say when to look again where none may go", () => {
    const limits = new JoinedLimits([{ make: log(1), ...perSymbol }])
    send(limits, { symbol: "a" }, 0)
    send(limits, { symbol: "b" }, 100)
    const waiting = [{ symbol: "b" }, { symbol: "a" }]
    assert.deepStrictEqual(lookAt(limits, waiting, 200), { first: undefined, dueMs: 1000 })
  })

  it("keep the room of the first that waits in the limits that are not full for it", () => {
    const limits = new JoinedLimits([
      { make: log(1), ...perSymbol },
      { make: log(3), ...everything },
    ])
    send(limits, { symbol: "a" }, 0)
    const b = { symbol: "b" }
    const waiting = [{ symbol: "a" }, b, { symbol: "c" }]
    assert.strictEqual(lookAt(limits, waiting, 1).first, b)
    send(limits, b, 1)
    // The last place in the limit of everything is the first order's.
    assert.deepStrictEqual(lookAt(limits, [{ symbol: "a" }, { symbol: "c" }], 2), {
      first: undefined,
      dueMs: 1000,
    })
  })

  it("hold a request in none where one of them is full", () => {
    const limits = new JoinedLimits([
      { make: log(2), ...everything },
      { make: log(1), ...perSymbol },
    ])
    send(limits, { symbol: "a" }, 0)
    assert.throws(() => limits.hold({ symbol: "a" }, "key-1", 1), "used up")
    const b = { symbol: "b" }
    assert.strictEqual(lookAt(limits, [b], 1).first, b)
  })

  it("are all full after a refusal, or the one alone that it names", () => {
    const named = (windowMs: number): LimitSpec => ({ rule: "log", limit: 9, windowMs, scope: "account" })
    const goes = (by: LimitSpec | undefined) => {
      const limits = new JoinedLimits<Order>(
        [1000, 60_000].map((windowMs) => ({
          make: () => new SlidingLog({ limit: 9, windowMs, marginMs: 0 }),
          ...everything,
          isCounterOf: (other) => isSameCounter(named(windowMs), other),
        })),
      )
      const held = limits.hold({ symbol: "a" }, "key-1", 0)
      held.refused(0, by)
      held.settle(0)
      return lookAt(limits, [{ symbol: "a" }], 30_000).first !== undefined
    }
    assert.isTrue(goes(named(1000)))
    assert.isFalse(goes(named(60_000)))
    assert.isFalse(goes(undefined))
    // None of ours.
    assert.isFalse(goes(named(5)))
  })

  it("forget the scopes that count nothing any more", () => {
    const limits = new JoinedLimits([{ make: log(1), ...perSymbol }])
    for (let n = 0; n < 10_000; n += 1) {
      const order = { symbol: `s${n}` }
      lookAt(limits, [order], 100 * n)
      send(limits, order, 100 * n)
    }
    // Ten of them count at a time.
    assert.isAtMost(limits.size, 25)
  })
})
