/** A run's settings, with every default filled in. */
import type { Duration } from "effect"
import type { DispatcherOptions } from "../dispatch/DispatcherOptions.ts"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { LimitSettings } from "../domain/LimitSpec.ts"
import type { FormerLife } from "../journal/JournalRecord.ts"
import type { ClaimedKeys } from "../keys/claimKeys.ts"
import type { ExchangeClock } from "../limits/ExchangeClock.ts"
import type { Design } from "./Design.ts"
import type { RunFailure } from "./RunFailure.ts"

export interface RunSettings extends LimitSettings {
  readonly keys: ReadonlyArray<ApiKey>
  readonly seed: number
  /** An order's time to live; undefined for no limit. */
  readonly ttl: Duration.Duration | undefined
  /** The longest incoming delay; undefined if it is not known. */
  readonly bound: Duration.Duration | undefined
  /** What decides when a key may send. */
  readonly design: Design
  readonly requestTimeout: Duration.Duration
  /** What is done about rate-limit errors; left out where it is what the exercise calls for. */
  readonly parking?: Pick<DispatcherOptions, "parkAfter" | "blockAfter">
  /** The exchange's address, without secrets. */
  readonly exchange: string
  /** The venue's name; left out for the exercise. */
  readonly venue?: string | undefined
  /** Whether the venue only checks orders, and executes none. */
  readonly checkOnly?: boolean | undefined
  /** Where the exchange's clock can be; made for limits that ask it, where the exchange's client does not ask it, too. */
  readonly clock?: ExchangeClock | undefined
  /** What is remembered of the keys; undefined if nothing outlives the run. */
  readonly memory?: Memory | undefined
  /** The runs that this one resumes; undefined if it begins anew. */
  readonly resumes?: ReadonlyArray<FormerLife> | undefined
  /** Whether a run without an accepted order has failed. For a simulated run that is a result like any other. */
  readonly failsUnaccepted: boolean
  /** Puts a failure into words for the journal's end. */
  readonly inWords: (failure: RunFailure) => string
}

/** What is remembered of keys, and in which directory. */
export interface Memory extends ClaimedKeys {
  readonly directory: string
}
