import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { makeSpareTime, type Passed } from "../../src/report/SpareTime.ts"

const LATE_MS = 100

const spareTimes = (limit: number, windowMs: number, requests: ReadonlyArray<Passed>) => {
  const told: Array<readonly [number, number]> = []
  const spareTime = makeSpareTime({
    limit,
    windowMs,
    lateMs: LATE_MS,
    tell: (sentMs, spareMs) => told.push([sentMs, spareMs]),
  })
  for (const request of requests) spareTime.add(request, request.latestMs)
  spareTime.end()
  return told
}

/** By the definition, with everything in memory: how many of the requests before may be in the window still. */
const isSafeAt = (before: ReadonlyArray<Passed>, limit: number, windowMs: number, sentMs: number): boolean =>
  before.filter(({ latestMs }) => latestMs + windowMs > sentMs).length < limit

describe("the spare time of a window", () => {
  it("is what lies between a request and the moment at which the window had room", () => {
    const requests = [
      { sentMs: 0, latestMs: 30 },
      { sentMs: 10, latestMs: 15 },
      { sentMs: 1020, latestMs: 1060 },
      { sentMs: 1031.5, latestMs: 1050 },
    ]
    // Of the first two the earlier arrival frees the third's place.
    assert.deepStrictEqual(spareTimes(2, 1000, requests), [
      [1020, 5],
      [1031.5, 1.5],
    ])
  })

  it("is below zero where more than the limit could be in a window", () => {
    const requests = [
      { sentMs: 0, latestMs: 40 },
      { sentMs: 1005, latestMs: 1030 },
    ]
    assert.deepStrictEqual(spareTimes(1, 1000, requests), [[1005, -35]])
  })

  it("is that of the definition, in whatever order requests end", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(
          fc.record({ gap: fc.integer({ min: 1, max: 40 }), delay: fc.integer({ min: 0, max: LATE_MS }) }),
          {
            minLength: 1,
            maxLength: 40,
          },
        ),
        (limit, gaps) => {
          let sentMs = 0
          const requests = gaps.map(({ delay, gap }) => {
            sentMs += gap
            return { sentMs, latestMs: sentMs + delay }
          })
          const told = spareTimes(
            limit,
            100,
            requests.toSorted((a, b) => a.latestMs - b.latestMs),
          )
          assert.deepStrictEqual(
            told.map(([at]) => at),
            requests.slice(limit).map((request) => request.sentMs),
          )
          for (const [at, spare] of told) {
            const before = requests.filter((request) => request.sentMs < at)
            assert.isTrue(isSafeAt(before, limit, 100, at - spare))
            assert.isFalse(isSafeAt(before, limit, 100, at - spare - 0.5))
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
