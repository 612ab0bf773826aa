/** What a run is made of, with every default filled in. */
import type { Duration } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { FormerLife } from "../journal/JournalRecord.ts"
import type { ClaimedKeys } from "../keys/claimKeys.ts"
import type { Design } from "./Design.ts"
import type { RunFailure } from "./RunFailure.ts"

export interface RunSettings {
  readonly keys: ReadonlyArray<ApiKey>
  readonly seed: number
  /** How long an order is worth sending, or undefined for ever. */
  readonly ttl: Duration.Duration | undefined
  readonly limit: number
  readonly window: Duration.Duration
  /** The longest incoming delay, or undefined where it is not known. */
  readonly bound: Duration.Duration | undefined
  /** What decides when a key may send. */
  readonly design: Design
  readonly requestTimeout: Duration.Duration
  /** Where orders go, fit to be shown. */
  readonly exchange: string
  /** What is remembered of the keys; undefined where nothing outlives the run. */
  readonly memory?: Memory | undefined
  /** The runs that this one goes on from; undefined where it begins anew. */
  readonly resumes?: ReadonlyArray<FormerLife> | undefined
  /** Whether a run of which no order was accepted has failed. Of a simulated one that is a result like any other. */
  readonly failsUnaccepted: boolean
  /** Puts a failure into words for the journal's end. */
  readonly inWords: (failure: RunFailure) => string
}

/** What is remembered of keys, and in which directory. */
export interface Memory extends ClaimedKeys {
  readonly directory: string
}
