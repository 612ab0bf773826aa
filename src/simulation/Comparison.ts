/** What a comparison of gates amounts to. The field names are those of the JSON form. */
import type { Interval } from "./Confidence.ts"

/** The scenario that all gates played. Null stands for "none". */
export interface ComparedScenario {
  readonly durationMs: number
  readonly load: number
  readonly keys: number
  readonly limit: number
  readonly windowMs: number
  readonly ttlMs: number | null
  readonly boundMs: number | null
  readonly delay: string
  readonly spike: { readonly probability: number; readonly ms: number } | null
  readonly loss: number
  readonly clockStep: { readonly atMs: number; readonly byMs: number } | null
  /** How late timers may wake. */
  readonly lateMs: number
}

/** From an order's creation to its request, in milliseconds. */
export interface OrderAge {
  readonly p50: number
  readonly p99: number
}

/** What happened, in one run or in all runs of a gate. Errors are counted by the exchange. */
interface Counts {
  readonly expired: number
  /** Requests over the rate limit. */
  readonly exceeds: number
  readonly nonceErrors: number
  /** Requests refused because the key was blocked. */
  readonly bans: number
  /** Keys that were blocked at the end. */
  readonly keysBlocked: number
  /** Null where nothing was sent. */
  readonly orderAgeMs: OrderAge | null
}

/** One gate on one seed. */
export interface GateRun extends Counts {
  readonly seed: number
  readonly created: number
  /** Before the scenario's duration was over. */
  readonly accepted: number
  /** Accepted / the scenario's duration, also where the run ended early because every key was blocked. */
  readonly acceptedPerSecond: number
  /** Why the run ended early, or null. */
  readonly failure: string | null
}

/** One gate over all seeds. Counts are totals, ages are means over the seeds. */
export interface GateComparison extends Counts {
  /** As it is written on the command line. */
  readonly gate: string
  /** No exceed, no nonce error, no ban. */
  readonly safe: boolean
  readonly acceptedPerSecond: Interval
  readonly shareOfCeiling: number
  /** Null where nothing could be accepted. */
  readonly shareOfOptimum: number | null
  readonly runs: ReadonlyArray<GateRun>
}

/** The safe optimum on one seed. */
export interface OptimumRun {
  readonly seed: number
  readonly created: number
  readonly accepted: number
  readonly acceptedPerSecond: number
  readonly expired: number
}

export interface Comparison {
  readonly scenario: ComparedScenario
  readonly seeds: ReadonlyArray<number>
  /** What the exchange lets pass of all keys, however orders come and delays fall. */
  readonly ceilingPerSecond: number
  /** What safe rules let through at best, on the same orders with the same delays. */
  readonly safeOptimum: {
    readonly acceptedPerSecond: Interval
    readonly runs: ReadonlyArray<OptimumRun>
  }
  /** In the order asked for. */
  readonly gates: ReadonlyArray<GateComparison>
}
