/**
 * How an exchange counts: an exact counter for each rule, by whole milliseconds of its own clock. They are what the client's
 * limits are tried against, and share nothing with them.
 */
export interface Counter {
  /** Whether a request that arrives now passes; if so, it counts. Times do not go back. */
  readonly pass: (cost: number, atMs: number) => boolean
  /** What is counted now. */
  readonly used: (atMs: number) => number
  /** After how many milliseconds a request of this cost passes, if none comes meanwhile; Infinity where it costs too much. */
  readonly retryAfter: (cost: number, atMs: number) => number
}

export interface CounterOptions {
  /** A refused request counts, too. */
  readonly countsRefusals?: boolean
}
