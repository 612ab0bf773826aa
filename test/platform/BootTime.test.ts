/** The monotonic clock of a machine that sleeps. */
import { Clock, Effect } from "effect"
import { assert, describe, it } from "vitest"
import { countingSleep, machineClock, type Slept } from "../../src/platform/BootTime.ts"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"

/** A machine whose clocks a test sets. */
const machine = () => {
  const times = {
    monotonicMs: 1000,
    wallMs: 1_800_000_000_000,
    slept: { atLeastMs: 0, atMostMs: 0 },
    looks: 0,
  }
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => times.wallMs,
    currentTimeMillis: Effect.sync(() => times.wallMs),
    currentTimeNanosUnsafe: () => BigInt(times.wallMs) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(times.wallMs) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => BigInt(Math.round(times.monotonicMs * 1e6)),
    monotonicTimeNanos: Effect.sync(() => BigInt(Math.round(times.monotonicMs * 1e6))),
    sleep: () => Effect.void,
  }
  const slept = (): Slept => {
    times.looks += 1
    return times.slept
  }
  return { times, make: () => countingSleep(clock, slept) }
}
const HOUR_MS = 3_600_000
const exactly = (ms: number): Slept => ({ atLeastMs: ms, atMostMs: ms })

describe("the clock of a machine", () => {
  it("goes on while the machine sleeps, and is seen to have done so at the first look", () => {
    const { make, times } = machine()
    const clock = make()
    assert.strictEqual(nowMsUnsafe(clock), 1000)
    times.slept = exactly(8 * HOUR_MS)
    times.wallMs += 8 * HOUR_MS
    assert.strictEqual(nowMsUnsafe(clock), 1000 + 8 * HOUR_MS)
    times.monotonicMs += 5
    times.wallMs += 5
    assert.strictEqual(nowMsUnsafe(clock), 1005 + 8 * HOUR_MS)
  })

  it("sees within a second what the wall clock does not show", () => {
    const { make, times } = machine()
    const clock = make()
    nowMsUnsafe(clock)
    times.slept = exactly(HOUR_MS)
    times.monotonicMs += 1001
    times.wallMs += 1001
    assert.strictEqual(nowMsUnsafe(clock), 2001 + HOUR_MS)
  })

  it("is not moved by the wall clock, nor by a process that stood still between two looks", () => {
    const { make, times } = machine()
    const clock = make()
    for (const byMs of [HOUR_MS, -2 * HOUR_MS]) {
      times.wallMs += byMs
      // Five seconds between the looks: the boot-time clock may or may not have gone on meanwhile.
      times.slept = { atLeastMs: -5000, atMostMs: 5000 }
      assert.strictEqual(nowMsUnsafe(clock), 1000)
    }
  })

  it("agrees with another process that began after the sleep", () => {
    const { make, times } = machine()
    const early = make()
    times.slept = exactly(HOUR_MS)
    times.wallMs += HOUR_MS
    assert.strictEqual(nowMsUnsafe(make()), nowMsUnsafe(early))
  })

  it("counts from where it begins where the boot-time clock is behind, as in a container", () => {
    const { make, times } = machine()
    times.slept = exactly(-500_000)
    const clock = make()
    assert.strictEqual(nowMsUnsafe(clock), 1000)
    times.slept = exactly(-500_000 + HOUR_MS)
    times.wallMs += HOUR_MS
    assert.strictEqual(nowMsUnsafe(clock), 1000 + HOUR_MS)
  })

  it("looks at the costly clock once a second, and when the wall clock jumps", () => {
    const { make, times } = machine()
    const clock = make()
    nowMsUnsafe(clock)
    const before = times.looks
    for (let n = 0; n < 10_000; n++) {
      times.monotonicMs += 1
      times.wallMs += 1
      nowMsUnsafe(clock)
    }
    assert.isAtMost(times.looks - before, 10)
  })

  it("is left alone where it is not the machine's own", () => {
    const { make, times } = machine()
    times.monotonicMs = 17
    const clock = make()
    const kept = Effect.runSync(Effect.provideService(machineClock, Clock.Clock, clock))
    assert.strictEqual(kept, clock)
  })

  it("tells about the same as before on this machine, which does not sleep now", () => {
    const clock = Effect.runSync(machineClock)
    const beganMs = nowMsUnsafe(clock)
    const endedMs = nowMsUnsafe(clock)
    assert.isAtLeast(endedMs, beganMs)
    assert.isAtMost(endedMs - beganMs, 10_000)
  })
})
