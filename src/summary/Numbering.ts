/**
 * How many orders a client made, if it numbers them and may count them once a second.
 */

export interface Numbering {
  smallest: number
  largest: number
  /** How often the client counted, and the sum of what it counted. */
  counts: number
  countSum: number
}

const SECOND_MS = 1000

export const emptyNumbering = (): Numbering => ({
  smallest: Infinity,
  largest: -Infinity,
  counts: 0,
  countSum: 0,
})

export const orderNumbered = (numbering: Numbering, number: number): void => {
  numbering.smallest = Math.min(numbering.smallest, number)
  numbering.largest = Math.max(numbering.largest, number)
}

export const ordersCounted = (numbering: Numbering, count: number): void => {
  numbering.counts += 1
  numbering.countSum += count
}

export const createdByNumber = ({ smallest, largest }: Numbering): number =>
  smallest > largest ? 0 : largest - smallest + 1

/** Orders created in a second. A log with only one time counts as a second. */
export const requestsPerSecond = (numbering: Numbering, totalMs: number): number =>
  numbering.counts > 0
    ? numbering.countSum / numbering.counts
    : createdByNumber(numbering) / ((totalMs || SECOND_MS) / SECOND_MS)
