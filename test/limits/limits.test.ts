/** What the rules of src/limits do in single cases; properties/limits*.test.ts has their laws. */
import { describe, expect, it } from "vitest"
import { Bucket } from "../../src/limits/Bucket.ts"
import { ExchangeClock } from "../../src/limits/ExchangeClock.ts"
import { FixedWindow } from "../../src/limits/FixedWindow.ts"
import type { Limit } from "../../src/limits/Limit.ts"
import { SlidingCounter } from "../../src/limits/SlidingCounter.ts"
import { SlidingLog } from "../../src/limits/SlidingLog.ts"

const NEVER = Number.NEGATIVE_INFINITY

const rules: ReadonlyArray<readonly [string, () => Limit]> = [
  ["a sliding log", () => new SlidingLog({ limit: 3, windowMs: 1000 })],
  ["a bucket", () => new Bucket({ capacity: 3, perSecond: 3 })],
  ["a fixed window", () => new FixedWindow({ limit: 3, windowMs: 1000, exchange: new ExchangeClock() })],
  ["a sliding counter", () => new SlidingCounter({ limit: 3, windowMs: 1000 })],
]

describe.each(rules)("%s", (_, make) => {
  it("has room for all that it holds once fractions have come and gone", () => {
    const limit = make()
    for (const [index, cost] of [0.1, 0.2, 0.3, 0.7, 0.4].entries()) limit.recall(cost, 10 + index)
    let atMs = limit.nextAt(3, 0)
    for (let looks = 0; looks < 100 && limit.nextAt(3, atMs) > atMs; looks += 1) atMs = limit.nextAt(3, atMs)
    expect(limit.nextAt(3, atMs)).toBe(atMs)
  })

  it("lets as much leave at once as it holds, then waits for what is on its way", () => {
    const limit = make()
    for (let sent = 0; sent < 3; sent += 1) limit.hold(1, 0)
    expect(limit.level(0)).toBe(3)
    expect(limit.nextAt(1, 0)).toBe(Number.POSITIVE_INFINITY)
    expect(limit.level(99)).toBe(3)
    limit.settle(1, 100)
    expect(limit.nextAt(1, 100)).toBeLessThanOrEqual(3000)
    expect(limit.nextAt(1, 100)).toBeGreaterThan(100)
  })

  it("has room at once for what never left, and for what cost less", () => {
    const limit = make()
    limit.hold(2, 0)
    limit.settle(2, NEVER)
    expect(limit.level(0)).toBe(0)
    limit.hold(3, 0)
    limit.settle(3, 10, 1)
    expect(limit.level(10)).toBeCloseTo(1, 1)
  })

  it("takes no request that costs more than it holds, and none of part of a unit", () => {
    const limit = make()
    expect([0, 3, 4, 0.5, -1, Number.NaN].map((cost) => limit.fits(cost))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ])
    expect(() => limit.nextAt(4, 0)).toThrow("a request costs 4 of a limit of 3")
  })

  it("does not let a request leave that has no room, nor settle what was not held", () => {
    const limit = make()
    limit.hold(3, 0)
    expect(() => limit.hold(1, 0)).toThrow("a request leaves while its limit is used up")
    expect(() => limit.settle(4, 0)).toThrow("a request is settled that was not held")
    expect(() => limit.settle(1, 0, 2)).toThrow("an answer raises the cost of its request")
  })

  it("counts what an answer shows of somebody else, once, and never makes room for a lower report", () => {
    const limit = make()
    const first = limit.hold(1, 0)
    const second = limit.hold(1, 0)
    limit.settle(1, 10)
    limit.settle(1, 10)
    expect(limit.observe(0, first, 10)).toBe(0)
    expect(limit.observe(3, first, 10)).toBe(1)
    expect(limit.observe(3, second, 10)).toBe(0)
    expect(limit.foreign).toBe(1)
    expect(limit.level(10)).toBeCloseTo(3, 1)
  })

  it("is full as of when nothing was known, and free some time later", () => {
    const limit = make()
    limit.fill(500)
    expect(limit.level(500)).toBe(3)
    expect(limit.nextAt(1, 500)).toBeGreaterThan(500)
    expect(limit.nextAt(3, 500)).toBeLessThanOrEqual(500 + 2100)
  })

  it("takes back in calm what refusals made it leave unused", () => {
    const [refused, before] = [make(), make()]
    for (let n = 0; n < 20; n += 1) refused.refused(n)
    expect(refused.isIdle(11_000)).toBe(false)
    const calmMs = 200_000
    expect(refused.isIdle(calmMs)).toBe(true)
    for (const limit of [refused, before]) {
      limit.hold(3, calmMs)
      limit.settle(3, calmMs)
    }
    expect(refused.nextAt(1, calmMs)).toBe(before.nextAt(1, calmMs))
  })

  it("uses less after a refusal, and yet lets leave what needs all of it", () => {
    const limit = make()
    limit.refused(0)
    expect(limit.nextAt(1, 0)).toBeGreaterThan(0)
    const freeMs = limit.nextAt(3, 0)
    expect(freeMs).toBeLessThan(10_000)
    limit.hold(3, freeMs)
    limit.settle(3, freeMs)
    const before = make()
    before.hold(3, freeMs)
    before.settle(3, freeMs)
    expect(limit.nextAt(1, freeMs)).toBeGreaterThanOrEqual(before.nextAt(1, freeMs))
  })
})

describe("a bucket in steps", () => {
  it("leaves a step unused, unless steps divide its capacity and all costs", () => {
    const capacityOf = (capacity: number, step: number, unit: number) =>
      new Bucket({ capacity, perSecond: 1, step, unit }).capacity
    expect(capacityOf(60, 1, 1)).toBe(60)
    expect(capacityOf(60, 2, 1)).toBe(58)
    expect(capacityOf(60, 5, 10)).toBe(60)
    expect(capacityOf(61, 5, 10)).toBe(56)
  })
})

describe("a fixed window", () => {
  it("begins anew once the exchange's clock has certainly begun another", () => {
    const exchange = new ExchangeClock(0)
    const limit = new FixedWindow({ limit: 1, windowMs: 1000, exchange })
    // Between 99 and 101 ms ahead.
    exchange.observe(1100, 1, 1000, 1001)
    limit.hold(1, 1001)
    limit.settle(1, 1002)
    expect(limit.nextAt(1, 1002)).toBeCloseTo(1901, 1)
  })

  it("is full when the exchange's clock was stepped", () => {
    const exchange = new ExchangeClock()
    const limit = new FixedWindow({ limit: 3, windowMs: 1000, exchange })
    exchange.observe(1100, 1, 1000, 1001)
    expect(limit.level(1001)).toBe(0)
    exchange.observe(9100, 1, 1100, 1101)
    expect(exchange.steppedMs).toBe(1101)
    expect(limit.level(1101)).toBe(3)
  })
})
