import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { type OptimumRules, safeOptimum } from "../../src/simulation/safeOptimum.ts"
import type { Journey } from "../../src/simulation/SimulatedExchange.ts"

const rules: OptimumRules = {
  keys: 1,
  limit: 2,
  windowMs: 100,
  boundMs: undefined,
  ttlMs: undefined,
  requestTimeoutMs: 1000,
  durationMs: 1000,
}

const constant =
  (incomingMs: number, outgoingMs: number): (() => Journey) =>
  () => ({ incomingMs, outgoingMs })

/** The journeys of a list, one after the other. */
const listed = (journeys: ReadonlyArray<Journey>) => {
  let next = 0
  return (): Journey => journeys[next++] ?? { incomingMs: 0, outgoingMs: 0 }
}

interface Sending {
  readonly sentMs: number
  readonly latestMs: number
  /** The lane's next one may go. */
  readonly nextMs: number
}

/** An answer later than twice the bound says that the bound is none; but the next one has gone by then. */
const sending = (sentMs: number, roundTripMs: number, boundMs = 1e9): Sending => {
  const bounded = Math.min(roundTripMs, boundMs)
  return {
    sentMs,
    latestMs: sentMs + (roundTripMs > 2 * boundMs ? roundTripMs : bounded),
    nextMs: sentMs + bounded,
  }
}

/** The latest arrival but for `limit - 1` later ones. */
const limitthLatest = (past: ReadonlyArray<Sending>, limit: number): number =>
  past
    .map(({ latestMs }) => latestMs)
    .toSorted((one, other) => one - other)
    .at(-limit) ?? -1e9

/**
 * The most orders that can be accepted, by trying everything: each order is given up or goes to any lane, as
 * early as the lane's past allows. Every journey takes the same time, there and back.
 */
const mostByTryingAll = (
  { keys, limit, windowMs, boundMs, ttlMs, durationMs }: OptimumRules,
  offsets: ReadonlyArray<number>,
  roundTripMs: number,
): number => {
  const best = (index: number, lanes: ReadonlyArray<ReadonlyArray<Sending>>): number => {
    const createdMs = offsets[index]
    if (createdMs === undefined) return 0
    const choices = lanes.map((past, chosen) => {
      const before = past.at(-1)?.nextMs ?? Number.NEGATIVE_INFINITY
      const permit = limitthLatest(past, limit) + windowMs + 1
      const sentMs = Math.max(createdMs, before, past.length < limit ? Number.NEGATIVE_INFINITY : permit)
      if (ttlMs !== undefined && sentMs >= createdMs + ttlMs) return 0
      const added = sending(sentMs, roundTripMs, boundMs)
      const after = lanes.map((lane, at) => (at === chosen ? [...lane, added] : lane))
      return (sentMs + roundTripMs < durationMs ? 1 : 0) + best(index + 1, after)
    })
    return Math.max(best(index + 1, lanes), ...choices)
  }
  return best(
    0,
    Array.from({ length: keys }, () => []),
  )
}

/**
 * How many are accepted when time is walked through millisecond by millisecond: a second, plainer way to play
 * the same rules, for delays of whole milliseconds.
 */
const acceptedByWalking = (
  { keys, limit, windowMs, boundMs, ttlMs, durationMs }: OptimumRules,
  offsets: ReadonlyArray<number>,
  nextJourney: () => Journey,
): number => {
  const lanes = Array.from({ length: keys }, (): Array<Sending> => [])
  const idleSince = (past: ReadonlyArray<Sending>): number =>
    Math.max(past.at(-1)?.nextMs ?? -1e9, limitthLatest(past, limit) + windowMs + 1)
  const waiting = [...offsets]
  let accepted = 0
  for (let now = 0; now < 5000; now += 1) {
    for (;;) {
      const createdMs = waiting[0]
      if (createdMs === undefined || createdMs > now) break
      if (ttlMs !== undefined && now >= createdMs + ttlMs) {
        waiting.shift()
        continue
      }
      const lane = lanes
        .filter((past) => {
          const out = past.filter(({ latestMs }) => latestMs + windowMs + 1 > now).length
          return out < limit && past.every(({ nextMs }) => nextMs <= now)
        })
        .toSorted((one, other) => idleSince(one) - idleSince(other))[0]
      if (lane === undefined) break
      waiting.shift()
      const { incomingMs, outgoingMs } = nextJourney()
      const settledMs = now + incomingMs + outgoingMs
      lane.push(sending(now, incomingMs + outgoingMs, boundMs))
      if (settledMs < durationMs) accepted += 1
    }
  }
  return accepted
}

