/** What a life knows of limits that a former one has used. In virtual time. */
import { Effect, Exit, Redacted, Scope } from "effect"
import { assert, describe, it } from "vitest"
import { longestCountMs, type LimitSpec } from "../../src/domain/LimitSpec.ts"
import { keyName } from "../../src/keys/claimKeys.ts"
import { nowMs } from "../../src/platform/Monotonic.ts"
import { binanceLimits } from "../../src/venues/binance/limits.ts"
import { makeRig, makeKeys, order } from "../support/rig.ts"
import { runVirtual } from "../support/virtualTime.ts"
import { claimOn, makeDisk, makeLocks } from "./support.ts"

const TIMEOUT_MS = 5000
/** Every life's own: a way to the exchange, a ping and a timer's rest. */
const SOON_MS = 200
const DAY_MS = 86_400_000
const binance = binanceLimits.map(({ limit }) => limit)

interface Life {
  readonly limits: ReadonlyArray<LimitSpec> | undefined
  readonly keys?: number
  readonly orders: number
  readonly params?: Readonly<Record<string, string>>
  readonly ends: "stop" | "kill"
  readonly boot?: string
  /** Of the only key. */
  readonly secret?: string
}

/** One life after the other on one exchange: of each, when its orders arrived, from its start on, and what it knew not. */
const live = (lives: ReadonlyArray<Life>) =>
  Effect.gen(function* () {
    const disk = makeDisk()
    const seen = []
    for (const { boot = "boot-1", ends, keys: count = 1, limits, orders, params, secret } of lives) {
      const keys =
        secret === undefined ? makeKeys(count) : [{ label: "key-1", secret: Redacted.make(secret) }]
      const scope = yield* Scope.make()
      const startMs = yield* nowMs
      const reach = { boundMs: undefined, requestTimeoutMs: TIMEOUT_MS }
      const windowMs = limits === undefined ? 1001.5 : longestCountMs(limits)
      const claim = claimOn(disk, { id: boot }, { keys, limits, limit: 20, windowMs, reach })
      const { recall, remembered } = yield* Scope.provide(claim, scope)
      const options = { keys: count, limits, ttlMs: undefined, boundMs: undefined, nonces: "none" as const }
      const rig = yield* Scope.provide(makeRig({ ...options, dispatcher: { recall } }), scope)
      for (let n = 0; n < orders; n++)
        yield* Effect.ignore(rig.dispatcher.enqueue(order(n, undefined, params)))
      yield* rig.dispatcher.drained
      const left = new Map(disk.files)
      yield* Scope.close(scope, Exit.void)
      if (ends === "kill") {
        disk.files.clear()
        for (const [name, text] of left) disk.files.set(name, text)
      }
      const text = [...disk.files.values()].join("")
      const unknown = remembered.flatMap(({ unknownLimits }) => unknownLimits.map(({ spec }) => spec))
      const arrivals = rig.exchange.arrivals.map(({ atMs }) => atMs - startMs)
      seen.push({ arrivals, quietMs: remembered[0]?.quietMs ?? 0, unknown, text })
    }
    return seen
  })

const played = (lives: ReadonlyArray<Life>) => {
  const exit = runVirtual(Effect.scoped(live(lives)))
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
  return exit.value
}

const of = (limits: ReadonlyArray<LimitSpec> | undefined, orders: number, ends: Life["ends"]): Life => ({
  limits,
  orders,
  ends,
})
const perDay = (limit: number, scope: LimitSpec["scope"] = "account"): LimitSpec => ({
  rule: "log",
  limit,
  windowMs: DAY_MS,
  scope,
})

