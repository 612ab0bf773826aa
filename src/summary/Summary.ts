/** What a log amounts to. The field names are those of the JSON form. */
import type { Percentiles } from "./Distribution.ts"

/**
 * Averages, the lowest and the possible throughput are per second, over the log's complete windows of one
 * second, empty ones included; a log shorter than that has one window with everything in it. All else is over
 * the whole log.
 */
export interface Summary {
  /** Orders created. */
  readonly averageRequestsRate: number
  /** Orders that left the queue, where a window counts no more than limit x keys. */
  readonly maxPossibleThroughput: number
  /** Orders accepted. */
  readonly averageThroughput: number
  /** Orders accepted in the window that had fewest. */
  readonly lowestThroughput: number
  /** Orders that expired in the queue. */
  readonly averageIgnoredFromQueue: number
  /** Orders that expired in the limiter. */
  readonly averageLimitedByLimiter: number
  /** Rate-limit errors. */
  readonly exceeds: number
  /** Answers refused because the key is blocked. */
  readonly bans: number
  readonly nonceErrors: number
  /** From the first record to the last, in milliseconds. */
  readonly totalTimeMs: number
  /** Complete windows. */
  readonly windows: number
  readonly orders: {
    readonly created: number
    readonly accepted: number
    readonly rejected: number
    readonly expired: number
    readonly unknown: number
    readonly cancelled: number
  }
  readonly unrecognisedLines: number
  /** From creation to the last request; null where the log does not know. */
  readonly orderAge: Percentiles | null
  /** From the last request to the complete answer; null where the log does not know. */
  readonly roundTrip: Percentiles | null
}

/** A log's summary, and the name it is shown under. */
export interface NamedSummary {
  readonly name: string
  readonly summary: Summary
}
