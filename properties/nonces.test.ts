/**
 * A key on an exchange that takes only nonces near its own time, and says "invalid nonce" of all others, used on a machine
 * whose clock may be wrong, over several lives.
 */
import { Clock, Duration, Effect, Exit, Result, Scope, Struct } from "effect"
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import { InvalidNonce, RequestTimeout } from "../src/domain/SubmitError.ts"
import type { KeyMemory } from "../src/keys/KeyMemory.ts"
import { decodeKeyRecord, encodeKeyRecord } from "../src/keys/KeyRecord.ts"
import type { ExchangeClient } from "../src/venues/ExchangeClient.ts"
import { nonceSpan, nonceText, type NonceUnit } from "../src/domain/NonceUnit.ts"
import { nowMs } from "../src/platform/Monotonic.ts"
import { claimOn, makeDisk } from "../test/keys/support.ts"
import { hostileClock } from "../test/support/hostileClock.ts"
import { makeKeys, makeRig, order } from "../test/support/rig.ts"
import { playVirtual } from "../test/support/virtualTime.ts"
import { trustsTheWallClock } from "./broken/memories.ts"
import { RUNS, SEED, tryLaw } from "./support/law.ts"

/** What becomes of an answer: it comes, it is lost, or its request was lost before. */
type Fate = "answered" | "answer-lost" | "lost"

interface Life {
  /** How far off the clock is, in milliseconds. */
  readonly offMs: number
  readonly orders: number
  readonly fates: ReadonlyArray<Fate>
  /** Killed, if the key has left service by then; else it is stopped. */
  readonly isKilled: boolean
}

const lives: fc.Arbitrary<ReadonlyArray<Life>> = fc.array(
  fc.record({
    offMs: fc.constantFrom(0, 0, 3_600_000, -3_600_000, 40_000, -40_000, 5_000_000_000),
    orders: fc.integer({ min: 1, max: 12 }),
    fates: fc.array(fc.constantFrom<Array<Fate>>("answered", "answered", "answered", "answer-lost", "lost"), {
      minLength: 1,
      maxLength: 12,
    }),
    isKilled: fc.boolean(),
  }),
  { minLength: 2, maxLength: 5 },
)

const LIFE_MS = 60_000
const START_MS = 1_800_000_000_000
const TOLERANCE_MS = 30_000
const REQUEST_TIMEOUT_MS = 500

/** What the exchange has seen, and what it may have as far as its client can know. */
interface Seen {
  last: number
  mayBe: number
  refused: number
}

const exchange = (seen: Seen, trueMs: () => number, fateOf: () => Fate): ExchangeClient["Service"] => ({
  ping: Effect.succeed({ roundTripMs: 1 }),
  submit: ({ id }, { label }, nonce, watch) =>
    Effect.gen(function* () {
      yield* Effect.sleep("5 millis")
      watch.mayStart?.()
      watch.onWritten?.(yield* Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6))
      const about = { orderId: id, key: label }
      const fate = fateOf()
      const isTaken = fate !== "lost" && nonce > seen.last && Math.abs(nonce - trueMs()) <= TOLERANCE_MS
      if (isTaken) seen.last = nonce
      if (isTaken || fate !== "answered") seen.mayBe = Math.max(seen.mayBe, nonce)
      if (fate !== "answered") {
        yield* Effect.sleep(Duration.millis(REQUEST_TIMEOUT_MS))
        return yield* new RequestTimeout(about)
      }
      yield* Effect.sleep("5 millis")
      if (isTaken) return { status: "OK", req_id: id } as const
      seen.refused += 1
      return yield* new InvalidNonce(about)
    }),
})

