/**
 * A client that lives more than once: it crashes or is stopped at any moment and begins again after any pause, on the
 * same exchange and with what is left of its state. The disk takes its time, and a crash cuts what it was doing.
 *
 * A crash says nothing and closes nothing. Its fibers cannot be made to vanish, so they go on in a world of their own:
 * from the crash on nothing that they do reaches the disk or the exchange.
 */
import { Clock, Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { KeyValueStore } from "effect/persistence"
import * as fc from "fast-check"
import type { KeyMemory } from "../../src/dispatch/KeyMemory.ts"
import { defaultMargin } from "../../src/dispatch/gates/AckWindow.ts"
import type { ExchangeClient } from "../../src/exchange/ExchangeClient.ts"
import { nowMsUnsafe } from "../../src/Monotonic.ts"
import { type Arrival, type Journey, makeSimulatedExchange } from "../../src/simulation/SimulatedExchange.ts"
import { runVirtual } from "../../src/simulation/VirtualTime.ts"
import { Boot } from "../../src/state/Boot.ts"
import { claimKeys } from "../../src/state/claimKeys.ts"
import { KeyLocks } from "../../src/state/KeyLocks.ts"
import { hostileClock } from "../../test/support/hostileClock.ts"
import { makeKeys, makeRig, order } from "../../test/support/rig.ts"
import { journeys } from "./journeys.ts"

/** One life, from its start to the start of the next. Times in milliseconds. */
export interface Life {
  readonly lastsMs: number
  readonly ends: "crash" | "stop"
  readonly pauseMs: number
  /** The machine is booted again before the next. */
  readonly reboots: boolean
  /** What it knows of the exchange. It may be more careful than it had to be. */
  readonly boundMs: number | undefined
  readonly windowMs: number
  /** Between one order and the next. */
  readonly gaps: ReadonlyArray<number>
  /** From then on, counted from its start, the disk stands still for so long. */
  readonly stall: { readonly fromMs: number; readonly forMs: number } | undefined
}

/** How long the disk takes for one value: until it is there, and from then until it says so. */
export interface DiskTime {
  readonly writeMs: number
  readonly answerMs: number
}

export interface Lives {
  readonly keys: number
  readonly limit: number
  readonly windowMs: number
  readonly requestTimeoutMs: number
  readonly journeys: ReadonlyArray<Journey>
  readonly disk: ReadonlyArray<DiskTime>
  readonly lives: ReadonlyArray<Life>
  readonly earlyMs: number
  readonly steps: ReadonlyArray<{ readonly atMs: number; readonly byMs: number }>
}

const BOUND_MS = 55
const LONGEST_INCOMING_MS = 50

const diskTime: fc.Arbitrary<DiskTime> = fc.record({
  writeMs: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
    { weight: 1, arbitrary: fc.integer({ min: 20, max: 3000 }) },
  ),
  answerMs: fc.integer({ min: 0, max: 20 }),
})

const stalls: fc.Arbitrary<Life["stall"]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({
      fromMs: fc.integer({ min: 0, max: 6000 }),
      forMs: fc.integer({ min: 0, max: 40_000 }),
    }),
  },
)

const life = (windowMs: number, knowsBound: boolean): fc.Arbitrary<Life> =>
  fc.record({
    lastsMs: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 2 * windowMs + 100 }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
    ),
    ends: fc.constantFrom("crash" as const, "crash" as const, "stop" as const),
    pauseMs: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 30 }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 2000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
    ),
    reboots: fc.oneof(
      { weight: 6, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    boundMs: knowsBound ? fc.constantFrom(BOUND_MS, BOUND_MS, undefined) : fc.constant(undefined),
    windowMs: fc.constantFrom(windowMs, windowMs, 2 * windowMs),
    gaps: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })), {
      minLength: 1,
      maxLength: 40,
    }),
    stall: stalls,
  })

export const manyLives: fc.Arbitrary<Lives> = fc
  .record({
    windowMs: fc.constantFrom(1000, 100, 50),
    requestTimeoutMs: fc.constantFrom(500, 3000),
    knowsBound: fc.boolean(),
  })
  .chain(({ knowsBound, requestTimeoutMs, windowMs }) =>
    fc.record({
      keys: fc.constantFrom(1, 1, 2),
      limit: fc.constantFrom(1, 2, 5, 20),
      windowMs: fc.constant(windowMs),
      requestTimeoutMs: fc.constant(requestTimeoutMs),
      journeys: journeys(knowsBound ? LONGEST_INCOMING_MS : requestTimeoutMs),
      disk: fc.array(diskTime, { minLength: 1, maxLength: 10 }),
      lives: fc.array(life(windowMs, knowsBound), { minLength: 2, maxLength: 6 }),
      earlyMs: fc.constantFrom(0, 1, 5),
      steps: fc.array(
        fc.record({
          atMs: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 60_000 })),
          byMs: fc.constantFrom(-3_600_000, -10, 10, 3_600_000),
        }),
        { maxLength: 3 },
      ),
    }),
  )

/** The same, where every life lasts long enough for its lease to run out while the disk stands still. */
export const stalledLives: fc.Arbitrary<Lives> = manyLives.map((world) => ({
  ...world,
  limit: Math.min(world.limit, 2),
  lives: world.lives.map((life, n) => ({
    ...life,
    ends: "crash" as const,
    lastsMs: 12_000 + (life.lastsMs % 20_000),
    pauseMs: life.pauseMs % 30,
    stall: n % 2 === 0 ? { fromMs: 1000, forMs: 60_000 } : undefined,
  })),
}))

/** What a deliberately broken client makes of its state. */
export interface LivesVariant {
  /** Puts another memory in the place of the real one. */
  readonly memory?: (memory: KeyMemory) => KeyMemory
  /** The disk says that it has written before it has. */
  readonly answersFirst?: boolean
}

