/** A run's figures interval by interval, each told as soon as it is complete. */
import {
  type Distribution,
  distributionPool,
  emptyDistribution,
  type Percentiles,
  percentilesOf,
} from "./Distribution.ts"
import { countIntervals } from "./IntervalCounts.ts"
import type { EventListener } from "./LogOptions.ts"
import { toldBy } from "./LogStart.ts"
import { coveredMs, type LogSpan } from "./LogSpan.ts"
import type { LogKind } from "../journal/LogReader.ts"

/** Counts are of orders, by the time of their creation or of their outcome. */
export interface Interval {
  /** Where it begins, in milliseconds from the beginning of the log's times. */
  readonly fromMs: number
  /** The same by the clock, in milliseconds since 1970; null if the log does not say. */
  readonly atMs: number | null
  readonly everyMs: number
  /** How much of it the log covers and was chosen: at either end less than all of it. */
  readonly coveredMs: number
  /** Null where the log does not say. */
  readonly created: number | null
  readonly accepted: number
  readonly rejected: number
  readonly expired: number
  /** Null where the log cannot say. */
  readonly unknown: number | null
  /** Null where the log cannot say. */
  readonly cancelled: number | null
  /** Rate-limit errors. */
  readonly exceeds: number
  readonly orderAge: Percentiles | null
  readonly roundTrip: Percentiles | null
}

/**
 * @param span the time that the run covers, as far as it has been read
 * @param tell is given each interval, in order and without gaps, from the first in which something happened
 */
export const makeIntervals = (
  everyMs: number,
  kind: LogKind,
  span: LogSpan,
  tell: (interval: Interval) => void,
): EventListener => {
  const distributions = distributionPool(emptyDistribution)

  const taken = (distribution: Distribution | undefined): Percentiles | null => {
    const percentiles = distribution === undefined ? null : percentilesOf(distribution)
    distributions.give(distribution)
    return percentiles
  }

  return countIntervals(
    everyMs,
    () => span.beginMs,
    distributions.take,
    (fromMs, { accepted, cancelled, created, exceeds, expired, orderAge, rejected, roundTrip, unknown }) => {
      const { beginMs, clockMs } = span
      tell({
        fromMs,
        atMs: clockMs === undefined ? null : clockMs + fromMs,
        everyMs,
        coveredMs: coveredMs(span, beginMs + fromMs, beginMs + fromMs + everyMs),
        created: created ?? (kind === "journal" ? 0 : null),
        accepted,
        rejected,
        expired,
        unknown: toldBy(kind, unknown),
        cancelled: toldBy(kind, cancelled),
        exceeds,
        orderAge: taken(orderAge),
        roundTrip: taken(roundTrip),
      })
    },
  )
}
