/** What is owed to an exchange that asks to be left alone, and to keys that collect errors or are refused everything. */
import { Effect } from "effect"
import * as fc from "fast-check"
import { assert, describe } from "vitest"
import { afterVerdict, newHealth, PARK_SPAN_MS } from "../src/dispatch/KeyHealth.ts"
import { ALIKE } from "../src/dispatch/Refusals.ts"
import type { KeyMemory } from "../src/keys/KeyMemory.ts"
import { fromMoment, toMoment } from "../src/keys/remembered.ts"
import { PingFailed, type ExchangeClient } from "../src/venues/ExchangeClient.ts"
import { at, makeRig, order } from "../test/support/rig.ts"
import { runVirtual } from "../test/support/virtualTime.ts"
import { type Banning, bannings, type BanningVariant, playBans } from "./support/bans.ts"
import { SEED, tryLaw } from "./support/law.ts"

type Client = ExchangeClient["Service"]

/** As clients do that take an hour for a mistake. */
const waitsFiveMinutes = (client: Client): Client => ({
  ...client,
  submit: (given, key, nonce, watch) =>
    client.submit(given, key, nonce, {
      ...watch,
      onAdvice: ({ exchangeMs, keyMs }) =>
        watch.onAdvice?.({ keyMs, exchangeMs: Math.min(exchangeMs, 300_000) }),
    }),
})

const sendsWhatWaits = (client: Client): Client => ({
  ...client,
  submit: (given, key, nonce, watch) => client.submit(given, key, nonce, { ...watch, mayStart: () => true }),
})

const pingsOn = (client: Client): Client =>
  client.ping === undefined
    ? client
    : {
        ...client,
        ping: Effect.mapError(
          client.ping,
          ({ code, isUnreachable }) => new PingFailed({ code, isUnreachable }),
        ),
      }

/** Errors of one key, over lives. Times in milliseconds from the start; a life ends before some of them. */
interface Errors {
  readonly parkAfter: number
  readonly errors: ReadonlyArray<{
    readonly afterMs: number
    readonly roundTripMs: number
    readonly newLife: "no" | "same boot" | "another boot"
  }>
}

const manyErrors: fc.Arbitrary<Errors> = fc.record({
  parkAfter: fc.integer({ min: 1, max: 6 }),
  errors: fc.array(
    fc.record({
      afterMs: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40_000 })),
      roundTripMs: fc.integer({ min: 1, max: 900 }),
      newLife: fc.oneof(
        { weight: 5, arbitrary: fc.constant("no" as const) },
        fc.constantFrom("same boot" as const, "another boot" as const),
      ),
    }),
    { minLength: 1, maxLength: 40 },
  ),
})

type ErrorMistake = "never-age" | "count-each" | "forget-former-lives"

/** The number of the error at which the key is parked; undefined where it is not. */
const parkedAt = ({ errors, parkAfter }: Errors, mistake: ErrorMistake | undefined): number | undefined => {
  const policy = {
    parkAfter,
    blockAfter: Number.POSITIVE_INFINITY,
    stopAfterRefusals: Number.POSITIVE_INFINITY,
    nonceJumps: undefined,
    nonceUnit: "ms" as const,
  }
  const former = { lastNonce: 0, quietUntilMs: 0, held: { key: 0 }, rateLimitErrors: 0, recentErrorsMs: [] }
  let health = newHealth(former, policy)
  let atMs = 0
  for (const [index, { afterMs, newLife, roundTripMs }] of errors.entries()) {
    atMs += afterMs
    if (newLife !== "no") {
      const before = { monotonicMs: atMs, bootMs: atMs + 5000, wallMs: atMs + 1e12 }
      // Another process counts from elsewhere, and another boot does, too; here both go on from the same zero.
      const now = { ...before, bootMs: newLife === "same boot" ? before.bootMs : 7 }
      const recentErrorsMs = health.recentErrorsMs.map((errorMs) =>
        fromMoment(toMoment(errorMs, before), newLife === "same boot", now),
      )
      health = newHealth(
        { ...former, recentErrorsMs: mistake === "forget-former-lives" ? [] : recentErrorsMs },
        policy,
      )
    }
    const verdict = { kind: "refused", reason: "rate-limit" } as const
    const sentMs = mistake === "count-each" ? atMs : atMs - roundTripMs
    const known =
      mistake === "never-age"
        ? { ...health, recentErrorsMs: health.recentErrorsMs.map(() => atMs - 901) }
        : health
    health = afterVerdict(known, { verdict, nonce: 1, sentMs, atMs, wallMs: atMs }, policy)[0]
    if (health.state !== "active") return index
  }
  return undefined
}

/** The same, from all that was at once. */
const parkedAtByDefinition = ({ errors, parkAfter }: Errors): number | undefined => {
  let atMs = 0
  const counted: Array<number> = []
  for (const [index, { afterMs, roundTripMs }] of errors.entries()) {
    atMs += afterMs
    if (atMs - roundTripMs > (counted.at(-1) ?? Number.NEGATIVE_INFINITY)) counted.push(atMs)
    else continue
    if (counted.filter((errorMs) => atMs - errorMs < PARK_SPAN_MS).length >= parkAfter) return index
  }
  return undefined
}