const play = (world: ReadonlyArray<Life>, change: (memory: KeyMemory) => KeyMemory) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const startMs = clock.currentTimeMillisUnsafe()
    const trueMs = () => START_MS + clock.currentTimeMillisUnsafe() - startMs
    const seen: Seen = { last: 0, mayBe: 0, refused: 0 }
    const disk = makeDisk()
    const remembered = () => {
      const text = [...disk.files].find(([name]) => !name.endsWith(".owner.json"))?.[1]
      return Result.getOrUndefined(decodeKeyRecord(text ?? ""))?.lastNonce
    }
    const live = Effect.fnUntraced(function* (life: Life) {
      let requests = 0
      const scope = yield* Scope.make()
      const { recall } = yield* Scope.provide(
        claimOn(
          disk,
          {},
          { keys: makeKeys(1), reach: { boundMs: undefined, requestTimeoutMs: REQUEST_TIMEOUT_MS } },
        ),
        scope,
      )
      const rig = yield* Scope.provide(
        makeRig({
          boundMs: undefined,
          ttlMs: undefined,
          requestTimeoutMs: REQUEST_TIMEOUT_MS,
          client: () =>
            exchange(seen, trueMs, () => life.fates[requests++ % life.fates.length] ?? "answered"),
          dispatcher: { recall: (key) => Effect.map(recall(key), change) },
        }),
        scope,
      )
      for (let n = 0; n < life.orders; n++) yield* Effect.ignore(rig.dispatcher.offer(order(n)))
      yield* Effect.sleep(Duration.millis(LIFE_MS - 10_000))
      const left = new Map(disk.files)
      yield* Scope.close(scope, Exit.void)
      if (life.isKilled && rig.retired().length > 0) {
        disk.files.clear()
        for (const [name, text] of left) disk.files.set(name, text)
      }
      yield* Effect.sleep(Duration.millis(10_000))
    })

    const steps = world.map(({ offMs }, n) => ({
      atMs: n * LIFE_MS,
      byMs: offMs - (world[n - 1]?.offMs ?? startMs - START_MS),
    }))
    const living = Effect.gen(function* () {
      for (const life of world) {
        const isRight = life.offMs === 0 && seen.mayBe <= trueMs()
        seen.refused = 0
        yield* live(life)
        assert.strictEqual(
          remembered(),
          seen.mayBe,
          "what was refused is remembered, or what was not is forgotten",
        )
        if (isRight) assert.strictEqual(seen.refused, 0, "a key on a right clock is refused")
      }
    })
    yield* hostileClock(living, { steps })
  })

/** A life with nonces in some unit, on any clock. */
interface UnitLife {
  readonly unit: NonceUnit
  readonly orders: number
  readonly lastsMs: number
  readonly isKilled: boolean
  /** By how much the wall clock steps before it. */
  readonly stepMs: number
}

const unitLives: fc.Arbitrary<ReadonlyArray<UnitLife>> = fc.array(
  fc.record({
    unit: fc.constantFrom<Array<NonceUnit>>("s", "ms", "us", "us", "ns"),
    orders: fc.integer({ min: 1, max: 12 }),
    lastsMs: fc.constantFrom(50, 400, 3000, 20_000),
    isKilled: fc.boolean(),
    stepMs: fc.constantFrom(0, 0, -3_600_000, 3_600_000, -1_700_000_000_000),
  }),
  { minLength: 2, maxLength: 6 },
)

/** What may go wrong from one life to the next. */
interface UnitClient {
  readonly memory?: (memory: KeyMemory, unit: NonceUnit, former: NonceUnit) => KeyMemory
  /** Reads another unit's record as its own. */
  readonly rewritten?: (text: string) => string
}

