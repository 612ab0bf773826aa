/**
 * What a run is made of, with every default filled in.
 */
import type { Duration, Redacted } from "effect"
import type { GateName } from "../simulation/baselines/byName.ts"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { Fault } from "../exchange/faults/Fault.ts"

/** Where a run's orders come from. */
export type OrderSource =
  | {
      readonly type: "random"
      /** Times the exercise's rate. */
      readonly load: number
      readonly duration: Duration.Duration
    }
  | {
      readonly type: "ndjson"
      /** A file's path, or `-` for standard input. */
      readonly from: string
      /** When to stop reading, or undefined for the end of the file. */
      readonly duration: Duration.Duration | undefined
    }

export interface RunSettings {
  /** Where the exchange is, or undefined for one of our own. The address may hold a token: never show it whole. */
  readonly url: Redacted.Redacted<URL> | undefined
  readonly source: OrderSource
  readonly keys: ReadonlyArray<ApiKey>
  readonly seed: number
  /** How long an order is worth sending, or undefined for ever. */
  readonly ttl: Duration.Duration | undefined
  readonly limit: number
  readonly window: Duration.Duration
  /** The longest incoming delay, or undefined where it is not known. */
  readonly bound: Duration.Duration | undefined
  /** What decides when a key may send. */
  readonly gate: GateName
  readonly requestTimeout: Duration.Duration
  /** What our own exchange does wrong: nothing unless said. */
  readonly faults?: ReadonlyArray<Fault>
  /** The journal's file. */
  readonly log: string
  /** Whether the journal may be called something else where that file is there already. */
  readonly logOrAnother?: boolean
  /** The directory of what outlives the run, or undefined where nothing does. */
  readonly state?: string
  /** Whether the journal is on the disk itself before a request leaves. */
  readonly durable?: boolean
  /** Journals, and folders of them, that the run goes on from; left out where it begins anew. */
  readonly resume?: ReadonlyArray<string> | undefined
}

/** The delays of an exchange that a run starts itself, in milliseconds each way. */
export const EMBEDDED_MAX_DELAY_MS = 50
