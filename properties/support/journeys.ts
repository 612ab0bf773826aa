/** What befalls requests on their way: journeys each for itself, and journeys that have much in common. */
import * as fc from "fast-check"
import type { Journey } from "../../src/simulation/SimulatedExchange.ts"

const fates: fc.Arbitrary<Pick<Journey, "fate">> = fc.oneof(
  { weight: 16, arbitrary: fc.constant({}) },
  {
    weight: 4,
    arbitrary: fc.record({
      fate: fc.oneof(
        fc.constantFrom(
          "refused-connection" as const,
          "lost-on-the-way-in" as const,
          "lost-on-the-way-out" as const,
          "garbled" as const,
        ),
        fc.record({ brokenAfterMs: fc.integer({ min: 0, max: 100 }) }),
        fc.record({ status: fc.constantFrom(404, 500, 503) }),
      ),
    }),
  },
)

/** A journey whose incoming delay has nothing to do with any other's. */
const single = (longestIncomingMs: number): fc.Arbitrary<Journey> => {
  // The extremes are what breaks a limiter, so they come up often.
  const incomingMs = fc.oneof(
    fc.constantFrom(0, longestIncomingMs),
    fc.integer({ min: 0, max: longestIncomingMs }),
  )
  const outgoingMs = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 50 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  )
  const writeMs = fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 }) },
  )
  return fc
    .record({ incomingMs, outgoingMs, writeMs, fate: fates })
    .map(({ fate, ...journey }) => ({ ...journey, ...fate }))
}

const independent = (longestIncomingMs: number): fc.Arbitrary<ReadonlyArray<Journey>> =>
  fc.array(single(longestIncomingMs), { minLength: 1, maxLength: 40, size: "max" })

/** A network that is now fast, now slow, now bad: journeys stay alike for a while, and then all change. */
const regimes = (longestIncomingMs: number): fc.Arbitrary<ReadonlyArray<Journey>> =>
  fc
    .array(
      fc.record({
        length: fc.integer({ min: 1, max: 15 }),
        like: single(longestIncomingMs),
        jitterMs: fc.constantFrom(0, 1, 10),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((all) =>
      all.flatMap(({ jitterMs, length, like }) =>
        Array.from({ length }, (_, n) => ({
          ...like,
          incomingMs: Math.max(0, like.incomingMs - (n % 2) * jitterMs),
        })),
      ),
    )

/** Delays that creep up and down again, by a little from one request to the next. */
const drift = (longestIncomingMs: number): fc.Arbitrary<ReadonlyArray<Journey>> =>
  fc
    .record({ steps: fc.integer({ min: 2, max: 20 }), outgoingMs: fc.integer({ min: 0, max: 50 }) })
    .map(({ outgoingMs, steps }) =>
      Array.from({ length: 2 * steps }, (_, n) => ({
        incomingMs: Math.round((longestIncomingMs * Math.min(n, 2 * steps - n)) / steps),
        outgoingMs,
      })),
    )

/** Journeys of requests, in turn. None takes longer to arrive than `longestIncomingMs`, and some connect. */
export const journeys = (longestIncomingMs: number): fc.Arbitrary<ReadonlyArray<Journey>> =>
  fc
    .oneof(
      { weight: 6, arbitrary: independent(longestIncomingMs) },
      { weight: 2, arbitrary: regimes(longestIncomingMs) },
      { weight: 1, arbitrary: drift(longestIncomingMs) },
    )
    // Behind an exchange that never lets anyone in, an order without a time to live waits for ever.
    .filter((all) => all.some(({ fate }) => fate !== "refused-connection"))

/** The network stands still: what would arrive meanwhile arrives at the end, all at once. Milliseconds from the start. */
export interface Stall {
  readonly fromMs: number
  readonly toMs: number
}

export const stalls = (longestMs: number): fc.Arbitrary<ReadonlyArray<Stall>> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc
          .record({
            fromMs: fc.integer({ min: 0, max: 5000 }),
            forMs: fc.integer({ min: 1, max: longestMs }),
          })
          .map(({ forMs, fromMs }) => ({ fromMs, toMs: fromMs + forMs })),
        { minLength: 1, maxLength: 8, size: "max" },
      ),
    },
  )

/**
 * What was on its way when a connection broke arrives within a second, or never; where the exchange may stand still, it was there
 * already.
 */
export const settledAfterBreak =
  (stalled: ReadonlyArray<Stall>) =>
  (journey: Journey): Journey => {
    const { fate, incomingMs } = journey
    if (typeof fate !== "object" || !("brokenAfterMs" in fate)) return journey
    return { ...journey, incomingMs: Math.min(incomingMs, stalled.length === 0 ? 1000 : fate.brokenAfterMs) }
  }

/** The journey that begins at `nowMs` after the start, stalls included. */
export const heldUp = (journey: Journey, stalled: ReadonlyArray<Stall>, nowMs: number): Journey => {
  const writtenMs = nowMs + (journey.writeMs ?? 0)
  const arrivesMs = stalled.reduce(
    (atMs, { fromMs, toMs }) => (atMs >= fromMs && atMs < toMs ? toMs : atMs),
    writtenMs + journey.incomingMs,
  )
  return { ...journey, incomingMs: arrivesMs - writtenMs }
}
