/** DESIGN's "never" and "always", each as a check of what was observed of a run. */
import { assert } from "vitest"
import type { Observation } from "./play.ts"
import type { Scenario } from "./scenario.ts"

export type DispatchLaw = (scenario: Scenario, seen: Observation) => void

const byKey = (seen: Observation) => Map.groupBy(seen.arrivals, ({ key }) => key)

/** No key has more than `limit` arrivals in any window, by the exchange's own clock of whole milliseconds. */
export const windowIsKept: DispatchLaw = ({ limit, windowMs }, seen) => {
  for (const [key, arrivals] of byKey(seen)) {
    const times = arrivals.map(({ atMs }) => Math.floor(atMs))
    times.forEach((time, n) => {
      const later = times[n + limit]
      if (later === undefined) return
      assert.isAbove(later - time, windowMs, `${key}: ${limit + 1} arrivals within ${later - time} ms`)
    })
    for (const { id, verdict } of arrivals) {
      assert.notStrictEqual(verdict, "rate-limit", `${key}: order ${id} exceeded the rate limit`)
    }
  }
}

/** Each key's nonces arrive in rising order. */
export const noncesArriveRising: DispatchLaw = (_, seen) => {
  for (const [key, arrivals] of byKey(seen)) {
    arrivals.forEach(({ nonce }, n) => {
      const before = arrivals[n - 1]?.nonce ?? 0
      assert.isAbove(nonce, before, `${key}: nonce ${nonce} arrived after ${before}`)
    })
  }
}

/** Every order that was handed over ends in exactly one outcome, and no other does. */
export const oneOutcomeEach: DispatchLaw = (_, seen) => {
  const ended = seen.events.filter((event) => event.type === "outcome").map(({ id }) => id)
  assert.deepStrictEqual(ended.toSorted(), seen.handed.toSorted())
}

/** No order is sent once its time to live is over. */
export const neverAfterTimeToLive: DispatchLaw = ({ ttlMs }, seen) => {
  for (const event of seen.events) {
    if (event.type === "outcome" && event.request?.writtenMs !== undefined) {
      const ageMs = event.request.writtenMs - event.createdMs
      assert.isBelow(
        ageMs,
        ttlMs ?? Number.POSITIVE_INFINITY,
        `order ${event.id} left at an age of ${ageMs} ms`,
      )
    }
    if (event.type !== "sent") continue
    const ageMs = event.atMs - event.createdMs
    assert.isBelow(
      ageMs,
      ttlMs ?? Number.POSITIVE_INFINITY,
      `order ${event.id} was sent at an age of ${ageMs} ms`,
    )
  }
}

/**
 * No order is sent again unless the request before was refused for certain, or never left; so the exchange
 * never accepts one twice.
 */
export const neverSentTwice: DispatchLaw = (_, seen) => {
  const open = new Set<string>()
  for (const event of seen.events) {
    if (event.type === "returned") open.delete(event.id)
    if (event.type !== "sent") continue
    assert.isFalse(open.has(event.id), `order ${event.id} was sent again with no word of the request before`)
    open.add(event.id)
  }
  const accepted = seen.arrivals.filter(({ verdict }) => verdict === "accepted").map(({ id }) => id)
  assert.strictEqual(new Set(accepted).size, accepted.length, "an order was accepted twice")
}

/** Once it has stopped, no timer and no fiber is left; and long after the last order no place is taken in vain. */
export const nothingIsLeft: DispatchLaw = (_, seen) => {
  assert.deepStrictEqual(seen.remains, { sleepers: 0, busy: false })
  for (const taken of seen.placesTaken ?? []) {
    // A lane holds one in advance, for the order that comes next.
    assert.isAtMost(taken, 1, "a place was taken and never given back")
  }
}
