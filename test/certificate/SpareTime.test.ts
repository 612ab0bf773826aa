import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { NEVER_MS, SpareTime, type TimedRequest } from "../../src/certificate/SpareTime.ts"

const LATE_MS = 100

interface Request {
  readonly sentMs: number
  readonly latestMs: number
}

const sentAt = (sentMs: number): TimedRequest => ({ sentMs, latestMs: undefined })

type Told = Array<readonly [number, number]>

/** Sends requests at their times, and ends each at its latest. */
const spareTimes = (limit: number, windowMs: number, requests: ReadonlyArray<Request>): Told => {
  const told: Told = []
  const spareTime = new SpareTime<TimedRequest>(limit, windowMs, ({ sentMs }, spareMs) => {
    told.push([sentMs, spareMs])
  })
  const steps = requests.flatMap(({ latestMs, sentMs }) => {
    const request = sentAt(sentMs)
    return [
      { atMs: sentMs, run: () => spareTime.sent(request) },
      { atMs: latestMs, run: () => spareTime.ended(request, latestMs) },
    ]
  })
  for (const { run } of steps.toSorted((one, other) => one.atMs - other.atMs)) run()
  spareTime.finish()
  return told.toSorted(([one], [other]) => one - other)
}

/** By the definition, with everything in memory: how many of the requests before may be in the window still. */
const isSafeAt = (before: ReadonlyArray<Request>, limit: number, windowMs: number, sentMs: number): boolean =>
  before.filter(({ latestMs }) => latestMs + windowMs + 1 > sentMs).length < limit

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
      [1020, 4],
      [1031.5, 0.5],
    ])
  })

  it("is below zero where more than the limit could be in a window", () => {
    const requests = [
      { sentMs: 0, latestMs: 40 },
      { sentMs: 1005, latestMs: 1030 },
    ]
    assert.deepStrictEqual(spareTimes(1, 1000, requests), [[1005, -36]])
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
          const told = spareTimes(limit, 100, requests)
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

  it("is none where a request never ends, and what never left takes no place", () => {
    const told: Told = []
    const spareTime = new SpareTime<TimedRequest>(1, 1000, ({ sentMs }, spareMs) => {
      told.push([sentMs, spareMs])
    })
    const [unsent, endless, last] = [sentAt(0), sentAt(10), sentAt(5000)]
    for (const request of [unsent, endless, last]) spareTime.sent(request)
    spareTime.ended(unsent, Number.NEGATIVE_INFINITY)
    spareTime.ended(last, 5010)
    assert.deepStrictEqual(told, [])
    assert.deepStrictEqual(spareTime.line, [endless, last])
    assert.strictEqual(spareTime.giveUpFirst(), endless)
    assert.deepStrictEqual(told, [[5000, NEVER_MS]])
    // What comes out later changes nothing.
    spareTime.ended(endless, 20)
    assert.strictEqual(endless.latestMs, Number.POSITIVE_INFINITY)
    assert.strictEqual(spareTime.giveUpFirst(), undefined)
  })
})
