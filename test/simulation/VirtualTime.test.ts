import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber } from "effect"
import { nowMs } from "../../src/platform/Monotonic.ts"
import { inVirtualTime } from "../../src/simulation/VirtualTime.ts"
import { runVirtual, runVirtualToRest } from "../support/virtualTime.ts"

const valueOf = <A, E>(exit: Exit.Exit<A, E>): A => {
  if (Exit.isFailure(exit)) throw new Error("it failed")
  return exit.value
}

describe("virtual time", () => {
  it("jumps to the next sleeper when all fibers rest", () => {
    const woken = runVirtual(
      Effect.gen(function* () {
        const times: Array<number> = []
        const sleeper = (ms: number) =>
          Effect.forkChild(
            Effect.andThen(
              Effect.sleep(ms),
              Effect.map(nowMs, (now) => times.push(now)),
            ),
          )
        const fibers = yield* Effect.forEach([3_600_000, 5, 1.5, 5], sleeper)
        yield* Fiber.joinAll(fibers)
        return times
      }),
    )
    assert.deepStrictEqual(valueOf(woken), [1.5, 5, 5, 3_600_000])
  })

  it("stands still while a fiber has something to do", () => {
    const elapsed = runVirtual(
      Effect.gen(function* () {
        const before = yield* nowMs
        yield* Effect.forEach(Array.from({ length: 5000 }), () => Effect.yieldNow)
        return (yield* nowMs) - before
      }),
    )
    assert.strictEqual(valueOf(elapsed), 0)
  })

  it("does not wait for a sleeper that was given up", () => {
    const elapsed = runVirtual(
      Effect.gen(function* () {
        yield* Effect.raceFirst(Effect.sleep("1 hour"), Effect.sleep("1 second"))
        return yield* nowMs
      }),
    )
    assert.strictEqual(valueOf(elapsed), 1000)
  })

  it("tells what is left when the program has ended", () => {
    const remainsOf = (effect: Effect.Effect<unknown>) => runVirtualToRest(effect).remains
    const sleeper = Effect.sleep("1 hour")
    const interrupted = Effect.andThen(Effect.forkChild(sleeper), Effect.sleep(5))
    assert.deepStrictEqual(remainsOf(interrupted), { sleepers: 0, busy: false })
    const leaked = Effect.andThen(Effect.forkDetach(sleeper), Effect.sleep(5))
    assert.deepStrictEqual(remainsOf(leaked), { sleepers: 1, busy: false })
    const spinning = Effect.andThen(Effect.forkDetach(Effect.forever(Effect.yieldNow)), Effect.sleep(0))
    assert.deepStrictEqual(remainsOf(spinning), { sleepers: 0, busy: true })
  })

  it("fails where nothing can ever happen again", () => {
    const exit = runVirtual(
      Effect.andThen(Effect.sleep(10), Effect.flatMap(Deferred.make<void>(), Deferred.await)),
    )
    assert.isTrue(Exit.isFailure(exit))
    assert.include(JSON.stringify(exit), "AtRest")
  })

  it("steps its wall clock and not its monotonic one", () => {
    const times = runVirtual(
      Effect.gen(function* () {
        const before = yield* Clock.currentTimeMillis
        yield* Effect.sleep(1000)
        return { wall: (yield* Clock.currentTimeMillis) - before, monotonic: yield* nowMs }
      }),
      { wallOffsetMs: (ms) => (ms >= 500 ? -3_600_000 : 0) },
    )
    assert.deepStrictEqual(valueOf(times), { wall: 1000 - 3_600_000, monotonic: 1000 })
  })

  it.effect("lets the real world interrupt it", () =>
    Effect.gen(function* () {
      const endless = Effect.forever(Effect.sleep(1))
      const fiber = yield* Effect.forkChild(inVirtualTime(endless))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      assert.isDefined(fiber.pollUnsafe())
    }),
  )
})
