/**
 * A client's design, as runs compare it: what decides when a key may send, and what is done about refusals.
 */
import { Duration } from "effect"
import type { RateLimiter } from "effect/persistence"
import type { DispatcherOptions } from "../dispatch/DispatcherOptions.ts"
import type { LimitSpec, Nonces } from "../domain/LimitSpec.ts"
import { ackWindow, defaultMargin, defaultPace } from "../limits/AckWindow.ts"
import type { GateFactory } from "../limits/Gate.ts"
import type { LiveReach } from "../limits/LiveReach.ts"
import { scopedLimits } from "../limits/scopedLimits.ts"

/** What every gate is made from. */
export interface GateOptions {
  readonly limit: number
  readonly window: Duration.Duration
  /** All limits, where `limit` in each `window` of a key is not all. */
  readonly limits?: ReadonlyArray<LimitSpec> | undefined
  /** Rising where it is left out. */
  readonly nonces?: Nonces | undefined
  readonly reach: LiveReach
  readonly rateLimiter: RateLimiter.RateLimiter
}

export interface Design {
  /** As it is written in the journal. */
  readonly name: string
  /** What it adds to the window, in milliseconds, or null for one that knows no margin. */
  readonly marginMs: (window: Duration.Duration) => number | null
  /** What it does about refusals. */
  readonly habits: Pick<DispatcherOptions, "maxReturns" | "parkAfter" | "blockAfter" | "nonceJumps">
  /** Makes the gate of each key. */
  readonly gate: (options: GateOptions) => GateFactory
  /** What the dispatcher asks besides the gates, of an exchange with these limits; nothing for a client that has gates alone. */
  readonly limits?: typeof scopedLimits
}

/** The project's own, and the only safe one. */
export const ackWindowDesign: Design = {
  name: "ack-window",
  marginMs: (window) => Duration.toMillis(defaultMargin(window)),
  habits: {},
  gate: (options) => {
    const { limit, window } = options
    return ackWindow({ ...options, margin: defaultMargin(window), pace: defaultPace(limit, window) })
  },
  limits: scopedLimits,
}