/** Plays lives of a key on an exchange that takes whatever is greater than all before, and refuses the rest. */
const playUnits = (world: ReadonlyArray<UnitLife>, { memory: change, rewritten }: UnitClient) =>
  Effect.gen(function* () {
    const disk = makeDisk()
    const wrong: Array<string> = []
    let last = 0n
    let former: NonceUnit = "ms"
    for (const [n, { isKilled, lastsMs, orders, unit }] of world.entries()) {
      if (rewritten !== undefined)
        for (const [name, text] of disk.files)
          if (!name.endsWith(".owner.json")) disk.files.set(name, rewritten(text))
      const scope = yield* Scope.make()
      const claimed = yield* Effect.exit(
        Scope.provide(claimOn(disk, {}, { keys: makeKeys(1), nonceUnit: unit }), scope),
      )
      if (Exit.isFailure(claimed)) {
        assert.isTrue(former === "ns" && unit !== "ns", "a key is refused that could go on")
        continue
      }
      const { recall } = claimed.value
      const before = former
      const rig = yield* Scope.provide(
        makeRig({
          ttlMs: undefined,
          client: () => ({
            nonceUnit: unit,
            submit: ({ id }, _key, nonce, { onSettled, onWritten }) =>
              Effect.gen(function* () {
                const sent = BigInt(nonceText(nonce, unit))
                if (sent <= last) wrong.push(`life ${n + 1} sends ${sent} after ${last}`)
                last = sent
                onWritten(yield* nowMs)
                yield* Effect.sleep("5 millis")
                onSettled(yield* nowMs)
                return { status: "OK", req_id: id } as const
              }),
          }),
          dispatcher: {
            recall: (key) => Effect.map(recall(key), (memory) => change?.(memory, unit, before) ?? memory),
          },
        }),
        scope,
      )
      for (let made = 0; made < orders; made++) yield* Effect.ignore(rig.dispatcher.offer(order(made)))
      yield* Effect.sleep(Duration.millis(lastsMs))
      const left = new Map(disk.files)
      yield* Scope.close(scope, Exit.void)
      if (isKilled) {
        disk.files.clear()
        for (const [name, text] of left) disk.files.set(name, text)
      }
      former = unit
    }
    assert.deepStrictEqual(wrong, [])
    assert.isTrue(last > 0n)
  })

describe(`nonces in units (seed ${SEED}, ${RUNS} worlds a law)`, () => {
  tryLaw<ReadonlyArray<UnitLife>, UnitClient>({
    law: "a key's nonces rise on their way over restarts, steps of the clock and changes of their unit",
    worlds: unitLives,
    check: async (world, client = {}) => {
      let atMs = 0
      const steps = world.map(({ lastsMs, stepMs }) => {
        const step = { atMs, byMs: stepMs }
        atMs += lastsMs
        return step
      })
      const living = hostileClock(playUnits(world, client), { steps })
      await playVirtual(living)
    },
    broken: {
      "a memory that takes the last nonce for a time, and tells it in the new unit": {
        memory: (memory, unit, former) => ({
          ...memory,
          lastNonce: Math.floor((memory.lastNonce / nonceSpan(1e6, former)) * nonceSpan(1e6, unit)),
        }),
      },
      "a memory that trusts the wall clock": { memory: trustsTheWallClock },
      "a state that does not say that its nonces are in ns": {
        rewritten: (text) =>
          Result.match(decodeKeyRecord(text), {
            onFailure: () => text,
            onSuccess: (record) => encodeKeyRecord(Struct.omit(record, ["nonceUnit"])),
          }),
      },
    },
  })
})

describe(`nonces over lives (seed ${SEED}, ${RUNS} worlds a law)`, () => {
  tryLaw<ReadonlyArray<Life>, (memory: KeyMemory) => KeyMemory>({
    law: "after a life whose nonces were refused its key's state is as if they had not been sent, and no nonce that may have been taken is forgotten",
    worlds: lives,
    check: (world, change = (memory) => memory) => playVirtual(play(world, change)),
    broken: {
      "a memory that keeps refused nonces": (memory) => ({
        ...memory,
        onEnded: (request) => memory.onEnded({ ...request, mayBeTaken: true }),
      }),
      "a memory that takes what is unknown for refused": (memory) => ({
        ...memory,
        onEnded: (request) =>
          memory.onEnded({ ...request, mayBeTaken: request.mayBeTaken && request.end?.ending !== "lost" }),
      }),
      "a memory that goes on to reserve nonces for a key that has left service": (memory) => ({
        ...memory,
        onRetired: () => {},
      }),
    },
  })
})
