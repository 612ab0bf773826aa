/** How long a new life keeps quiet, and which nonces it uses. In virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import { inWords } from "../../src/cli/advice.ts"
import type { EndedRequest, KeyMemory } from "../../src/keys/KeyMemory.ts"
import { nowMs } from "../../src/platform/Monotonic.ts"
import type { Boot } from "../../src/keys/Boot.ts"
import type { ClaimOptions } from "../../src/keys/claimKeys.ts"
import { inherit } from "../../src/keys/coldStart.ts"
import type { KeyRecord } from "../../src/keys/KeyRecord.ts"
import { hostileClock } from "../support/hostileClock.ts"
import { claimOn, claimOptions, makeDisk } from "./support.ts"

const WINDOW_MS = claimOptions.windowMs
const BOUND_MS = 55

const answered = (nonce: number, sentMs: number, atMs: number): EndedRequest => ({
  nonce,
  mayBeTaken: true,
  sentMs,
  writtenMs: sentMs,
  clearedMs: undefined,
  end: { ending: "answered", atMs },
})

/** A life: its memory of key-1, how long it was to keep quiet from its start, and its two ends. */
const begin = Effect.fnUntraced(function* (
  disk: ReturnType<typeof makeDisk>,
  boot?: Partial<Boot["Service"]>,
  options?: Partial<ClaimOptions>,
) {
  const scope = yield* Scope.make()
  const claimed = yield* Scope.provide(claimOn(disk, boot, options), scope)
  const [key] = claimOptions.keys
  assert.isDefined(key)
  const memory: KeyMemory = yield* claimed.recall(key)
  return {
    memory,
    quietMs: claimed.remembered[0]?.quietMs,
    rateLimitErrors: claimed.remembered[0]?.rateLimitErrors,
    stop: Scope.close(scope, Exit.void),
    /** Dies, and leaves on the disk what is there at this moment. */
    crash: Effect.gen(function* () {
      const left = new Map(disk.files)
      yield* Scope.close(scope, Exit.void)
      disk.files.clear()
      for (const [name, text] of left) disk.files.set(name, text)
    }),
  }
})

