/** Worlds in which the exchange goes away and comes back, and worlds in which others use the keys. */
import { Clock, Duration, Effect, Option } from "effect"
import * as fc from "fast-check"
import type { DispatchEvent } from "../../src/domain/DispatchEvent.ts"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"
import type { Arrival, Fate } from "../../src/simulation/SimulatedExchange.ts"
import { playVirtual } from "../../test/support/virtualTime.ts"
import { makeRig, order, type RigOptions } from "../../test/support/rig.ts"

/** Orders come steadily before an exchange that is away once. Times in milliseconds from the start. */
export interface Away {
  readonly keys: number
  readonly gapMs: number
  readonly fromMs: number
  readonly forMs: number
  readonly how: Fate
  /** Each way. */
  readonly delayMs: number
  /** Of the jitter. */
  readonly seed: number
}

export const aways: fc.Arbitrary<Away> = fc.record({
  keys: fc.integer({ min: 1, max: 5 }),
  gapMs: fc.integer({ min: 5, max: 50 }),
  fromMs: fc.integer({ min: 500, max: 2500 }),
  forMs: fc.integer({ min: 0, max: 10_000 }),
  how: fc.oneof(
    fc.constant<Fate>("refused-connection"),
    fc.constantFrom(500, 502, 503).map((status): Fate => ({ status })),
  ),
  delayMs: fc.integer({ min: 0, max: 50 }),
  seed: fc.nat(),
})

/** The same with several keys, gone for long. */
export const longAways: fc.Arbitrary<Away> = fc
  .record({
    away: aways,
    keys: fc.integer({ min: 3, max: 5 }),
    forMs: fc.integer({ min: 5000, max: 15_000 }),
  })
  .map(({ away, ...others }) => ({ ...away, ...others }))

export interface Seen {
  readonly startMs: number
  readonly events: ReadonlyArray<DispatchEvent>
  readonly arrivals: ReadonlyArray<Arrival>
  /** Every order has its outcome. */
  readonly isDrained: boolean
}

export type Variant = Pick<RigOptions, "client" | "make" | "dispatcher">

const AFTER_MS = 3000

/** Plays an outage and three seconds after it. */
export const playAway = (away: Away, variant: Variant = {}): Promise<Seen> => {
  const { delayMs, forMs, fromMs, gapMs, how, keys, seed } = away
  const lastsMs = fromMs + forMs + AFTER_MS
  const program = Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const bornMs = nowMsUnsafe(clock)
    const isAway = () => {
      const atMs = nowMsUnsafe(clock) - bornMs
      return atMs >= fromMs && atMs < fromMs + forMs
    }
    const rig = yield* makeRig({
      keys,
      seed,
      journey: () => ({ incomingMs: delayMs, outgoingMs: delayMs, ...(isAway() ? { fate: how } : {}) }),
      ...variant,
    })
    for (let n = 0; n * gapMs < lastsMs; n++) {
      yield* rig.dispatcher.enqueue(order(n))
      yield* Effect.sleep(Duration.millis(gapMs))
    }
    const done = yield* Effect.timeoutOption(rig.dispatcher.drained, Duration.hours(1))
    const { events, exchange, startMs } = rig
    return { startMs, events, arrivals: exchange.arrivals, isDrained: Option.isSome(done) }
  })
  return playVirtual(program)
}

/** Another client has used some keys, each at some moment, with a nonce that is so far ahead of the clock. */
export interface Meddling {
  readonly keys: number
  readonly orders: number
  readonly delayMs: number
  readonly leads: ReadonlyArray<{ readonly atMs: number; readonly leadMs: number }>
}

/** Within what all jumps reach together. */
export const REACHABLE_MS = 30 * 86_400_000

export const meddlings: fc.Arbitrary<Meddling> = fc.record({
  keys: fc.integer({ min: 1, max: 3 }),
  orders: fc.integer({ min: 1, max: 60 }),
  delayMs: fc.integer({ min: 0, max: 100 }),
  leads: fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: 1000 }),
      leadMs: fc.oneof(
        fc.integer({ min: 10_000, max: REACHABLE_MS }),
        fc.constantFrom(100_000, 7_200_000, 1e14, Number.MAX_SAFE_INTEGER),
      ),
    }),
    { minLength: 1, maxLength: 3 },
  ),
})

export const playMeddling = (meddling: Meddling, variant: Variant = {}): Promise<Seen> => {
  const { delayMs, keys, leads, orders } = meddling
  const program = Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const rig = yield* makeRig({
      keys,
      ttlMs: undefined,
      boundMs: undefined,
      journey: () => ({ incomingMs: delayMs, outgoingMs: delayMs }),
      ...variant,
    })
    yield* Effect.forEach(leads.slice(0, keys), ({ atMs, leadMs }, index) =>
      Effect.forkScoped(
        Effect.delay(
          Effect.sync(() => {
            const nonce = BigInt(Math.floor(clock.currentTimeMillisUnsafe())) + BigInt(leadMs)
            rig.exchange.sawNonce(`key-${index + 1}`, nonce)
          }),
          Duration.millis(atMs),
        ),
      ),
    )
    for (let n = 0; n < orders; n++) {
      yield* Effect.ignore(rig.dispatcher.enqueue(order(n)))
      yield* Effect.sleep(Duration.millis(25))
    }
    const done = yield* Effect.timeoutOption(rig.dispatcher.drained, Duration.hours(1))
    const { events, exchange, startMs } = rig
    return { startMs, events, arrivals: exchange.arrivals, isDrained: Option.isSome(done) }
  })
  return playVirtual(program)
}
