/**
 * Every design under the name that the command line knows it by: the safe one, and those that exceed limits or
 * overtake nonces sooner or later. They exist to be compared with, and never meet a real exchange.
 */
import { Duration, Result } from "effect"
import { slotMsOf } from "../../domain/LimitSpec.ts"
import { ackWindowDesign, type Design, type GateOptions } from "../../run/Design.ts"
import { polling } from "./Polling.ts"
import { rateLimited } from "./RateLimited.ts"
import { ccxtLeakyBucket, ccxtRollingWindow, gcra, sendTimesGate } from "./SendTimes.ts"
import { threadSlots } from "./ThreadSlots.ts"

/** How the names are written, for help and errors. */
export const DESIGN_FORMS =
  "ack-window|polling|shifted:MS|thread-slots|token-bucket|fixed-window|gcra|ccxt-leaky-bucket|ccxt-rolling-window"

/** So many requests in such a time, as everyday clients are told of a rule: by the one that makes room the slowest. */
const told = (options: GateOptions): GateOptions => {
  const [slowest] = (options.limits ?? []).toSorted((a, b) => slotMsOf(b) - slotMsOf(a))
  return slowest === undefined
    ? options
    : { ...options, limit: slowest.limit, window: Duration.millis(slowest.limit * slotMsOf(slowest)) }
}

/** They take no notice of refusals: they neither send an order again nor spare a key, and walk into the ban. */
const baseline = (name: string, gate: Design["gate"]): Design => ({
  name,
  marginMs: () => null,
  habits: {
    maxReturns: 0,
    parkAfter: Number.POSITIVE_INFINITY,
    blockAfter: Number.POSITIVE_INFINITY,
    nonceJumps: undefined,
  },
  gate: (options) => gate(told(options)),
})

const named: ReadonlyMap<string, Design> = new Map(
  [
    ackWindowDesign,
    baseline("polling", (options) => polling({ ...options, shiftMs: 0 })),
    baseline("thread-slots", threadSlots),
    baseline("token-bucket", (options) => rateLimited({ ...options, algorithm: "token-bucket" })),
    baseline("fixed-window", (options) => rateLimited({ ...options, algorithm: "fixed-window" })),
    baseline("gcra", sendTimesGate(gcra)),
    baseline("ccxt-leaky-bucket", sendTimesGate(ccxtLeakyBucket)),
    baseline("ccxt-rolling-window", sendTimesGate(ccxtRollingWindow)),
  ].map((design) => [design.name, design]),
)

/** Reads a design's name; the failure says what to write. */
export const parseDesign = (text: string): Result.Result<Design, string> => {
  const design = named.get(text)
  if (design !== undefined) return Result.succeed(design)
  const byMs = /^shifted:(\d{1,6})$/.exec(text)?.[1]
  return byMs === undefined
    ? Result.fail(`${JSON.stringify(text)} is not a gate; write one of ${DESIGN_FORMS.replaceAll("|", ", ")}`)
    : Result.succeed(
        baseline(`shifted:${Number(byMs)}`, (options) => polling({ ...options, shiftMs: Number(byMs) })),
      )
}
