/** A machine that sleeps: its monotonic clock stands still, for seconds or for hours, at any moment and without a word. */
import { Clock, Duration, Effect, Result } from "effect"
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import { ConnectionFailed } from "../src/domain/SubmitError.ts"
import type { ApiKey } from "../src/domain/ApiKey.ts"
import { keyName } from "../src/keys/claimKeys.ts"
import { decodeKeyRecord } from "../src/keys/KeyRecord.ts"
import { countingSleep } from "../src/platform/BootTime.ts"
import { nowMsUnsafe } from "../src/platform/Monotonic.ts"
import type { ExchangeClient } from "../src/venues/ExchangeClient.ts"
import { exerciseRules } from "../src/venues/exercise/exercise.ts"
import { claimOn, makeDisk } from "../test/keys/support.ts"
import { hostileClock } from "../test/support/hostileClock.ts"
import { makeKeys, makeRig, order } from "../test/support/rig.ts"
import { playVirtual } from "../test/support/virtualTime.ts"
import { RUNS, SEED, tryLaw } from "./support/law.ts"

interface World {
  readonly keys: number
  readonly ttlMs: number
  readonly boundMs: number | undefined
  readonly gaps: ReadonlyArray<number>
  /** How long a request takes to leave, to arrive, and its answer to come; all of it stands still with the machine. */
  readonly delays: ReadonlyArray<{
    readonly leavingMs: number
    readonly incomingMs: number
    readonly answerMs: number
  }>
  /** When the machine falls asleep, by its monotonic clock, for how long, and what the wall clock is besides off by afterwards. */
  readonly sleeps: ReadonlyArray<{ readonly atMs: number; readonly forMs: number; readonly offMs: number }>
}

const worlds: fc.Arbitrary<World> = fc.record({
  keys: fc.integer({ min: 1, max: 2 }),
  ttlMs: fc.constantFrom(100, 1000, 5000),
  boundMs: fc.constantFrom(55, undefined),
  gaps: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })), { minLength: 1, maxLength: 100 }),
  delays: fc.array(
    fc.record({
      leavingMs: fc.integer({ min: 0, max: 40 }),
      incomingMs: fc.integer({ min: 0, max: 50 }),
      answerMs: fc.integer({ min: 0, max: 50 }),
    }),
    { minLength: 1, maxLength: 10 },
  ),
  sleeps: fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: 3000 }),
      forMs: fc.constantFrom(200, 3000, 60_000, 8 * 3_600_000),
      offMs: fc.constantFrom(0, 20, -20, 3_600_000),
    }),
    { minLength: 1, maxLength: 4 },
  ),
})

type Mistake = "clock-stands-still" | "looks-once"

/** A request as it came to the exchange, whose clock goes on. */
interface Arrived {
  readonly key: string
  readonly nonce: number
  readonly bootMs: number
}

/** What was true as a request left. */
interface Leaving {
  readonly id: string
  readonly bootMs: number
  /** The state of its key on the disk allowed it until then. */
  readonly leaseMs: number
}

/** The exercise's rules, by the exchange's clock. */
const checkArrivals = (arrivals: ReadonlyArray<Arrived>): void => {
  const { limit, windowMs } = exerciseRules
  for (const [n, { bootMs, nonce }] of arrivals.entries()) {
    const [before, first] = [arrivals[n - 1], arrivals[n - limit]]
    if (before !== undefined) assert.isAbove(nonce, before.nonce, "a nonce was overtaken")
    if (first !== undefined) assert.isAbove(bootMs, first.bootMs + windowMs, "a window was exceeded")
  }
}

