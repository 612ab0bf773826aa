import { assert, describe, it } from "@effect/vitest"
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

describe("joined limits", () => {
  it("pass over an order whose scope is full, and take the next that may go", () => {
    const limits = new JoinedLimits([{ make: log(1), ...perSymbol }])
    send(limits, { symbol: "a" }, 0)
    const waiting = [{ symbol: "a" }, { symbol: "a" }, { symbol: "b" }]
    assert.strictEqual(limits.look(waiting, "key-1", 1).first, waiting[2])
  })

  it("say when to look again where none may go", () => {
    const limits = new JoinedLimits([{ make: log(1), ...perSymbol }])
    send(limits, { symbol: "a" }, 0)
    send(limits, { symbol: "b" }, 100)
    const waiting = [{ symbol: "b" }, { symbol: "a" }]
    assert.deepStrictEqual(limits.look(waiting, "key-1", 200), { first: undefined, againMs: 1000 })
  })

  it("keep the room of the first that waits in the limits that are not full for it", () => {
    const limits = new JoinedLimits([
      { make: log(1), ...perSymbol },
      { make: log(3), ...everything },
    ])
    send(limits, { symbol: "a" }, 0)
    const b = { symbol: "b" }
    const waiting = [{ symbol: "a" }, b, { symbol: "c" }]
    assert.strictEqual(limits.look(waiting, "key-1", 1).first, b)
    send(limits, b, 1)
    // The last place in the limit of everything is the first order's.
    assert.deepStrictEqual(limits.look([{ symbol: "a" }, { symbol: "c" }], "key-1", 2), {
      first: undefined,
      againMs: 1000,
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
    assert.strictEqual(limits.look([b], "key-1", 1).first, b)
  })

  it("forget the scopes that count nothing any more", () => {
    const limits = new JoinedLimits([{ make: log(1), ...perSymbol }])
    for (let n = 0; n < 10_000; n += 1) {
      const order = { symbol: `s${n}` }
      limits.look([order], "key-1", 100 * n)
      send(limits, order, 100 * n)
    }
    // Ten of them count at a time.
    assert.isAtMost(limits.size, 25)
  })
})
