/**
 * Orders that were sent and have no outcome yet.
 *
 * An order sent in one part of a log may end in the next, so a part also tells which orders it named: of those
 * it knows more than the parts before. It tells the first 100,000, far more than can be in flight where one
 * part ends and the next begins.
 */
import { invariant } from "../invariant.ts"

/** Orders without an outcome that are known by name: far more than can be in flight. Beyond, they only count. */
const MAX_UNFINISHED = 100_000
const MAX_NAMED = 100_000
const RENEW_AFTER = 2048

/** Plain data: it can be sent to another thread. */
export interface Unfinished {
  /** Times of creation, by the orders' names. */
  createdAtMs: Map<string, number>
  /** Orders that ended since the map was made anew. */
  ended: number
  /** How many more there were. */
  forgotten: number
  /** The first orders that were sent or ended; null for a log's beginning, which no part comes before. */
  readonly named: Set<string> | null
}

export const emptyUnfinished = (isBeginning: boolean): Unfinished => ({
  createdAtMs: new Map(),
  ended: 0,
  forgotten: 0,
  named: isBeginning ? null : new Set(),
})

const name = (named: Set<string> | null, id: string): void => {
  if (named !== null && named.size < MAX_NAMED) named.add(id)
}

const remember = (unfinished: Unfinished, id: string, createdAtMs: number): void => {
  unfinished.createdAtMs.set(id, createdAtMs)
  if (unfinished.createdAtMs.size <= MAX_UNFINISHED) return
  for (const oldest of unfinished.createdAtMs.keys()) {
    unfinished.createdAtMs.delete(oldest)
    unfinished.forgotten += 1
    return
  }
}

export const orderSent = (unfinished: Unfinished, id: string, createdAtMs: number): void => {
  name(unfinished.named, id)
  remember(unfinished, id, createdAtMs)
}

/**
 * Puts the orders into a new map. One whose entries come and go grows tables, and the old ones keep the newer alive: once
 * one of them has become old, hundreds of megabytes wait for a full collection.
 */
const renew = (unfinished: Unfinished): void => {
  unfinished.createdAtMs = new Map(unfinished.createdAtMs)
  unfinished.ended = 0
}

export const orderEnded = (unfinished: Unfinished, id: string): void => {
  name(unfinished.named, id)
  unfinished.createdAtMs.delete(id)
  unfinished.ended += 1
  if (unfinished.ended >= Math.max(RENEW_AFTER, 4 * unfinished.createdAtMs.size)) renew(unfinished)
}

/** Those of a part and the part right after it. */
export const mergeUnfinished = (earlier: Unfinished, later: Unfinished): Unfinished => {
  const { named } = later
  invariant(named !== null, "a log's beginning comes after no other part of it")
  const merged: Unfinished = {
    createdAtMs: new Map(),
    ended: earlier.ended + later.ended,
    forgotten: earlier.forgotten + later.forgotten,
    named: earlier.named === null ? null : new Set(earlier.named),
  }
  for (const id of named) name(merged.named, id)
  for (const [id, createdAtMs] of earlier.createdAtMs) {
    if (!named.has(id)) remember(merged, id, createdAtMs)
  }
  for (const [id, createdAtMs] of later.createdAtMs) remember(merged, id, createdAtMs)
  return merged
}

export const countUnfinished = (unfinished: Unfinished): number =>
  unfinished.createdAtMs.size + unfinished.forgotten
