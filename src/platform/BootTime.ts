/**
 * A monotonic clock that goes on while the machine sleeps. On Linux the one that Node reads stands still meanwhile: orders
 * would not grow old, leases not run out and pauses not end. The time slept is added, as the boot-time clock tells it.
 * On macOS and Windows Node's monotonic clock counts it by itself.
 */
import { uptime } from "node:os"
import process from "node:process"
import { Clock, Effect } from "effect"
import { nowMsUnsafe } from "./Monotonic.ts"

/** How long the machine has slept since its boot, in milliseconds: the two readings of clocks were not made at one instant. */
export interface Slept {
  readonly atLeastMs: number
  readonly atMostMs: number
}

/** Less is taken for none. */
const LEAST_SLEEP_MS = 100
/** The wall clock jumps as a machine wakes: that is cheap to see, and the boot-time clock is not cheap to read. */
const JUMP_MS = 50
/** So often it is read whatever the wall clock shows. */
const READ_EVERY_MS = 1000

/**
 * The clock with the time slept added, also what was slept before now: within one boot all processes tell the same time, give
 * or take {@link bootDoubtMs}. It never adds what was not slept, as a time for which the process alone stood still.
 */
export const countingSleep = (clock: Clock.Clock, sleptSinceBoot: () => Slept | undefined): Clock.Clock => {
  let sleptNanos = 0n
  let sleptMs = 0
  let readAtMs = Number.NEGATIVE_INFINITY
  let partedMs = 0
  /** Where the boot-time clock is behind, as in some containers, it tells only what is slept from now on. */
  const behindMs = Math.min(0, sleptSinceBoot()?.atMostMs ?? 0)

  const read = (nowMs: number, byWallMs: number): void => {
    readAtMs = nowMs
    partedMs = byWallMs
    const foundMs = (sleptSinceBoot()?.atLeastMs ?? 0) - behindMs
    if (foundMs < sleptMs + LEAST_SLEEP_MS) return
    sleptMs = foundMs
    sleptNanos = BigInt(Math.round(sleptMs * 1e6))
  }
  const nanos = (): bigint => {
    const now = clock.monotonicTimeNanosUnsafe()
    const nowMs = Number(now) / 1e6
    const byWallMs = clock.currentTimeMillisUnsafe() - nowMs
    if (Math.abs(byWallMs - partedMs) > JUMP_MS || nowMs - readAtMs > READ_EVERY_MS) read(nowMs, byWallMs)
    return now + sleptNanos
  }
  return {
    currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
    currentTimeMillis: clock.currentTimeMillis,
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
    currentTimeNanos: clock.currentTimeNanos,
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => clock.sleep(duration),
  }
}

const hrtimeMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** Steps in which Linux tells the time since the boot. */
const UPTIME_STEP_MS = 10
/** A reading that something came between is made again, so often. */
const TRIES = 5
const CLOSE_MS = 1

const linuxSlept = (): Slept | undefined => {
  for (let tries = 1; ; tries++) {
    const beforeMs = hrtimeMs()
    const uptimeMs = uptime() * 1000
    const afterMs = hrtimeMs()
    if (afterMs - beforeMs < CLOSE_MS || tries === TRIES) {
      return { atLeastMs: uptimeMs - afterMs, atMostMs: uptimeMs + UPTIME_STEP_MS - beforeMs }
    }
  }
}

/** What the monotonic clock does not count; undefined where it counts all, or nothing tells. */
const machineSlept = (): Slept | undefined => {
  try {
    return process.platform === "linux" ? linuxSlept() : undefined
  } catch {
    return undefined
  }
}

/** By how much two processes may differ about when something was: not at all where the machine has never slept. */
export const bootDoubtMs = (): number =>
  Math.abs(machineSlept()?.atMostMs ?? 0) < LEAST_SLEEP_MS ? 0 : 2 * LEAST_SLEEP_MS

/** This machine's clock, sleep included. A clock that is not this machine's, as tests have them, stays as it is. */
export const machineClock: Effect.Effect<Clock.Clock> = Clock.clockWith((clock) =>
  Effect.sync(() =>
    Math.abs(nowMsUnsafe(clock) - hrtimeMs()) < LEAST_SLEEP_MS ? countingSleep(clock, machineSlept) : clock,
  ),
)
