/**
 * What the client knows about one request's way, and what follows from it: the latest moment at which the
 * exchange can have counted it. Everything that makes a gate safe rests on these few lines.
 *
 * All times are milliseconds of the monotonic clock.
 */

/**
 * How a request ended for the client.
 *
 * - `answered`: a complete answer came, whatever it says.
 * - `lost`: no usable answer will come (timed out, broken off): it may have arrived, or still arrive.
 * - `never-sent`: not a byte left.
 */
export type Ending = "answered" | "lost" | "never-sent"

export interface Transit {
  /** The moment before its first byte left. */
  readonly sentMs: number
  /** The moment all of it was handed to an open connection's socket; undefined until then. */
  writtenMs: number | undefined
  /** How and when it ended; undefined while it is under way. */
  end: { readonly ending: Ending; readonly atMs: number } | undefined
}

/** How long a request may be on its way to the exchange. */
export interface Reach {
  /** The longest incoming delay with a margin for handling, or undefined where it is not known. */
  readonly boundMs: number | undefined
  /** How long the client waits for an answer. */
  readonly requestTimeoutMs: number
}

/** The latest moment at which the exchange can have counted a request that has ended; -Infinity when it never left. */
export const latestOnceEnded = (
  ending: Ending,
  endedMs: number,
  writtenMs: number | undefined,
  { boundMs, requestTimeoutMs }: Reach,
): number => {
  switch (ending) {
    case "never-sent":
      return Number.NEGATIVE_INFINITY
    case "lost":
      return endedMs + (boundMs ?? requestTimeoutMs)
    case "answered":
      return writtenMs === undefined || boundMs === undefined
        ? endedMs
        : Math.min(endedMs, writtenMs + boundMs)
  }
}

/**
 * The same for a request that may still be under way; undefined while it is.
 *
 * While a request is under way nobody knows whether it will be answered or lost, and the two differ: a lost
 * one may arrive up to a bound after it was given up.
 */
export const latestArrival = (transit: Transit, reach: Reach): number | undefined => {
  const { end, writtenMs } = transit
  return end === undefined ? undefined : latestOnceEnded(end.ending, end.atMs, writtenMs, reach)
}

/**
 * The moment from which a later request of the same key can no longer overtake this one, as far as is known
 * now: undefined while only an answer, or more bytes leaving, can tell.
 */
export const overtakableUntil = (transit: Transit, reach: Reach): number | undefined => {
  if (transit.end !== undefined) return latestArrival(transit, reach)
  return transit.writtenMs === undefined || reach.boundMs === undefined
    ? undefined
    : transit.writtenMs + reach.boundMs
}
