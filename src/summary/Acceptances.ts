/**
 * The longest stretch without an acceptance: between two acceptances that follow one another in the log.
 *
 * Lines that threads wrote out of order make the longest one longer by as much as both its ends are late, and never
 * shorter.
 */
import { elapsedMs } from "../journal/elapsed.ts"

/** Of the acceptances so far. Times in milliseconds, as they are in the log; NaN before the first. */
export interface Acceptances {
  firstMs: number
  lastMs: number
  /** The longest stretch between two of them, and when it began. */
  longestMs: number
  fromMs: number
}

export const emptyAcceptances = (): Acceptances => ({
  firstMs: Number.NaN,
  lastMs: Number.NaN,
  longestMs: 0,
  fromMs: Number.NaN,
})

/** Takes the next acceptance. Of stretches that are equally long the first counts. */
export const countAcceptance = (acceptances: Acceptances, atMs: number): void => {
  const { firstMs, lastMs, longestMs } = acceptances
  acceptances.lastMs = atMs
  if (Number.isNaN(firstMs)) {
    acceptances.firstMs = atMs
    acceptances.fromMs = atMs
    return
  }
  const ms = elapsedMs(lastMs, atMs)
  if (ms <= longestMs) return
  acceptances.longestMs = ms
  acceptances.fromMs = lastMs
}

/** A stretch of time. */
export interface Stretch {
  readonly ms: number
  /** When it began, in milliseconds from the log's first record. */
  readonly fromMs: number
}

/**
 * The longest stretch of the log without an acceptance, those before the first and after the last among them.
 *
 * @param firstMs the time of the log's first record
 * @param totalMs from there to the last
 */
export const longestWithout = (acceptances: Acceptances, firstMs: number, totalMs: number): Stretch => {
  if (Number.isNaN(acceptances.firstMs)) return { ms: totalMs, fromMs: 0 }
  const sinceFirst = (atMs: number): number => Math.max(0, elapsedMs(firstMs, atMs))
  const lastMs = sinceFirst(acceptances.lastMs)
  const stretches: ReadonlyArray<Stretch> = [
    { ms: sinceFirst(acceptances.firstMs), fromMs: 0 },
    { ms: acceptances.longestMs, fromMs: sinceFirst(acceptances.fromMs) },
    { ms: elapsedMs(lastMs, totalMs), fromMs: lastMs },
  ]
  return stretches.reduce((longest, other) => (other.ms > longest.ms ? other : longest))
}