/** Orders that come with their gaps; then they come at leisure. */
const LEISURE_MS = 500

/** A disk that outlives the client, as one life sees it. */
const viewOf = (
  files: Map<string, string>,
  timeOf: () => DiskTime,
  isAlive: () => boolean,
  answersFirst: boolean,
): KeyValueStore.KeyValueStore => {
  const put = (key: string, value: string) =>
    Effect.sync(() => {
      if (isAlive()) files.set(key, value)
    })
  const set = (key: string, value: string) =>
    Effect.suspend(() => {
      if (!isAlive()) return Effect.void
      const { answerMs, writeMs } = timeOf()
      if (answersFirst) {
        return Effect.andThen(
          Effect.forkDetach(Effect.delay(put(key, value), Duration.millis(writeMs + answerMs))),
          Effect.void,
        )
      }
      return Effect.delay(put(key, value), Duration.millis(writeMs)).pipe(
        Effect.andThen(Effect.sleep(Duration.millis(answerMs))),
        Effect.uninterruptible,
      )
    })
  return KeyValueStore.makeStringOnly({
    get: (key) => Effect.sync(() => files.get(key)),
    set,
    remove: (key) => Effect.sync(() => void (isAlive() && files.delete(key))),
    clear: Effect.sync(() => void (isAlive() && files.clear())),
    size: Effect.sync(() => files.size),
    keys: Effect.sync(() => [...files.keys()]),
  })
}

/** Lives all lives, and answers everything that reached the exchange. */
export const liveAll = (world: Lives, variant: LivesVariant = {}): Promise<ReadonlyArray<Arrival>> => {
  const program = Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const arrivals: Array<Arrival> = []
    const files = new Map<string, string>()
    let requests = 0
    let writes = 0
    let orders = 0
    let boots = 1
    let offsetMs = 1_000_000
    const timeOf = (): DiskTime => world.disk[writes++ % world.disk.length] ?? { writeMs: 0, answerMs: 0 }
    const config = { limit: world.limit, windowMs: world.windowMs, blockAfter: 1000 }
    const { client } = yield* makeSimulatedExchange({
      config,
      requestTimeoutMs: world.requestTimeoutMs,
      journey: () => world.journeys[requests++ % world.journeys.length] ?? { incomingMs: 0, outgoingMs: 0 },
      onArrival: (arrival) => arrivals.push(arrival),
    })

    const live = Effect.fnUntraced(function* (life: Life, isAlive: () => boolean) {
      const startMs = nowMsUnsafe(clock)
      const timeNow = (): DiskTime => {
        const { answerMs, writeMs } = timeOf()
        const sinceMs = nowMsUnsafe(clock) - startMs - (life.stall?.fromMs ?? Number.POSITIVE_INFINITY)
        const stalledMs = sinceMs < 0 ? 0 : Math.max(0, (life.stall?.forMs ?? 0) - sinceMs)
        return { answerMs, writeMs: writeMs + stalledMs }
      }
      const store = viewOf(files, timeNow, isAlive, variant.answersFirst ?? false)
      const window = Duration.millis(life.windowMs)
      const services = Layer.mergeAll(
        Layer.succeed(Boot, { id: `boot-${boots}`, offsetMs }),
        // Lives do not overlap here.
        Layer.succeed(KeyLocks, { lock: () => Effect.void }),
        Layer.succeed(KeyValueStore.KeyValueStore, store),
      )
      const { recall } = yield* Effect.provide(
        claimKeys({
          keys: makeKeys(world.keys),
          directory: "nowhere",
          exchange: "the exchange",
          windowMs: Duration.toMillis(Duration.sum(window, defaultMargin(window))),
          reach: { boundMs: life.boundMs, requestTimeoutMs: world.requestTimeoutMs },
        }),
        services,
      )
      const ownClient: ExchangeClient["Service"] = {
        submit: (order, key, nonce, watch) =>
          Effect.suspend(() =>
            isAlive()
              ? client.submit(order, key, nonce, {
                  ...watch,
                  mayStart: () => isAlive() && watch.mayStart?.() !== false,
                })
              : Effect.never,
          ),
      }
      const { dispatcher } = yield* makeRig({
        keys: world.keys,
        config: { ...config, windowMs: life.windowMs },
        boundMs: life.boundMs,
        ttlMs: undefined,
        requestTimeoutMs: world.requestTimeoutMs,
        client: () => ownClient,
        dispatcher: {
          recall: (key) => Effect.map(recall(key), variant.memory ?? ((memory) => memory)),
          firstContact: Duration.days(1),
          unreachableAfter: Duration.days(1),
        },
      })
      for (let n = 0; isAlive(); n++) {
        yield* Effect.ignore(dispatcher.offer(order(orders++)))
        yield* Effect.sleep(Duration.millis(life.gaps[n] ?? LEISURE_MS))
      }
    })

    for (const life of world.lives) {
      let alive = true
      const scope = yield* Scope.make()
      const living = yield* Effect.forkIn(
        Scope.provide(
          live(life, () => alive),
          scope,
        ),
        scope,
        { startImmediately: true },
      )
      yield* Effect.sleep(Duration.millis(life.lastsMs))
      if (life.ends === "stop") {
        yield* Fiber.interrupt(living)
        yield* Scope.close(scope, Exit.void)
      }
      alive = false
      yield* Effect.sleep(Duration.millis(life.pauseMs))
      if (life.reboots) {
        boots += 1
        offsetMs = 1000 - nowMsUnsafe(clock)
      }
    }
    yield* Effect.sleep(Duration.millis(4 * world.requestTimeoutMs))
    return arrivals
  })
  return Effect.runPromise(runVirtual(Effect.scoped(hostileClock(program, world))))
}