const play = (world: World, mistake: Mistake | undefined) =>
  Effect.gen(function* () {
    const plain = yield* Clock.Clock
    const beganMs = nowMsUnsafe(plain)
    const sleeps = world.sleeps.map((sleep) => ({ ...sleep, atMs: sleep.atMs + beganMs }))
    const sleptMs = () =>
      sleeps.reduce((sum, { atMs, forMs }) => (atMs <= nowMsUnsafe(plain) ? sum + forMs : sum), 0)
    const bootMs = () => nowMsUnsafe(plain) + sleptMs()
    const disk = makeDisk()
    const keys = makeKeys(world.keys)
    const leavings: Array<Leaving> = []
    const arrivals: Array<Arrived> = []
    const made = new Map<string, number>()
    const leaseMs = (key: ApiKey): number => {
      const text = disk.files.get(`${keyName(key)}.json`) ?? ""
      return Result.getOrThrow(decodeKeyRecord(text)).unansweredUntilMs ?? Number.NEGATIVE_INFINITY
    }
    let requests = 0
    const client: ExchangeClient["Service"] = {
      ping: Effect.succeed({ roundTripMs: 1 }),
      submit: ({ id }, key, nonce, watch) =>
        Effect.gen(function* () {
          const way = world.delays[requests++ % world.delays.length]
          const { answerMs, incomingMs, leavingMs } = way ?? { answerMs: 0, incomingMs: 0, leavingMs: 0 }
          yield* Effect.sleep(Duration.millis(leavingMs))
          const mayStart = watch.mayStart?.() !== false
          if (!mayStart && mistake !== "looks-once") {
            return yield* new ConnectionFailed({ orderId: id, key: key.label, code: "withheld" })
          }
          leavings.push({ id, bootMs: bootMs(), leaseMs: leaseMs(key) })
          const clock = yield* Clock.Clock
          watch.onWritten(nowMsUnsafe(clock))
          yield* Effect.sleep(Duration.millis(incomingMs))
          arrivals.push({ key: key.label, nonce, bootMs: bootMs() })
          yield* Effect.sleep(Duration.millis(answerMs))
          watch.onSettled(nowMsUnsafe(clock))
          return { status: "OK", req_id: id } as const
        }),
    }
    const living = Effect.gen(function* () {
      const { recall } = yield* claimOn(disk, {}, { keys, limit: 20 })
      const rig = yield* makeRig({
        keys: world.keys,
        ttlMs: world.ttlMs,
        boundMs: world.boundMs,
        client: () => client,
        dispatcher: { recall },
      })
      for (const [n, gapMs] of world.gaps.entries()) {
        made.set(String(n), bootMs())
        yield* Effect.ignore(rig.dispatcher.offer(order(n)))
        yield* Effect.sleep(Duration.millis(gapMs))
      }
      yield* rig.dispatcher.drained
    })
    const hostile = Clock.clockWith((clock) =>
      mistake === "clock-stands-still"
        ? living
        : Effect.provideService(
            living,
            Clock.Clock,
            countingSleep(clock, () => ({ atLeastMs: sleptMs(), atMostMs: sleptMs() })),
          ),
    )
    const steps = sleeps.map(({ atMs, forMs, offMs }) => ({ atMs, byMs: forMs + offMs }))
    yield* Effect.scoped(hostileClock(hostile, { steps }))
    for (const { bootMs: atMs, id, leaseMs: untilMs } of leavings) {
      const ageMs = atMs - (made.get(id) ?? 0)
      assert.isAtMost(ageMs, world.ttlMs + 1e-6, `order ${id} was sent ${ageMs} ms after it was made`)
      assert.isAtMost(atMs, untilMs, `order ${id} was sent when its key's lease had run out`)
    }
    for (const { label } of keys) checkArrivals(arrivals.filter(({ key }) => key === label))
  })

describe(`a machine that sleeps (seed ${SEED}, ${RUNS} worlds a law)`, () => {
  tryLaw<World, Mistake>({
    law: "however long the machine sleeps, no order is sent after its time to live or without a lease, no window exceeded, no nonce overtaken",
    worlds,
    check: (world, mistake) => playVirtual(play(world, mistake)),
    broken: {
      "a clock that stands still with the machine": "clock-stands-still",
      "a client that looks only before it connects": "looks-once",
    },
  })
})
