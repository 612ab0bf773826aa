/**
 * Moments that outlive a process: the end of a hold, and when errors were counted. Pure.
 *
 * Each is written twice, by the time since the boot and by the wall clock. Under the same boot the first one holds, which
 * no step of the wall clock moves; under another boot the second is all there is.
 */
import { type Clock, Schema } from "effect"
import { nowMsUnsafe } from "../platform/Monotonic.ts"
import type { Boot } from "./Boot.ts"

export const Moment = Schema.Struct({
  /** Milliseconds since the boot. */
  bootMs: Schema.Finite,
  /** The same moment by the wall clock. */
  wallMs: Schema.Finite,
})
export type Moment = typeof Moment.Type

/** This process's now, by all clocks. */
export interface Now {
  readonly monotonicMs: number
  readonly bootMs: number
  readonly wallMs: number
}

export const nowOf = (clock: Clock.Clock, boot: Boot["Service"]): Now => {
  const monotonicMs = nowMsUnsafe(clock)
  return {
    monotonicMs,
    bootMs: monotonicMs + boot.offsetMs,
    wallMs: clock.currentTimeMillisUnsafe(),
  }
}

export const toMoment = (monotonicMs: number, now: Now): Moment => {
  const inMs = monotonicMs - now.monotonicMs
  return { bootMs: now.bootMs + inMs, wallMs: now.wallMs + inMs }
}

/** As monotonic time of this process. */
export const fromMoment = (moment: Moment, sameBoot: boolean, now: Now): number =>
  now.monotonicMs + (sameBoot ? moment.bootMs - now.bootMs : moment.wallMs - now.wallMs)

/** The latest that an end can be which was written down under this boot, as monotonic time of this process. */
export const endMs = (
  end: Moment,
  bootId: string | null,
  boot: Boot["Service"],
  clock: Clock.Clock,
): number => {
  const sameBoot = boot.id !== undefined && bootId === boot.id
  return fromMoment(end, sameBoot, nowOf(clock, boot)) + (sameBoot ? boot.doubtMs : 0)
}
