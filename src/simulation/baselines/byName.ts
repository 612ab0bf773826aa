/**
 * Every gate under the name that the command line knows it by.
 */
import { Duration, Result } from "effect"
import type { RateLimiter } from "effect/persistence"
import type { GateFactory } from "../../limits/Gate.ts"
import type { Reach } from "../../domain/Transit.ts"
import { ackWindow, defaultMargin, defaultPace } from "../../limits/AckWindow.ts"
import { polling } from "./Polling.ts"
import { rateLimited } from "./RateLimited.ts"
import { threadSlots } from "./ThreadSlots.ts"

/** A gate by name. `shifted` says by how many milliseconds. */
export type GateName =
  | { readonly name: "ack-window" | "polling" | "thread-slots" | "token-bucket" | "fixed-window" }
  | { readonly name: "shifted"; readonly byMs: number }

/** What every gate is made from. */
export interface GateOptions {
  readonly limit: number
  readonly window: Duration.Duration
  readonly reach: Reach
  readonly rateLimiter: RateLimiter.RateLimiter
}

export const defaultGate: GateName = { name: "ack-window" }

/** A gate's name as it is written on the command line and in the journal. */
export const showGate = (gate: GateName): string =>
  gate.name === "shifted" ? `shifted:${gate.byMs}` : gate.name

/** How the names are written, for help and errors. */
export const GATE_FORMS = "ack-window|polling|shifted:MS|thread-slots|token-bucket|fixed-window"

/** Reads a gate's name; the failure says what to write. */
export const parseGate = (text: string): Result.Result<GateName, string> => {
  switch (text) {
    case "ack-window":
    case "polling":
    case "thread-slots":
    case "token-bucket":
    case "fixed-window":
      return Result.succeed({ name: text })
    default: {
      const byMs = /^shifted:(\d{1,6})$/.exec(text)?.[1]
      return byMs === undefined
        ? Result.fail(
            `${JSON.stringify(text)} is not a gate; write one of ${GATE_FORMS.replaceAll("|", ", ")}`,
          )
        : Result.succeed({ name: "shifted", byMs: Number(byMs) })
    }
  }
}

/** Makes the gate of each key. */
export const gateByName = (gate: GateName, options: GateOptions): GateFactory => {
  const { limit, window } = options
  switch (gate.name) {
    case "ack-window":
      return ackWindow({ ...options, margin: defaultMargin(window), pace: defaultPace(limit, window) })
    case "polling":
      return polling({ limit, window, shiftMs: 0 })
    case "shifted":
      return polling({ limit, window, shiftMs: gate.byMs })
    case "thread-slots":
      return threadSlots({ limit, window })
    case "token-bucket":
    case "fixed-window":
      return rateLimited({ ...options, algorithm: gate.name })
  }
}

/** What a gate adds to its window, in milliseconds, or null for one that knows no margin. */
export const marginOf = (gate: GateName, window: Duration.Duration): number | null =>
  gate.name === "ack-window" ? Duration.toMillis(defaultMargin(window)) : null

/**
 * What a gate's design does about refusals. The seed's designs take no notice: they neither send an order again
 * nor spare a key, and walk into the ban.
 */
export const habitsOf = (
  gate: GateName,
): { readonly maxReturns?: number; readonly parkAfter?: number; readonly nonceJumps?: undefined } =>
  gate.name === "ack-window"
    ? {}
    : { maxReturns: 0, parkAfter: Number.POSITIVE_INFINITY, nonceJumps: undefined }