const tinyRules = fc.record({
  keys: fc.integer({ min: 1, max: 2 }),
  limit: fc.integer({ min: 1, max: 3 }),
  windowMs: fc.integer({ min: 1, max: 60 }),
  boundMs: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
  ttlMs: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
  requestTimeoutMs: fc.constant(1000),
  durationMs: fc.integer({ min: 50, max: 400 }),
})

const tinyOffsets = (length: number) =>
  fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: length }).map((gaps) => {
    let sum = 0
    return gaps.map((gap) => (sum += gap))
  })

const mostWithConstantDelays = (play: typeof safeOptimum) =>
  fc.property(
    tinyRules,
    tinyOffsets(6),
    fc.nat({ max: 25 }),
    fc.nat({ max: 25 }),
    (tiny, offsets, there, back) => {
      const { accepted } = play(tiny, offsets, constant(there, back))
      assert.strictEqual(accepted, mostByTryingAll(tiny, offsets, there + back))
    },
  )

const sameAsWalking = (play: typeof safeOptimum) => {
  const journey = fc.record({ incomingMs: fc.nat({ max: 50 }), outgoingMs: fc.nat({ max: 50 }) })
  const journeys = fc.array(journey, { minLength: 25, maxLength: 25 })
  return fc.property(tinyRules, tinyOffsets(25), journeys, (tiny, offsets, drawn) => {
    const { accepted } = play(tiny, offsets, listed(drawn))
    assert.strictEqual(accepted, acceptedByWalking(tiny, offsets, listed(drawn)))
  })
}

/** Gives permits back a millisecond too soon: what both laws must notice. */
const hasty: typeof safeOptimum = (tiny, offsets, next) =>
  safeOptimum({ ...tiny, windowMs: tiny.windowMs - 1 }, offsets, next)

describe("the safe optimum", () => {
  it("waits for a permit until a window and a millisecond after its request has arrived", () => {
    // Sent at 0 and 30, answered at 30 and 60; the third goes at 131 and the fourth at 161.
    assert.deepStrictEqual(safeOptimum(rules, [0, 0, 0, 0], constant(10, 20)), {
      created: 4,
      accepted: 4,
      expired: 0,
    })
    const until = (durationMs: number) =>
      safeOptimum({ ...rules, durationMs }, [0, 0, 0, 0], constant(10, 20)).accepted
    assert.deepStrictEqual([161, 162, 191, 192].map(until), [2, 3, 3, 4])
  })

  it("sends earlier where it knows how long a request can be on its way", () => {
    const until = (durationMs: number) =>
      safeOptimum({ ...rules, boundMs: 20, durationMs }, [0, 0, 0], constant(10, 20)).accepted
    assert.deepStrictEqual([151, 152].map(until), [2, 3])
  })

  it("gives up what is too old to be sent", () => {
    assert.deepStrictEqual(safeOptimum({ ...rules, ttlMs: 131 }, [0, 0, 0], constant(10, 20)).expired, 1)
    assert.deepStrictEqual(safeOptimum({ ...rules, ttlMs: 132 }, [0, 0, 0], constant(10, 20)).expired, 0)
  })

  it("does not count a lost request, and holds its permit until the answer to a ping, and the bound", () => {
    const lost: Journey = { incomingMs: 10, outgoingMs: 20, fate: "lost-on-the-way-in" }
    const until = (durationMs: number) =>
      safeOptimum({ ...rules, limit: 1, boundMs: 50, durationMs }, [0, 0], listed([lost])).accepted
    // Given up at 1,000; a ping begun at 1,050 is answered at 1,100, and it is there by 1,150.
    assert.deepStrictEqual([1251, 1252].map(until), [0, 1])
  })

  it("is the best of all ways to share out the orders when all journeys take the same time", () => {
    fc.assert(mostWithConstantDelays(safeOptimum), { numRuns: 400 })
    assert.isTrue(fc.check(mostWithConstantDelays(hasty), { numRuns: 2000, seed: 1 }).failed)
  })

  it("is what walking through time by milliseconds comes to, whatever the delays", () => {
    fc.assert(sameAsWalking(safeOptimum), { numRuns: 100 })
    assert.isTrue(fc.check(sameAsWalking(hasty), { numRuns: 1000, seed: 1 }).failed)
  })
})