describe("limits over lives", () => {
  it("let a new life send at once by Binance's limits after a clean stop, a day's limit among them", () => {
    const [, second] = played([of(binance, 60, "stop"), of(binance, 1, "stop")])
    assert.isBelow(second?.arrivals[0] ?? Infinity, SOON_MS)
    assert.strictEqual(second?.quietMs, 0)
  })

  it("let it send when the lost ones must have arrived after a kill", () => {
    const [, second] = played([of(binance, 30, "kill"), of(binance, 1, "stop")])
    assert.isBelow(second?.arrivals[0] ?? Infinity, TIMEOUT_MS + SOON_MS)
  })

  it("let it send as much as there is room for after a clean stop, and no more", () => {
    const [, second] = played([of([perDay(100)], 40, "stop"), of([perDay(100)], 61, "stop")])
    const { arrivals = [] } = second ?? {}
    assert.isBelow(arrivals[59] ?? Infinity, 10_000)
    assert.isAbove(arrivals[60] ?? 0, DAY_MS - 10_000)
    // A 32nd of the day later at most.
    assert.isBelow(arrivals[60] ?? Infinity, (DAY_MS * 33) / 32)
  })

  it("take a hundredth, or a tenth of a small limit, for used after a kill, and not all", () => {
    const [, second] = played([of([perDay(1000)], 100, "kill"), of([perDay(1000)], 900, "stop")])
    const { arrivals = [] } = second ?? {}
    const soon = arrivals.filter((atMs) => atMs < DAY_MS / 2).length
    assert.isAtMost(soon, 900)
    assert.isAtLeast(soon, 880)
  })

  it("are what all keys that share them have sent together", () => {
    const five = { limits: [perDay(100)], keys: 5 }
    const [, second] = played([
      { ...five, orders: 80, ends: "stop" },
      { ...five, orders: 21, ends: "stop" },
    ])
    const { arrivals = [] } = second ?? {}
    assert.isBelow(arrivals[19] ?? Infinity, 10_000)
    assert.isAbove(arrivals[20] ?? 0, DAY_MS - 10_000)
  })

  it("are what other keys have sent, too, that the folder knows", () => {
    const limits = [perDay(100), perDay(50, "key")]
    const [, second] = played([
      { limits, orders: 45, ends: "stop", secret: "one" },
      { limits, orders: 50, ends: "stop", secret: "another" },
      { limits, orders: 6, ends: "stop", secret: "third" },
    ]).slice(1)
    const { arrivals = [] } = second ?? {}
    assert.isBelow(arrivals[4] ?? Infinity, 10_000)
    assert.isAbove(arrivals[5] ?? 0, DAY_MS - 10_000)
  })

  it("count what another key has sent before the machine was booted again once, not at each start anew", () => {
    const limits = [perDay(100)]
    const after = { limits, orders: 1, ends: "stop" as const, secret: "another", boot: "boot-2" }
    const [, second, third] = played([
      { limits, orders: 100, ends: "stop", secret: "one" },
      after,
      { ...after, boot: "boot-2" },
    ])
    assert.isAbove(second?.arrivals[0] ?? 0, DAY_MS)
    assert.isBelow(third?.arrivals[0] ?? Infinity, 10_000)
  })

  it("are taken over from another key after a boot, and count for that key, too, where it is used again", () => {
    const limits = [perDay(100)]
    const after = { limits, orders: 0, ends: "stop" as const, secret: "another", boot: "boot-2" }
    const lives = played([
      { limits, orders: 100, ends: "kill", secret: "one" },
      after,
      { ...after, orders: 1, secret: "one" },
    ])
    assert.isAbove(lives.at(-1)?.arrivals[0] ?? 0, DAY_MS)
  })

  it("drain a bucket of what a key has left that is used no more", () => {
    const bucket: LimitSpec = { rule: "bucket", limit: 60, decay: 1, decayMs: 1000, scope: "account" }
    const slow: LimitSpec = { rule: "log", limit: 1, windowMs: 10_000, scope: "key" }
    const [, , third] = played([
      { limits: [bucket], orders: 60, ends: "stop", secret: "one" },
      { limits: [bucket, slow], orders: 9, ends: "stop", secret: "another" },
      { limits: [bucket], orders: 50, ends: "stop", secret: "another" },
    ])
    assert.isBelow(third?.arrivals.at(-1) ?? Infinity, 10_000)
  })

  it("remember by when lost requests have arrived, also where that is after the next life has ended", () => {
    const exit = runVirtual(
      Effect.gen(function* () {
        const disk = makeDisk()
        const reach = { boundMs: undefined, requestTimeoutMs: TIMEOUT_MS }
        const claim = Effect.flatMap(
          claimOn(disk, {}, { limits: [perDay(100)], nonceUnit: "ms", reach }),
          ({ recall }) => recall({ label: "key-1", secret: Redacted.make("key-1") }),
        )
        const killed = yield* Scope.make()
        yield* Scope.provide(claim, killed)
        const left = new Map(disk.files)
        yield* Scope.close(killed, Exit.void)
        for (const [name, text] of left) disk.files.set(name, text)
        const startMs = yield* nowMs
        yield* Effect.scoped(Effect.map(claim, (memory) => memory.onFormerCleared(startMs)))
        const { formerCosts } = yield* Effect.scoped(claim)
        return formerCosts.map(({ latestMs = 0 }) => latestMs - startMs)
      }),
    )
    assert.deepStrictEqual(exit, Exit.succeed([TIMEOUT_MS]))
  })

  it("tell of another run that counts them for itself alone", () => {
    const exit = runVirtual(
      Effect.scoped(
        Effect.gen(function* () {
          const disk = { ...makeDisk(), locks: makeLocks() }
          const limits = [perDay(100), perDay(50, "key")]
          const claim = (secret: string) =>
            claimOn(disk, {}, { keys: [{ label: "key-1", secret: Redacted.make(secret) }], limits })
          const first = yield* Effect.scoped(claim("one"))
          const second = yield* claim("another")
          const third = yield* claim("third")
          return [first, second, third].map(({ inUse }) => inUse)
        }),
      ),
    )
    assert.deepStrictEqual(exit, Exit.succeed([[], [], [perDay(100)]]))
  })

  it("are taken over from a key whose own run begins meanwhile and waits for that", () => {
    const exit = runVirtual(
      Effect.scoped(
        Effect.gen(function* () {
          const locks = makeLocks()
          const taking = yield* Scope.make()
          const key = { label: "key-1", secret: Redacted.make("one") }
          yield* Scope.provide(locks.lock(keyName(key)), taking)
          yield* Effect.forkScoped(Effect.andThen(Effect.sleep("300 millis"), Scope.close(taking, Exit.void)))
          const { inUse } = yield* claimOn({ ...makeDisk(), locks }, {}, { keys: [key] })
          return inUse
        }),
      ),
    )
    assert.deepStrictEqual(exit, Exit.succeed([]))
  })

  it("count on after the machine was booted again, from then on, because no clock tells how long ago that was", () => {
    const limits = [perDay(100)]
    const [, second] = played([
      { limits, orders: 60, ends: "stop" },
      { limits, orders: 41, ends: "stop", boot: "boot-2" },
    ])
    const { arrivals = [] } = second ?? {}
    assert.isBelow(arrivals[39] ?? Infinity, TIMEOUT_MS + 10_000)
    assert.isAbove(arrivals[40] ?? 0, DAY_MS)
  })

  it("are waited for in full where a former life has kept nothing of them", () => {
    const hour: LimitSpec = { rule: "log", limit: 10, windowMs: 3_600_000, scope: "account" }
    for (const former of [undefined, [perDay(100)]]) {
      const [, second] = played([of(former, 1, "stop"), of([perDay(100), hour], 1, "stop")])
      const unknown = former === undefined ? [perDay(100), hour] : [hour]
      assert.deepStrictEqual(second?.unknown, unknown)
      const waitMs = longestCountMs(unknown)
      assert.approximately(second?.quietMs ?? 0, waitMs, 0.01 * waitMs)
      assert.approximately(second?.arrivals[0] ?? 0, waitMs, 0.01 * waitMs)
    }
  })

  it("keep nobody waiting who changes them and back, and a key's window waits for itself alone", () => {
    const few: LimitSpec = { rule: "log", limit: 20, windowMs: 1000, scope: "key" }
    for (const other of [undefined, [few]])
      for (const ends of ["stop", "kill"] as const) {
        const [, second, third] = played([of(binance, 30, ends), of(other, 30, ends), of(binance, 1, "stop")])
        for (const life of [second, third])
          assert.isBelow(life?.arrivals[0] ?? Infinity, TIMEOUT_MS + 10_000 + SOON_MS)
        assert.deepStrictEqual(third?.unknown, [])
      }
  })

  it("count what lives have sent that do not have them, each at what it costs", () => {
    const other: LimitSpec = { rule: "log", limit: 20, windowMs: 1000, scope: "key" }
    const day: LimitSpec = { ...perDay(100), costs: { place: 2 }, field: "symbol" }
    for (const limits of [undefined, [other]]) {
      const [, , idle, last] = played([
        { ...of([day], 10, "stop"), params: { symbol: "a" } },
        { ...of(limits, 39, "stop"), params: { symbol: "a" } },
        of(limits, 0, "stop"),
        { ...of([day], 2, "stop"), params: { symbol: "a" } },
      ])
      assert.lengthOf(idle?.arrivals ?? [], 0)
      const { arrivals = [] } = last ?? {}
      assert.isBelow(arrivals[0] ?? Infinity, 10_000)
      assert.isAbove(arrivals[1] ?? 0, DAY_MS - 20_000)
    }
  })

  it("are carried on by sixteen that count the longest, and what is left out counts as used up", () => {
    const many = Array.from({ length: 20 }, (_, n) => ({ ...perDay(1000), windowMs: (n + 1) * 60_000 }))
    const [, second, third] = played([of(many, 1, "stop"), of(undefined, 1, "stop"), of(many, 1, "stop")])
    assert.isBelow(second?.arrivals[0] ?? Infinity, 1001.5 + SOON_MS)
    assert.deepStrictEqual(third?.unknown, many.slice(0, 4))
    assert.approximately(third?.arrivals[0] ?? 0, 240_000, 1000)
  })

  it("keep a file small, however many scopes and requests there are, and tell no parameter", () => {
    const byField = { ...perDay(200_000), field: "symbol" }
    const limits = [byField, perDay(200_000), ...binance]
    const lives = Array.from({ length: 30 }, (_, n): Life => ({
      limits,
      orders: 20,
      ends: "kill",
      params: { symbol: `SYMBOL-${n}` },
    }))
    const text = played(lives).at(-1)?.text ?? ""
    assert.isBelow(text.length, 20_000)
    assert.notInclude(text, "SYMBOL")
  })
})