describe("a cold start", () => {
  it.effect("does not wait with a key that nothing is known of", () =>
    Effect.gen(function* () {
      const { memory, quietMs } = yield* begin(makeDisk())
      assert.deepStrictEqual([quietMs, memory.lastNonce, memory.rateLimitErrors], [0, 0, 0])
    }),
  )

  it.effect("after a clean stop waits for what is left of the window of the last arrival", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const first = yield* begin(disk)
      const sentMs = yield* nowMs
      first.memory.onSent(5)
      yield* TestClock.adjust("30 millis")
      first.memory.onEnded(answered(5, sentMs, sentMs + 30))
      yield* first.stop
      yield* TestClock.adjust("400 millis")
      const second = yield* begin(disk)
      assert.approximately(second.quietMs ?? 0, WINDOW_MS - 400, 1e-6)
      yield* second.stop
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* begin(disk)).quietMs, 0)
    }),
  )

  it.effect(
    "after a clean stop sends what the window still has room for at once, and the rest as it gets room",
    () =>
      Effect.gen(function* () {
        const disk = makeDisk()
        const options = { windowMs: 3_600_000, limit: 3 }
        const send = Effect.fnUntraced(function* ({ memory }: Effect.Success<ReturnType<typeof begin>>) {
          const sentMs = yield* nowMs
          memory.onSent(Math.floor(sentMs) + 1)
          yield* TestClock.adjust("1 second")
          memory.onEnded(answered(Math.floor(sentMs) + 1, sentMs, sentMs + 30))
        })
        const first = yield* begin(disk, {}, options)
        const startMs = yield* nowMs
        yield* send(first)
        yield* first.stop
        yield* TestClock.adjust("1 minute")
        const second = yield* begin(disk, {}, options)
        assert.strictEqual(second.quietMs, 0)
        assert.deepStrictEqual(second.memory.outUntilMs, [startMs + 30 + 3_600_000])
        yield* send(second)
        yield* send(second)
        yield* second.stop
        // What a life before the last has sent is still there.
        const third = yield* begin(disk, {}, options)
        assert.deepStrictEqual(third.memory.outUntilMs, [
          startMs + 30 + 3_600_000,
          startMs + 61_030 + 3_600_000,
          startMs + 62_030 + 3_600_000,
        ])
        assert.approximately(third.quietMs ?? 0, startMs + 30 + 3_600_000 - (yield* nowMs), 1e-6)
        // Killed, it may have sent anything.
        yield* third.crash
        const fourth = yield* begin(disk, {}, options)
        assert.deepStrictEqual(fourth.memory.outUntilMs, [])
        assert.approximately(fourth.quietMs ?? 0, 3_600_000 + BOUND_MS, 1e-6)
        yield* fourth.stop
        // And a stop makes nothing known that was not.
        yield* TestClock.adjust("1 minute")
        const fifth = yield* begin(disk, {}, options)
        assert.isAbove(fifth.quietMs ?? 0, 3_500_000)
        yield* fifth.stop
      }),
  )

  it.effect("after a clean stop that left requests unanswered waits until they can have arrived, too", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const first = yield* begin(disk)
      first.memory.onSent(5)
      yield* TestClock.adjust("300 millis")
      yield* first.stop
      const second = yield* begin(disk)
      assert.approximately(second.quietMs ?? 0, BOUND_MS + WINDOW_MS, 1e-6)
    }),
  )

  it.effect("after a clean stop without a request does not wait", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      yield* Effect.flatMap(begin(disk), ({ stop }) => stop)
      assert.strictEqual((yield* begin(disk)).quietMs, 0)
    }),
  )

  it.effect("after a crash waits for what may have been sent until it died", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      yield* Effect.flatMap(begin(disk), ({ crash }) => crash)
      yield* TestClock.adjust("200 millis")
      assert.approximately((yield* begin(disk)).quietMs ?? 0, BOUND_MS + WINDOW_MS, 1e-6)
    }),
  )

  it.effect("after a crash with no bound waits for as long as a request may take", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const reach = { boundMs: undefined, requestTimeoutMs: 5000 }
      yield* Effect.flatMap(begin(disk, {}, { reach }), ({ crash }) => crash)
      // The new life knows a bound. What the old one has sent it does not make faster.
      assert.approximately((yield* begin(disk)).quietMs ?? 0, 5000 + WINDOW_MS, 1e-6)
    }),
  )

  it.effect("long after a crash waits no more: its lease has run out", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      yield* Effect.flatMap(begin(disk), ({ crash }) => crash)
      yield* TestClock.adjust("10 seconds")
      const second = yield* begin(disk)
      assert.approximately(second.quietMs ?? 0, BOUND_MS + WINDOW_MS, 1e-6)
      yield* second.crash
      yield* TestClock.adjust("11 seconds")
      const third = yield* begin(disk)
      assert.approximately(third.quietMs ?? 0, BOUND_MS + WINDOW_MS - 1000, 1e-6)
      yield* third.crash
      yield* TestClock.adjust("12 seconds")
      assert.strictEqual((yield* begin(disk)).quietMs, 0)
    }),
  )

  it.effect("passes on what it has inherited when it ends before it was over", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const slow = { windowMs: 60_000 }
      yield* Effect.flatMap(begin(disk, {}, slow), ({ crash }) => crash)
      yield* Effect.flatMap(begin(disk), ({ stop }) => stop)
      yield* TestClock.adjust("20 seconds")
      // The second believed in a window of a second; the first has filled one of a minute.
      assert.approximately((yield* begin(disk)).quietMs ?? 0, BOUND_MS + 40_000, 1e-6)
    }),
  )

  it.effect("in another boot, or where boots cannot be told apart, waits in full after any end", () =>
    Effect.gen(function* () {
      for (const id of ["boot-2", undefined]) {
        const disk = makeDisk()
        const first = yield* begin(disk, { id: id === undefined ? undefined : "boot-1" })
        yield* first.stop
        yield* TestClock.adjust("1 hour")
        assert.approximately((yield* begin(disk, { id })).quietMs ?? 0, BOUND_MS + WINDOW_MS, 1e-6)
      }
    }),
  )

  it("never waits longer than after a crash, whatever a file says", () => {
    const former: KeyRecord = {
      stopped: true,
      lastNonce: 1,
      rateLimitErrors: {},
      bootId: "boot-1",
      arrivedByMs: 1e15,
      unansweredUntilMs: 1e15,
      arrivalsMs: null,
      windowMs: 1000,
      reachMs: 55,
    }
    const own = { windowMs: 1001, reachMs: 50 }
    const { quietUntilMs } = inherit(former, own, { bootId: "boot-1", nowMs: 10, doubtMs: 0 })
    assert.strictEqual(quietUntilMs, 10 + 55 + 1001)
  })
})

