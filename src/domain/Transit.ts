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

/** What the exchange's clock showed when it answered, in milliseconds since 1970. */
export interface ExchangeTime {
  readonly atMs: number
  /** It showed at least that, and less than this much more. */
  readonly resolutionMs: number
}

export interface Transit {
  /** The moment before its first byte left. */
  readonly sentMs: number
  /** The moment all of it was handed to an open connection's socket; undefined until then. */
  writtenMs: number | undefined
  /** How and when it ended; undefined while it is under way. */
  end: { readonly ending: Ending; readonly atMs: number } | undefined
  /**
   * It has arrived by then, if it arrives at all, whatever the bound: told by a ping of one that was lost, and by its own answer
   * of one that was answered too late for the bound. Undefined where, or as long as, nothing of the kind has told.
   */
  clearedMs: number | undefined
}

/** How long a request may be on its way to the exchange. */
export interface Reach {
  /** The longest incoming delay with a margin for handling, or undefined where it is not known. */
  readonly boundMs: number | undefined
}

/** Whether an answer came so late that it is evidence against the bound. */
export const speaksAgainst = (settledMs: number, writtenMs: number, boundMs: number): boolean =>
  settledMs > writtenMs + 2 * boundMs

/** The latest moment at which the exchange can have counted a request that was answered. */
export const latestOnceAnswered = (
  settledMs: number,
  writtenMs: number | undefined,
  boundMs: number | undefined,
): number => {
  if (writtenMs === undefined || boundMs === undefined) return settledMs
  // Nothing follows from the bound any more.
  if (speaksAgainst(settledMs, writtenMs, boundMs)) return settledMs
  return Math.min(settledMs, writtenMs + boundMs)
}

/**
 * The latest moment at which the exchange can have counted a request; -Infinity when it never left, and undefined while only an
 * answer can tell: its own, or, once it is lost, that to a ping.
 */
export const latestArrival = (transit: Transit, { boundMs }: Reach): number | undefined => {
  const { clearedMs, end, writtenMs } = transit
  switch (end?.ending) {
    case undefined:
      return undefined
    case "never-sent":
      return Number.NEGATIVE_INFINITY
    case "lost":
      return clearedMs
    case "answered":
      return clearedMs ?? latestOnceAnswered(end.atMs, writtenMs, boundMs)
  }
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

/** At least so long may what is lost take after the answer to a ping, where no bound is known. */
const LEAST_SLACK_MS = 1000

/**
 * How long after the answer to a ping a request that was given up before the ping may still arrive: the bound; without one the
 * longest round trip seen, at least a second, at most the request timeout.
 */
export const slackMs = (
  boundMs: number | undefined,
  longestRoundTripMs: number,
  requestTimeoutMs: number,
): number => boundMs ?? Math.min(Math.max(LEAST_SLACK_MS, longestRoundTripMs), requestTimeoutMs)

/** The latest moment at which a request that was lost can arrive, where nothing but time tells. */
export const latestByTimeAlone = (
  gaveUpMs: number,
  { boundMs, requestTimeoutMs }: Reach & { readonly requestTimeoutMs: number },
): number => gaveUpMs + (boundMs ?? requestTimeoutMs)

/** The same of a request that has ended, as journals of version 1 reckoned: they know of no pings. */
export const latestOfVersion1 = (
  ending: Ending,
  endedMs: number,
  writtenMs: number | undefined,
  reach: Reach & { readonly requestTimeoutMs: number },
): number => {
  switch (ending) {
    case "never-sent":
      return Number.NEGATIVE_INFINITY
    case "lost":
      return latestByTimeAlone(endedMs, reach)
    case "answered":
      return writtenMs === undefined || reach.boundMs === undefined
        ? endedMs
        : Math.min(endedMs, writtenMs + reach.boundMs)
  }
}
