/** What a log amounts to. The field names are those of the JSON form. */
import type { Stretch } from "./Acceptances.ts"
import type { ClassicFigures } from "./Classic.ts"
import type { Percentiles } from "./Distribution.ts"
import type { KeyFigures, KeysGone } from "./keyFigures.ts"
import type { LimitFigures } from "./LimitSpares.ts"
import type { Losses } from "./Losses.ts"
import type { LoggedRun } from "./loggedRun.ts"
import type { ReachFigures } from "./ReachTally.ts"
import type { Selection } from "./Selection.ts"
import type { Utilisation } from "./utilisation.ts"

/**
 * Averages, the lowest and the possible throughput are per second, over the log's complete windows of one
 * second, empty ones included, up to the end that was planned for the run; a log shorter than that has one window with everything in it. All else is over
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
  /**
   * From the first record to the last, in milliseconds; where the log tells how long the run was to go on, to that, or to an
   * earlier stop.
   */
  readonly totalTimeMs: number
  /** Complete windows. */
  readonly windows: number
  readonly orders: {
    readonly created: number
    readonly accepted: number
    readonly rejected: number
    readonly expired: number
    /** Null where the log cannot say: a Python client's tells only of those that were answered so. */
    readonly unknown: number | null
    /** Null where the log cannot say. */
    readonly cancelled: number | null
  }
  readonly unrecognisedLines: number
  /** What ran, as the log's header has it; null where there is none. */
  readonly run: LoggedRun | null
  /**
   * From creation to the first request, of every order that was sent; null where the log does not know. It is an
   * order's age but for those that were refused or not sent, went back to the line and were sent again.
   */
  readonly queueWait: Percentiles | null
  /** From creation to the last request; null where the log does not know. */
  readonly orderAge: Percentiles | null
  /**
   * From the moment a request was begun to the moment all of it was handed to a connection's socket, of every
   * request that was; null where the log does not know.
   */
  readonly writeDelay: Percentiles | null
  /** From the last request to the complete answer; null where the log does not know. */
  readonly roundTrip: Percentiles | null
  /**
   * Orders that were created and not accepted, by cause; null where the log cannot say. Unfinished are those without an outcome
   * in the log.
   */
  readonly losses: {
    readonly expired: Losses["expired"]
    readonly rejected: Losses["rejected"]
    readonly unknown: Readonly<Record<keyof Losses["unknown"] | "unfinished", number | null>>
    readonly cancelled: number | null
  }
  readonly utilisation: Utilisation
  /**
   * The least that was left of each limit when a request had left, counting all that could be counted then; absent where `limit` in
   * each window of a key is all, or the log does not tell.
   */
  readonly limits?: ReadonlyArray<LimitFigures>
  readonly longestWithoutAcceptance: Stretch
  /** How often the reach widened, and how far; null where it never did, or the log does not know. */
  readonly reach: ReachFigures
  /** How often a key's nonces had to go on further ahead; null where the log does not know. */
  readonly nonceJumps: number | null
  /** Set where no key was left to send with; null where one was, or the log does not know. */
  readonly keysGone: KeysGone | null
  /** The keys, those of the log's header first; null where the log does not know. */
  readonly keys: ReadonlyArray<KeyFigures> | null
  /** What the classic form says, by the arithmetic of the exercise's own analysis. JSON does not have it. */
  readonly classic: ClassicFigures
}

/** A log's summary, the name it is shown under, and which part of the log it is of: all where that is left out. */
export interface NamedSummary {
  readonly name: string
  readonly selection?: Selection | undefined
  readonly summary: Summary
}
