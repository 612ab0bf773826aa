/** A key that was told a limit greater than the exchange's own collects errors; it must not be blocked for them. */
import { Duration, Effect } from "effect"
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import { noMemory } from "../src/keys/KeyMemory.ts"
import { playVirtual } from "../test/support/virtualTime.ts"
import { makeRig, order } from "../test/support/rig.ts"
import { RUNS, SEED, tryLaw } from "./support/law.ts"

interface World {
  readonly keys: number
  /** Requests that the exchange lets a key pass in a window, and how many it is believed to let pass. */
  readonly limit: number
  readonly believed: number
  readonly windowMs: number
  readonly blockAfter: number
  /** Errors of former lives. */
  readonly former: number
  readonly parkAfter: number
  readonly boundMs: number | undefined
  readonly delays: ReadonlyArray<{ readonly incomingMs: number; readonly outgoingMs: number }>
  readonly orders: number
}

const worlds: fc.Arbitrary<World> = fc.record({
  keys: fc.integer({ min: 1, max: 3 }),
  limit: fc.integer({ min: 1, max: 10 }),
  believed: fc.integer({ min: 5, max: 40 }),
  windowMs: fc.constantFrom(100, 1000, 5000),
  blockAfter: fc.integer({ min: 2, max: 12 }),
  former: fc.integer({ min: 0, max: 12 }),
  parkAfter: fc.constantFrom(1, 5, Number.POSITIVE_INFINITY),
  boundMs: fc.constantFrom(undefined, 5, 55),
  // Answers that come late: many requests are under way when the first refusal comes.
  delays: fc.array(
    fc.record({
      incomingMs: fc.integer({ min: 0, max: 5 }),
      outgoingMs: fc.integer({ min: 0, max: 900 }),
    }),
    { minLength: 1, maxLength: 10 },
  ),
  orders: fc.integer({ min: 1, max: 80 }),
})

/** What is got wrong about the errors that the exchange counts. */
type Mistake = "forgets-former-lives" | "knows-of-no-block"

const play = (world: World, mistake: Mistake | undefined) =>
  Effect.gen(function* () {
    const { blockAfter, boundMs, delays, keys, limit, parkAfter, windowMs } = world
    // With this many errors the exchange has blocked the key already.
    const former = Math.min(world.former, blockAfter - 1)
    const recall = (key: Parameters<typeof noMemory>[0]) =>
      Effect.map(noMemory(key), (memory) => ({ ...memory, rateLimitErrors: former }))
    const rig = yield* makeRig({
      keys,
      config: { limit, windowMs, blockAfter },
      limit: world.believed,
      boundMs,
      ttlMs: 20_000,
      journey: (n) => delays[n % delays.length] ?? { incomingMs: 0, outgoingMs: 0 },
      dispatcher: {
        parkAfter,
        blockAfter: mistake === "knows-of-no-block" ? Number.POSITIVE_INFINITY : blockAfter,
        ...(mistake === "forgets-former-lives" ? {} : { recall }),
      },
    })
    for (let n = 1; n <= keys; n++) rig.exchange.burden(`key-${n}`, former)
    for (let n = 0; n < world.orders; n++) yield* Effect.ignore(rig.dispatcher.enqueue(order(n)))
    yield* Effect.timeoutOption(rig.dispatcher.drained, Duration.minutes(5))
    yield* rig.stop
    yield* Effect.sleep(Duration.seconds(10))
    const blocked = new Map<string, number>()
    for (const { key, ruling } of rig.exchange.arrivals)
      if (ruling === "rate-limit") blocked.set(key, (blocked.get(key) ?? former) + 1)
    for (const [key, errors] of blocked)
      assert.isBelow(errors, blockAfter, `${key} collected what blocks it for good`)
  })

describe(`keys that are told a wrong limit (seed ${SEED}, ${RUNS} worlds a law)`, () => {
  tryLaw<World, Mistake>({
    law: "no key collects as many errors as block it, whatever limit it was told",
    worlds,
    check: (world, mistake) => playVirtual(play(world, mistake)),
    broken: {
      "a client that forgets the errors of former lives": "forgets-former-lives",
      "a client that knows of no block, and parks after its own count": "knows-of-no-block",
    },
  })
})