describe("nonces over lives", () => {
  it.effect("go on from the last one after a clean stop, also when the wall clock has stepped back", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const first = yield* begin(disk)
      first.memory.onSent(7)
      yield* first.stop
      const stepped = hostileClock(begin(disk), { steps: [{ atMs: 0, byMs: -3_600_000 }] })
      assert.strictEqual((yield* stepped).memory.lastNonce, 7)
    }),
  )

  it.effect("go on from what was reserved after a crash, and do not run away with crashes in a row", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      yield* TestClock.setTime(1_000_000)
      const first = yield* begin(disk)
      const reserved = first.memory.reservedNonce()
      assert.strictEqual(reserved, 1_010_000)
      yield* first.crash
      let last = reserved
      for (let n = 0; n < 100; n++) {
        yield* TestClock.adjust("1 second")
        const life = yield* begin(disk)
        assert.isAtLeast(life.memory.lastNonce, last)
        last = life.memory.reservedNonce()
        yield* life.crash
      }
      assert.isAtMost(last, 1_100_000 + 11_000)
    }),
  )

  it.effect.each([
    ["us", "ms", 1_800_000_000_000_007, 1_800_000_000_000_007],
    ["ms", "s", 1_800_000_000_007, 1_800_000_000_007],
    ["s", "us", 1_800_000_007, 1_800_000_007],
    // One more is more on its way, with its three zeros.
    ["us", "ns", 1_800_000_000_000_007, 1_800_000_000_000],
    // Nothing was sent in ns.
    ["ns", "ms", 1_800_000_000, 1_800_000_000_999],
    ["ns", "ns", 1_800_000_000_000_007, 1_800_000_000_000_007],
  ] as const)("go on above the last one in %s where the next life's are in %s", ([one, other, last, from]) =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const first = yield* begin(disk, {}, { nonceUnit: one })
      first.memory.onSent(last)
      yield* first.stop
      const second = yield* begin(disk, {}, { nonceUnit: other })
      assert.strictEqual(second.memory.lastNonce, from)
    }),
  )

  it.effect("in ns are given up for no other unit, and the user is told why", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const first = yield* begin(disk, {}, { nonceUnit: "ns" })
      first.memory.onSent(1_800_000_000_000_007)
      yield* first.stop
      assert.isTrue([...disk.files.values()].some((text) => text.includes('"version": 3')))
      const failure = yield* Effect.flip(Effect.scoped(claimOn(disk, {}, { nonceUnit: "us" })))
      assert.strictEqual(
        inWords(failure),
        "key-1 was used with nonces in ns, and one in us would be refused for ever. Go on with --nonce-unit ns",
      )
    }),
  )

  it.effect("are reserved ahead, so that a lane never waits for a disk that works", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const { memory } = yield* begin(disk)
      const writes = disk.disk.writes
      for (let n = 0; n < 6000; n++) {
        yield* TestClock.adjust("10 millis")
        const nonce = Math.max(1, Math.round(yield* nowMs))
        assert.isAtMost(nonce, memory.reservedNonce())
      }
      // Every five seconds of a minute.
      assert.strictEqual(disk.disk.writes - writes, 12)
    }),
  )

  it.effect("used up faster than the wall clock goes are reserved anew before they run out", () =>
    Effect.gen(function* () {
      const { memory } = yield* begin(makeDisk())
      for (let nonce = 1; nonce <= 100_000; nonce++) {
        assert.isAtMost(nonce, memory.reservedNonce())
        memory.onSent(nonce)
        if (nonce % 400 === 0) yield* TestClock.adjust("1 millis")
      }
    }),
  )

  it.effect("beyond what is reserved wait until they are written down", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const { memory } = yield* begin(disk)
      const written = yield* Deferred.make<void>()
      disk.disk.hold = Deferred.await(written)
      const waiting = yield* Effect.forkChild(memory.reserve(10_000_000))
      yield* TestClock.adjust("1 second")
      assert.isUndefined(waiting.pollUnsafe())
      yield* Deferred.succeed(written, undefined)
      yield* TestClock.adjust("1 millis")
      assert.isDefined(waiting.pollUnsafe())
      assert.isAtLeast(memory.reservedNonce(), 10_000_000)
    }),
  )

  it.effect(
    "are not usable once the lease is over, as after a standstill of the process, until it is renewed",
    () =>
      Effect.gen(function* () {
        const disk = makeDisk()
        const { memory } = yield* begin(disk)
        const written = yield* Deferred.make<void>()
        disk.disk.hold = Deferred.await(written)
        yield* TestClock.adjust("9999 millis")
        assert.isAbove(memory.reservedNonce(), 0)
        yield* TestClock.adjust("1 millis")
        assert.strictEqual(memory.reservedNonce(), Number.NEGATIVE_INFINITY)
        const waiting = yield* Effect.forkChild(memory.reserve(1))
        yield* Deferred.succeed(written, undefined)
        disk.disk.hold = Effect.void
        yield* TestClock.adjust("1 millis")
        assert.isDefined(waiting.pollUnsafe())
        assert.isAbove(memory.reservedNonce(), 0)
      }),
  )
})

