/**
 * How many orders a client made, if it numbers them and may count them once a second.
 */
import type { OrderOutcome } from "../journal/LogEvent.ts"

export interface Numbering {
  smallest: number
  largest: number
  /** Orders that ended, and whether one of them had a name that is no number: then nothing follows from the numbers. */
  ended: number
  hasNames: boolean
  /** How often the client counted, and the sum of what it counted. */
  counts: number
  countSum: number
}

const SECOND_MS = 1000

export const emptyNumbering = (): Numbering => ({
  smallest: Infinity,
  largest: -Infinity,
  ended: 0,
  hasNames: false,
  counts: 0,
  countSum: 0,
})

export const orderCounted = (
  numbering: Numbering,
  { isNamed, number }: Pick<OrderOutcome, "isNamed" | "number">,
): void => {
  numbering.ended += 1
  numbering.hasNames ||= isNamed
  if (number === undefined) return
  numbering.smallest = Math.min(numbering.smallest, number)
  numbering.largest = Math.max(numbering.largest, number)
}

export const ordersCounted = (numbering: Numbering, count: number): void => {
  numbering.counts += 1
  numbering.countSum += count
}

/** Orders from the smallest number to the largest; those that ended, where some have no number but a name. */
export const createdByNumber = ({ ended, hasNames, largest, smallest }: Numbering): number => {
  if (hasNames) return ended
  return smallest > largest ? 0 : largest - smallest + 1
}

/** Orders created in a second. A log with only one time counts as a second. */
export const requestsPerSecond = (numbering: Numbering, totalMs: number): number =>
  numbering.counts > 0
    ? numbering.countSum / numbering.counts
    : createdByNumber(numbering) / ((totalMs || SECOND_MS) / SECOND_MS)
