/** DESIGN's "never" and "always", each as a check of what was observed of a run. */
import { assert } from "vitest"
import { type Law, tryLaw } from "./law.ts"
import { type Observation, play, type Variant } from "./play.ts"
import type { Scenario } from "./scenario.ts"

export type DispatchLaw = (scenario: Scenario, seen: Observation) => void

/** A law of a dispatcher at work. */
export interface DispatchLawToTry extends Omit<Law<Scenario, Variant>, "check"> {
  readonly check: DispatchLaw
}

export const tryDispatchLaw = ({ check, ...law }: DispatchLawToTry): void =>
  tryLaw({
    ...law,
    check: async (scenario, variant) => {
      const seen = await play(scenario, variant)
      // That a broken variant leaves orders behind is not what is to be caught of it.
      if (variant === undefined) allAreDone(seen)
      check(scenario, seen)
    },
  })

/** What the laws of single arrivals look at. */
type Arrivals = Pick<Observation, "arrivals">

const byKey = (seen: Arrivals) => Map.groupBy(seen.arrivals, ({ key }) => key)

/** No key has more than `limit` arrivals in any window, by the exchange's own clock of whole milliseconds. */
export const windowIsKept = (
  { limit, windowMs }: Pick<Scenario, "limit" | "windowMs">,
  seen: Arrivals,
): void => {
  for (const [key, arrivals] of byKey(seen)) {
    const times = arrivals.map(({ atMs }) => Math.floor(atMs))
    times.forEach((time, n) => {
      const later = times[n + limit]
      if (later === undefined) return
      assert.isAbove(later - time, windowMs, `${key}: ${limit + 1} arrivals within ${later - time} ms`)
    })
    for (const { id, ruling } of arrivals) {
      assert.notStrictEqual(ruling, "rate-limit", `${key}: order ${id} exceeded the rate limit`)
    }
  }
}

/** Each key's nonces arrive in rising order. */
export const noncesArriveRising = (_: unknown, seen: Arrivals): void => {
  for (const [key, arrivals] of byKey(seen)) {
    arrivals.forEach(({ nonce }, n) => {
      const before = arrivals[n - 1]?.nonce ?? 0
      assert.isAbove(nonce, before, `${key}: nonce ${nonce} arrived after ${before}`)
    })
  }
}

/** No order waits for ever: a day is longer than any scenario needs. */
export const allAreDone = (seen: Observation): void => {
  assert.isTrue(seen.isDrained, "orders were left without an outcome")
}

/**
 * Every order that was handed over ends in exactly one outcome, and no other does; and none is turned away while
 * a key is left.
 */
export const oneOutcomeEach: DispatchLaw = ({ keys }, seen) => {
  const ended = seen.events.filter((event) => event.type === "outcome").map(({ id }) => id)
  assert.deepStrictEqual(ended.toSorted(), seen.handed.toSorted())
  allAreDone(seen)
  const retired = seen.events.filter((event) => event.type === "key").length
  if (retired < keys) assert.isEmpty(seen.turnedAway, "orders were turned away")
}

/**
 * What an order's outcome says is true: an accepted one was executed, and one that is rejected, expired or cancelled
 * was not, and never will be. What the exchange itself refuses by a status without meaning is its own affair.
 */
export const outcomesAreTrue: DispatchLaw = (_, seen) => {
  const executed = new Set(seen.arrivals.filter(({ ruling }) => ruling === "accepted").map(({ id }) => id))
  for (const event of seen.events) {
    if (event.type !== "outcome") continue
    const { id, outcome } = event
    if (outcome.outcome === "unknown") continue
    if (outcome.outcome === "rejected" && outcome.reason === "exchange") continue
    assert.strictEqual(executed.has(id), outcome.outcome === "accepted", `order ${id}, ${outcome.outcome}`)
  }
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

/** Sleeps are rounded up to whole microseconds. */
const ROUNDING_MS = 0.002

/**
 * An order expires at the moment at which its time is over: where it was still on its way then, when it comes back;
 * and where its time was over when it was handed over, at once.
 */
export const expiredOnTime: DispatchLaw = ({ ttlMs }, seen) => {
  const returnedMs = new Map<string, number>()
  for (const event of seen.events) {
    if (event.type === "returned") returnedMs.set(event.id, event.atMs)
    if (event.type !== "outcome" || event.outcome.outcome !== "expired") continue
    const { atMs, createdMs, id } = event
    const deadlineMs = createdMs + (ttlMs ?? Number.POSITIVE_INFINITY)
    const dueMs = Math.max(deadlineMs, returnedMs.get(id) ?? 0, seen.handedMs.get(id) ?? 0)
    assert.isAtLeast(atMs, dueMs, `order ${id} expired early`)
    assert.isAtMost(atMs, dueMs + ROUNDING_MS, `order ${id} expired ${atMs - dueMs} ms late`)
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
  const accepted = seen.arrivals.filter(({ ruling }) => ruling === "accepted").map(({ id }) => id)
  assert.strictEqual(new Set(accepted).size, accepted.length, "an order was accepted twice")
}

/** Once it has stopped, no timer and no fiber is left; and long after the last order no order and no place is held. */
export const nothingIsLeft: DispatchLaw = (_, seen) => {
  allAreDone(seen)
  assert.deepStrictEqual(seen.remains, { sleepers: 0, busy: false })
  if (seen.atRest !== undefined) assert.deepStrictEqual(seen.atRest, { queued: 0, inFlight: 0 })
  for (const taken of seen.placesTaken ?? []) {
    assert.strictEqual(taken, 0, "a place was taken and never given back")
  }
}

const isKeyLost = (reason: string): boolean => reason === "blocked" || reason === "api-key"

/**
 * A key that the exchange refuses as such is not used again, and what it was refused with goes on with the other
 * keys: such an order ends only when it was refused twice, or nothing can be sent any more.
 */
export const lostKeysAreSpared: DispatchLaw = ({ keys, stopAtMs, ttlMs }, seen) => {
  const lost = new Set<string>()
  const refusedBefore = new Set<string>()
  for (const event of seen.events) {
    switch (event.type) {
      case "sent":
        assert.isFalse(lost.has(event.key), `order ${event.id} was sent with ${event.key}, which is lost`)
        break
      case "returned":
        if (isKeyLost(event.reason)) lost.add(event.request.key)
        if (event.reason !== "not-sent" && event.reason !== "withheld") refusedBefore.add(event.id)
        break
      case "outcome": {
        const { atMs, createdMs, id, outcome, request } = event
        if (outcome.outcome !== "rejected" || !isKeyLost(outcome.reason)) break
        if (request !== undefined) lost.add(request.key)
        const over = lost.size === keys || atMs - createdMs >= (ttlMs ?? Number.POSITIVE_INFINITY)
        const stopped = atMs - seen.startMs >= (stopAtMs ?? Number.POSITIVE_INFINITY)
        if (!over && !stopped) assert.isTrue(refusedBefore.has(id), `order ${id} ended with a lost key`)
        break
      }
      case "key":
        lost.add(event.key)
        break
      case "nonce-jump":
      case "reach":
      case "ping":
      case "others":
        break
    }
  }
}