/** Keys of which some are refused everything. */
interface Refusing {
  readonly keys: number
  readonly refused: ReadonlyArray<boolean>
  readonly orders: number
  readonly gapMs: number
}

const refusings: fc.Arbitrary<Refusing> = fc.record({
  keys: fc.integer({ min: 1, max: 6 }),
  refused: fc.oneof(
    fc.constant(Array.from({ length: 6 }, () => true)),
    fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  ),
  orders: fc.integer({ min: 60, max: 120 }),
  gapMs: fc.integer({ min: 0, max: 100 }),
})

const playRefusals = ({ gapMs, keys, orders, refused }: Refusing, stopAfterRefusals: number) =>
  Effect.runPromise(
    runVirtual(
      Effect.scoped(
        Effect.gen(function* () {
          const rig = yield* makeRig({
            keys,
            ttlMs: undefined,
            journey: (_, { label }) =>
              refused[Number(label.slice(4)) - 1] === true ? { ...at, fate: { status: 400 } } : at,
            dispatcher: { stopAfterRefusals },
          })
          for (let n = 0; n < orders; n++) {
            yield* Effect.ignore(rig.dispatcher.enqueue(order(n)))
            yield* Effect.sleep(gapMs)
          }
          yield* Effect.timeoutOption(rig.dispatcher.drained, "1 minute")
          return { outcomes: rig.outcomes(), sent: rig.sent(), retired: rig.retired() }
        }),
      ),
    ),
  )

const holdsOfKeys = () => {
  const told = new Map<string, number>()
  return (memory: KeyMemory, label: string): KeyMemory => ({
    ...memory,
    held: { key: memory.held.key, all: told.get(label) ?? Number.NEGATIVE_INFINITY },
    onHold: (untilMs, held) => {
      if (held === "all") told.set(label, untilMs)
      memory.onHold(untilMs, held)
    },
  })
}

describe(`holds (seed ${SEED})`, () => {
  tryLaw<Banning, BanningVariant>({
    law: "nothing is sent before an announced end, whatever says it, over all lives",
    worlds: bannings,
    check: async (world, variant) => {
      const { announced, left } = await playBans(world, variant)
      for (const { heardMs, untilMs } of announced)
        for (const leftMs of left)
          assert.isFalse(
            leftMs > heardMs && leftMs < untilMs,
            `sent at ${leftMs}, told at ${heardMs} to wait until ${untilMs}`,
          )
      assert.isAbove(left.length, 0)
    },
    broken: {
      "a client that never waits longer than five minutes": { client: waitsFiveMinutes },
      "a request that waits for its connection and leaves all the same": { client: sendsWhatWaits },
      "pings that do not hear it": { client: pingsOn },
      "a memory that keeps no hold": {
        memory: () => (memory) => ({
          ...memory,
          held: { key: Number.NEGATIVE_INFINITY, all: Number.NEGATIVE_INFINITY },
        }),
      },
      "a memory that keeps a hold of all with the keys that were told": { memory: holdsOfKeys },
    },
    scenarios: 300,
  })
  tryLaw<Errors, ErrorMistake>({
    law: "a key is parked exactly when so many errors, those in flight together once, lie within a minute, over all lives",
    worlds: manyErrors,
    check: async (world, mistake) => {
      await Promise.resolve()
      assert.strictEqual(parkedAt(world, mistake), parkedAtByDefinition(world))
    },
    broken: {
      "errors that never age": "never-age",
      "every error of a burst counts": "count-each",
      "a life that forgets the errors of the one before": "forget-former-lives",
    },
  })
  tryLaw<Refusing, number>({
    law: "what refuses everything stops all after a few orders, and what refuses one key's orders stops that key alone",
    worlds: refusings,
    check: async (world, stopAfter) => {
      const { outcomes, retired, sent } = await playRefusals(world, stopAfter ?? ALIKE)
      const isRefused = (key: string) => world.refused[Number(key.slice(4)) - 1] === true
      const labels = Array.from({ length: world.keys }, (_, n) => `key-${n + 1}`)
      for (const { key } of retired) assert.isTrue(isRefused(key), `${key} was retired`)
      const rejected = outcomes.filter(({ outcome }) => outcome.outcome === "rejected")
      const refusedKeys = labels.filter(isRefused).length
      // So many keys that are told the same before another has had an answer stop all: both may happen.
      if (refusedKeys >= ALIKE && refusedKeys < world.keys) return
      if (refusedKeys < world.keys) {
        const others = outcomes.filter(({ outcome }) => outcome.outcome !== "rejected")
        for (const { id, outcome } of others) assert.strictEqual(outcome.outcome, "accepted", `order ${id}`)
        assert.strictEqual(outcomes.length, world.orders)
        return
      }
      const stoppedMs = rejected[world.keys * ALIKE - 1]?.atMs ?? Number.POSITIVE_INFINITY
      assert.isEmpty(sent.filter(({ atMs }) => atMs > stoppedMs))
      assert.isBelow(rejected.length, world.orders)
    },
    broken: {
      "a client that goes on whatever is refused": Number.POSITIVE_INFINITY,
      "one that stops at the first refusal": 1,
    },
    scenarios: 100,
  })
})
