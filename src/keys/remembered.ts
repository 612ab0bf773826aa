/**
 * Moments that outlive a process: the end of a hold, and when errors were counted. Pure.
 *
 * Each is written twice, by the time since the boot and by the wall clock. Under the same boot the first one holds, which
 * no step of the wall clock moves; under another boot the second is all there is.
 */
import { Schema } from "effect"

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

export const toMoment = (monotonicMs: number, now: Now): Moment => {
  const inMs = monotonicMs - now.monotonicMs
  return { bootMs: now.bootMs + inMs, wallMs: now.wallMs + inMs }
}

/** As monotonic time of this process. */
export const fromMoment = (moment: Moment, sameBoot: boolean, now: Now): number =>
  now.monotonicMs + (sameBoot ? moment.bootMs - now.bootMs : moment.wallMs - now.wallMs)
