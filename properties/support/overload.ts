/** Worlds in which orders come faster than all keys together may send, steadily and for long. */
import { Effect } from "effect"
import * as fc from "fast-check"
import { assert } from "vitest"
import { seededRandom } from "../../src/platform/Random.ts"
import { type DelayShape, drawDelay } from "../../src/simulation/Delay.ts"
import { safeOptimum } from "../../src/simulation/safeOptimum.ts"
import type { Journey } from "../../src/simulation/SimulatedExchange.ts"
import type { Observation } from "./play.ts"
import { type Scenario, uneventful } from "./scenario.ts"

export interface Overload {
  readonly keys: number
  readonly limit: number
  readonly windowMs: number
  /** Orders for every one that can be sent. */
  readonly load: number
  readonly ttlMs: number | undefined
  readonly delay: DelayShape
  /** Of the delays. */
  readonly seed: number
}

const BOUND_MS = uneventful.boundMs
/** Requests that each key can pass in a run: 20 windows at a limit of 20. */
const PASSES = 400
/** The same where delays decide and not the window: so many that chance alone hardly makes a difference of 5 %. */
const PASSES_BY_CHANCE = 800

export const overloads: fc.Arbitrary<Overload> = fc.record({
  keys: fc.integer({ min: 1, max: 5 }),
  limit: fc.constantFrom(20, 5),
  windowMs: fc.constantFrom(1000, 500, 200),
  load: fc.double({ min: 1.5, max: 3, noNaN: true }),
  ttlMs: fc.constantFrom(undefined, 1000),
  delay: fc.oneof(
    fc.constant<DelayShape>({ shape: "uniform", fromMs: 0, toMs: 50 }),
    fc.integer({ min: 0, max: 50 }).map((ms): DelayShape => ({ shape: "constant", ms })),
  ),
  seed: fc.nat(),
})

/** How long a request keeps the next one of its key waiting, on average: until it has certainly arrived. */
const holdMs = ({ delay }: Overload): number =>
  // 41.7 ms: the mean of min(55, the sum of two delays), each uniform on 0..50.
  delay.shape === "constant" ? Math.min(2 * delay.ms, BOUND_MS) : 41.7

/** The mean time between two requests of a busy key, as its window would have it. */
const windowSlotMs = (overload: Overload): number =>
  (overload.windowMs + 1 + holdMs(overload)) / overload.limit

const passes = (overload: Overload): number =>
  windowSlotMs(overload) < 1.25 * holdMs(overload) ? PASSES_BY_CHANCE : PASSES

const slotMs = (overload: Overload): number => Math.max(windowSlotMs(overload), holdMs(overload))

export const durationMs = (overload: Overload): number => passes(overload) * slotMs(overload)

/** More journeys than there can be requests: none is used twice. */
const journeysOf = (overload: Overload): ReadonlyArray<Journey> => {
  const { delay, keys, seed } = overload
  const random = Effect.runSync(seededRandom(seed, "overload"))
  return Array.from({ length: keys * passes(overload) * 2 }, () => ({
    incomingMs: drawDelay(delay, random),
    outgoingMs: drawDelay(delay, random),
  }))
}

const gapMs = (overload: Overload): number => slotMs(overload) / overload.keys / overload.load

export const asScenario = (overload: Overload): Scenario => {
  const { keys, limit, ttlMs, windowMs } = overload
  const gap = gapMs(overload)
  return {
    ...uneventful,
    keys,
    limit,
    windowMs,
    ttlMs,
    gaps: Array.from({ length: Math.ceil(durationMs(overload) / gap) }, (_, n) => (n === 0 ? 0 : gap)),
    journeys: journeysOf(overload),
    stopAtMs: durationMs(overload),
  }
}

/** A law looks at each key's acceptances. */
export type OverloadLaw = (overload: Overload, accepted: ReadonlyArray<number>) => void

/** Each key's acceptances before the end. */
export const acceptedBy = (overload: Overload, { events, startMs }: Observation): ReadonlyArray<number> => {
  const counts = Array.from({ length: overload.keys }, () => 0)
  for (const event of events) {
    if (event.type !== "outcome" || event.outcome.outcome !== "accepted") continue
    if (event.atMs - startMs >= durationMs(overload)) continue
    const lane = Number(event.request?.key.slice("key-".length)) - 1
    counts[lane] = (counts[lane] ?? 0) + 1
  }
  return counts
}

const sum = (counts: ReadonlyArray<number>): number => counts.reduce((total, count) => total + count, 0)

const optimumOf = (overload: Overload): number => {
  const scenario = asScenario(overload)
  const { journeys } = scenario
  let n = 0
  const offsets = scenario.gaps.map((gap, index) => gap * index)
  const next = () => journeys[n++ % journeys.length] ?? { incomingMs: 0, outgoingMs: 0 }
  return safeOptimum({ ...scenario, durationMs: durationMs(overload) }, offsets, next).accepted
}

/** At least 98 % of what could have been accepted at best. */
export const nearTheSafeOptimum: OverloadLaw = (overload, accepted) => {
  const optimum = optimumOf(overload)
  assert.isAtLeast(sum(accepted), 0.98 * optimum, `of ${optimum} at best`)
}

/** Every key has its share: within 5 % of the mean. */
export const noKeyStarves: OverloadLaw = (_, counts) => {
  const mean = sum(counts) / counts.length
  for (const count of counts)
    assert.closeTo(count, mean, 0.05 * mean, `accepted by key: ${counts.join(", ")}`)
}
