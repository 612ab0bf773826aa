/** Worlds with several limits at once, shared by keys and by orders' fields, and what must hold in them. */
import * as fc from "fast-check"
import { assert } from "vitest"
import { bucketOf, type LimitSpec } from "../../src/domain/LimitSpec.ts"
import { saidCost } from "../../src/domain/Order.ts"
import type { DispatchLaw } from "./laws.ts"
import { paramsOf } from "./play.ts"
import { type Joined, type Scenario, unboundedScenarios } from "./scenario.ts"
import { specsOf } from "./limits/specs.ts"

const windowMs = fc.constantFrom(50, 200, 1000)
const spec = specsOf({
  limit: fc.integer({ min: 2, max: 8 }),
  windowMs,
  decay: fc.integer({ min: 1, max: 8 }),
  decayMs: windowMs,
})

const params = fc.record({
  symbol: fc.constantFrom("a", "b", "c"),
  cost: fc.constantFrom("0", "1", "1", "1", "2"),
})

const joined: fc.Arbitrary<Joined> = fc.record({
  limits: fc.array(spec, { minLength: 1, maxLength: 3 }),
  nonces: fc.constantFrom("rising" as const, "none" as const),
  params: fc.array(params, { minLength: 1, maxLength: 20, size: "max" }),
})

/** How long it takes until what has settled counts no more. */
const spanOf = (one: LimitSpec): number =>
  one.rule === "bucket" ? (1000 * one.limit) / bucketOf(one).perSecond : 2 * one.windowMs

const longestSpanMs = ({ limits }: Joined): number => Math.ceil(Math.max(...limits.map(spanOf)))

/** Any delays and losses, no bound. */
export const joinedScenarios = (maxOrders: number): fc.Arbitrary<Scenario> =>
  fc
    .tuple(unboundedScenarios(maxOrders), joined)
    .map(([scenario, limits]) => ({ ...scenario, joined: limits, windowMs: longestSpanMs(limits) }))

const LONGEST_WAY_MS = 200

/** Nothing is lost, everything is answered soon, and no order has a time to live. */
export const calmJoinedScenarios = (maxOrders: number): fc.Arbitrary<Scenario> =>
  joinedScenarios(maxOrders).map((scenario) => ({
    ...scenario,
    ttlMs: undefined,
    keyLosses: [],
    stalls: [],
    stopAtMs: undefined,
    journeys: scenario.journeys.map(({ incomingMs, outgoingMs }) => ({
      incomingMs: incomingMs % LONGEST_WAY_MS,
      outgoingMs: outgoingMs % LONGEST_WAY_MS,
    })),
  }))

/** The exchange's exact counters refuse nothing, and no nonce is overtaken. */
export const nothingIsRefused: DispatchLaw = (_, { arrivals }) => {
  for (const { id, key, ruling } of arrivals) {
    assert.notStrictEqual(ruling, "rate-limit", `${key}: order ${id} was over a limit`)
    assert.notStrictEqual(ruling, "nonce", `${key}: order ${id} was overtaken`)
  }
}

/** The orders that wait, in their order, at each moment at which one is sent. */
const atEachSend = (
  { events, handed }: Parameters<DispatchLaw>[1],
  look: (sent: string, before: ReadonlyArray<string>, atMs: number) => void,
): void => {
  const waiting = handed.toSorted((a, b) => Number(a) - Number(b))
  const leave = (id: string) => {
    const place = waiting.indexOf(id)
    if (place !== -1) waiting.splice(place, 1)
    return place
  }
  for (const event of events) {
    if (event.type === "returned") waiting.unshift(event.id)
    if (event.type === "sent") look(event.id, waiting.slice(0, waiting.indexOf(event.id)), event.atMs)
    if (event.type === "sent" || event.type === "outcome") leave(event.id)
  }
}

/** Nobody is sent before one who came earlier and needs nothing but what they need, too. */
export const firstComeFirstServed: DispatchLaw = (scenario, seen) => {
  const byField = scenario.joined?.limits.some(({ field }) => field !== undefined) ?? false
  const deadlineMs = (id: string): number => {
    const ageMs = scenario.agesMs[Number(id) % scenario.agesMs.length] ?? 0
    return (seen.handedMs.get(id) ?? 0) - ageMs + (scenario.ttlMs ?? Number.POSITIVE_INFINITY)
  }
  atEachSend(seen, (sent, before, atMs) => {
    const mine = paramsOf(scenario, Number(sent))
    for (const other of before) {
      // Its time is over, and that is about to be told.
      if (deadlineMs(other) <= atMs) continue
      const theirs = paramsOf(scenario, Number(other))
      const isIn =
        saidCost({ params: theirs }) === 0 ||
        ((saidCost({ params: mine }) ?? 1) >= 1 && (!byField || mine["symbol"] === theirs["symbol"]))
      assert.isFalse(isIn, `order ${sent} was sent before order ${other}`)
    }
  })
}

/** For what lanes do one after the other, for margins and for timers. */
const SLACK_MS = 100

/** Whoever is the oldest waits no longer than it takes for all that was sent before to be answered and to count no more. */
export const nobodyStarves: DispatchLaw = (scenario, seen) => {
  const longestMs = 1.01 * scenario.windowMs + 4 * LONGEST_WAY_MS + SLACK_MS
  let oldestSinceMs = seen.startMs
  atEachSend(seen, (sent, before, atMs) => {
    if (before.length > 0) return
    const handedMs = seen.handedMs.get(sent) ?? 0
    const waitedMs = atMs - Math.max(oldestSinceMs, handedMs)
    assert.isAtMost(waitedMs, longestMs, `order ${sent} waited ${waitedMs} ms as the oldest`)
    oldestSinceMs = atMs
  })
}
