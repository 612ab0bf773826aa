/**
 * The longest stretch without an acceptance: between two acceptances that follow one another in the log.
 *
 * Lines that threads wrote out of order make the longest one longer by as much as both its ends are late, and never
 * shorter. Where a
 * further run was appended, whose times begin again, the stretch between the two runs does not count.
 */
import { elapsedMs } from "../journal/elapsed.ts"

/** Times in milliseconds, as they are in the log. */
interface Acceptance {
  readonly firstMs: number
  readonly lastMs: number
  /** The longest stretch between two of them, and when it began. */
  readonly longestMs: number
  readonly fromMs: number
}

/** The acceptances of a part; null where there was none. Plain data: it can be sent to another thread. */
export type Acceptances = Acceptance | null

export const acceptedAt = (atMs: number): Acceptance => ({
  firstMs: atMs,
  lastMs: atMs,
  longestMs: 0,
  fromMs: atMs,
})

/** Those of a part and the part right after it. */
export const mergeAcceptances = (earlier: Acceptances, later: Acceptances): Acceptances => {
  if (earlier === null || later === null) return earlier ?? later
  const between = {
    longestMs: elapsedMs(earlier.lastMs, later.firstMs),
    fromMs: earlier.lastMs,
  }
  // Of stretches that are equally long the first counts.
  const { longestMs, fromMs } = [between, later].reduce(
    (longest, other) => (other.longestMs > longest.longestMs ? other : longest),
    earlier,
  )
  return { firstMs: earlier.firstMs, lastMs: later.lastMs, longestMs, fromMs }
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
  if (acceptances === null) return { ms: totalMs, fromMs: 0 }
  const sinceFirst = (atMs: number): number => Math.max(0, elapsedMs(firstMs, atMs))
  const lastMs = sinceFirst(acceptances.lastMs)
  const stretches: ReadonlyArray<Stretch> = [
    { ms: sinceFirst(acceptances.firstMs), fromMs: 0 },
    { ms: acceptances.longestMs, fromMs: sinceFirst(acceptances.fromMs) },
    { ms: elapsedMs(lastMs, totalMs), fromMs: lastMs },
  ]
  return stretches.reduce((longest, other) => (other.ms > longest.ms ? other : longest))
}
