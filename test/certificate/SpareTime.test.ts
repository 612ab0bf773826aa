import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { NEVER_MS, SpareTime, type TimedRequest } from "../../src/certificate/SpareTime.ts"
import { type Latest, latestMsBy, NEVER_KNOWN, NEVER_SENT } from "../../src/journal/LoggedReach.ts"

const LATE_MS = 100

interface Request {
  readonly sentMs: number
  readonly latestMs: number
}

const sentAt = (sentMs: number): TimedRequest => ({ sentMs, boundMs: undefined, latest: undefined })

/** Whatever the bound. */
const whenever = (atMostMs: number): Latest => ({ atMostMs, fromMs: Number.POSITIVE_INFINITY })

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
      { atMs: latestMs, run: () => spareTime.known(request, whenever(latestMs)) },
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
    spareTime.known(unsent, NEVER_SENT)
    spareTime.known(last, whenever(5010))
    assert.deepStrictEqual(told, [])
    assert.deepStrictEqual(spareTime.line, [endless, last])
    assert.strictEqual(spareTime.giveUpFirst(), endless)
    assert.deepStrictEqual(told, [[5000, NEVER_MS]])
    // What comes out later changes nothing.
    spareTime.known(endless, whenever(20))
    assert.strictEqual(endless.latest, NEVER_KNOWN)
    assert.strictEqual(spareTime.giveUpFirst(), undefined)
  })

  it("is that of every request before it by the bound in force, however the bound changes and whatever a ping has told", () => {
    const request = fc.record({
      gap: fc.integer({ min: 0, max: 20 }),
      written: fc.integer({ min: 0, max: 10 }),
      round: fc.integer({ min: 0, max: 120 }),
      isPinged: fc.boolean(),
      boundMs: fc.constantFrom(10, 20, 60, 100),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(request, { minLength: 1, maxLength: 40 }),
        (limit, drawn) => {
          let sentMs = 0
          const requests = drawn.map(({ boundMs, gap, isPinged, round, written }) => {
            sentMs += gap
            const atMostMs = sentMs + written + round
            const latest: Latest = isPinged ? whenever(atMostMs) : { atMostMs, fromMs: sentMs + written }
            return { sentMs, boundMs, latest }
          })
          const told: Told = []
          const spareTime = new SpareTime<TimedRequest>(limit, 100, (sent, spareMs) => {
            told.push([sent.sentMs, spareMs])
          })
          for (const { boundMs, latest, sentMs } of requests) {
            const sent: TimedRequest = { sentMs, boundMs, latest: undefined }
            spareTime.sent(sent)
            spareTime.known(sent, latest)
          }
          const defined = requests.flatMap(({ boundMs, sentMs }, at): Told => {
            const before = requests.slice(0, at).map(({ latest }) => latestMsBy(latest, boundMs))
            const limiting = before.toSorted((one, other) => other - one)[limit - 1]
            return limiting === undefined ? [] : [[sentMs, sentMs - limiting - 101]]
          })
          assert.deepStrictEqual(told, defined)
        },
      ),
      { numRuns: 500 },
    )
  })
  it("keeps little more than a window in mind, also where pings told of what was lost", () => {
    const spareTime = new SpareTime<TimedRequest>(5, 100, () => {})
    let most = 0
    for (let n = 0; n < 3000; n++) {
      const sentMs = 20 * n
      const sent: TimedRequest = { sentMs, boundMs: 55, latest: undefined }
      spareTime.sent(sent)
      spareTime.known(
        sent,
        n % 50 === 0 ? whenever(sentMs + 200) : { atMostMs: sentMs + 40, fromMs: sentMs + 1 },
      )
      most = Math.max(most, spareTime.kept)
    }
    assert.isAtMost(most, 25)
  })
})