describe("rate-limit errors", () => {
  it.effect("are kept for each exchange, at once and over a crash", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const first = yield* begin(disk)
      first.memory.onRateLimitError([])
      first.memory.onRateLimitError([])
      yield* TestClock.adjust("1 millis")
      yield* first.crash
      const second = yield* begin(disk)
      assert.deepStrictEqual([second.rateLimitErrors, second.memory.rateLimitErrors], [2, 2])
      second.memory.onRateLimitError([])
      yield* second.stop
      assert.strictEqual((yield* begin(disk, {}, { exchange: "http://other.test/" })).rateLimitErrors, 0)
      assert.strictEqual((yield* begin(disk)).rateLimitErrors, 3)
    }),
  )

  it.effect("of an exchange that is gone with the run are not kept", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const first = yield* begin(disk, {}, { exchange: undefined })
      first.memory.onRateLimitError([])
      yield* first.stop
      assert.strictEqual((yield* begin(disk)).rateLimitErrors, 0)
    }),
  )
})

describe("a longer window of a former life", () => {
  it.effect("counts for as long as a ping is owed, and a window after what it cleared", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const first = yield* begin(disk, {}, { windowMs: 10_000 })
      first.memory.onSent(1)
      yield* first.crash
      yield* TestClock.adjust("1 minute")
      const second = yield* begin(disk, {}, { windowMs: 1000 })
      assert.strictEqual(second.memory.unansweredWindowMs, 10_000)
      // The exchange answers only now, when the time that was to be waited is long over.
      yield* TestClock.adjust("1 minute")
      second.memory.onFormerCleared(yield* nowMs)
      yield* second.stop
      const third = yield* begin(disk, {}, { windowMs: 1000 })
      assert.strictEqual(third.quietMs, 10_000)
    }),
  )
})

describe("a disk that fails", () => {
  it.effect("stops the run with one line, and no nonce is reserved any more", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      const { memory } = yield* begin(disk)
      disk.disk.problem = "no"
      const failed = yield* Effect.forkChild(Effect.flip(memory.failed))
      yield* TestClock.adjust("5 seconds")
      const exit = failed.pollUnsafe()
      assert.isDefined(exit)
      const error = Exit.isSuccess(exit) ? exit.value : undefined
      assert.match(
        error === undefined ? "" : inWords(error),
        /^the state in nowhere cannot be written: it failed \(Unknown\)\. The run was stopped/,
      )
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(memory.reservedNonce(), Number.NEGATIVE_INFINITY)
    }),
  )

  it.effect("from the start sends nothing at all", () =>
    Effect.gen(function* () {
      const disk = makeDisk()
      disk.disk.problem = "no"
      const error = yield* Effect.option(Effect.flip(begin(disk)))
      assert.strictEqual(Option.getOrUndefined(error)?._tag, "StateUnwritable")
    }),
  )
})
