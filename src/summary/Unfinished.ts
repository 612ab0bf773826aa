/**
 * Orders that were sent and have no outcome yet.
 *
 * An order sent in one part of a log may end in the next, so a part also tells which orders it named: of those
 * it knows more than the parts before. It tells the first 100,000, far more than can be in flight where one
 * part ends and the next begins.
 */
import { invariant } from "../platform/invariant.ts"

/** Orders without an outcome that are known by name: far more than can be in flight. Beyond, they only count. */
const MAX_UNFINISHED = 100_000
const MAX_NAMED = 100_000
const RENEW_AFTER = 2048

export interface UnfinishedOrder {
  readonly createdAtMs: number
  /** Whose request has no end yet; null where the last one came back, and the order waits for another. */
  readonly key: string | null
}

/** Plain data: it can be sent to another thread. */
export interface Unfinished {
  /** By their names. */
  orders: Map<string, UnfinishedOrder>
  /** Orders that ended since the map was made anew. */
  ended: number
  /** How many more there were. */
  forgotten: number
  /** The first orders that were sent or ended; null for a log's beginning, which no part comes before. */
  readonly named: Set<string> | null
  /** Orders of earlier parts whose requests came back; none in a log's beginning. */
  readonly cameBack: Set<string>
}

export const emptyUnfinished = (isBeginning: boolean): Unfinished => ({
  orders: new Map(),
  ended: 0,
  forgotten: 0,
  named: isBeginning ? null : new Set(),
  cameBack: new Set(),
})

const name = (named: Set<string> | null, id: string): void => {
  if (named !== null && named.size < MAX_NAMED) named.add(id)
}

const remember = (unfinished: Unfinished, id: string, order: UnfinishedOrder): void => {
  unfinished.orders.set(id, order)
  if (unfinished.orders.size <= MAX_UNFINISHED) return
  for (const oldest of unfinished.orders.keys()) {
    unfinished.orders.delete(oldest)
    unfinished.forgotten += 1
    return
  }
}

export const orderSent = (unfinished: Unfinished, id: string, order: UnfinishedOrder): void => {
  name(unfinished.named, id)
  remember(unfinished, id, order)
}

/** Its last request ended, and it went back to the line. */
export const orderCameBack = (unfinished: Unfinished, id: string): void => {
  const { cameBack, named, orders } = unfinished
  const known = orders.get(id)
  if (known !== undefined) orders.set(id, { createdAtMs: known.createdAtMs, key: null })
  else if (named !== null && !named.has(id) && cameBack.size < MAX_NAMED) cameBack.add(id)
}

/**
 * Puts the orders into a new map. One whose entries come and go grows tables, and the old ones keep the newer alive: once
 * one of them has become old, hundreds of megabytes wait for a full collection.
 */
const renew = (unfinished: Unfinished): void => {
  unfinished.orders = new Map(unfinished.orders)
  unfinished.ended = 0
}

export const orderEnded = (unfinished: Unfinished, id: string): void => {
  name(unfinished.named, id)
  unfinished.orders.delete(id)
  unfinished.ended += 1
  if (unfinished.ended >= Math.max(RENEW_AFTER, 4 * unfinished.orders.size)) renew(unfinished)
}

/** Those of a part and the part right after it. */
export const mergeUnfinished = (earlier: Unfinished, later: Unfinished): Unfinished => {
  const { named } = later
  invariant(named !== null, "a log's beginning comes after no other part of it")
  const merged: Unfinished = {
    orders: new Map(),
    ended: earlier.ended + later.ended,
    forgotten: earlier.forgotten + later.forgotten,
    named: earlier.named === null ? null : new Set(earlier.named),
    cameBack: new Set(earlier.cameBack),
  }
  for (const [id, order] of earlier.orders) remember(merged, id, order)
  for (const id of later.cameBack) orderCameBack(merged, id)
  for (const id of named) {
    name(merged.named, id)
    merged.orders.delete(id)
  }
  for (const [id, order] of later.orders) remember(merged, id, order)
  return merged
}

export const countUnfinished = (unfinished: Unfinished): number =>
  unfinished.orders.size + unfinished.forgotten

/** Requests without an end, by their keys. */
export const countByKey = ({ orders }: Unfinished): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { key } of orders.values()) if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}
