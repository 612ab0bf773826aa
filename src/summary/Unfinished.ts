/**
 * Orders that were sent and have no outcome yet.
 */

/** So many orders without an outcome are kept by name, far more than can be in flight. Further ones are only counted. */
const MAX_UNFINISHED = 100_000

export interface UnfinishedOrder {
  readonly createdAtMs: number
  /** The key whose request has no end yet; null if the last request came back and the order waits for another. */
  readonly key: string | null
}

export interface Unfinished {
  /** By their names. */
  readonly orders: Map<string, UnfinishedOrder>
  /** How many more there were. */
  forgotten: number
}

export const emptyUnfinished = (): Unfinished => ({ orders: new Map(), forgotten: 0 })

export const orderSent = (unfinished: Unfinished, id: string, order: UnfinishedOrder): void => {
  unfinished.orders.set(id, order)
  if (unfinished.orders.size <= MAX_UNFINISHED) return
  for (const oldest of unfinished.orders.keys()) {
    unfinished.orders.delete(oldest)
    unfinished.forgotten += 1
    return
  }
}

/** The order's last request ended, and the order went back to the queue. */
export const orderCameBack = ({ orders }: Unfinished, id: string): void => {
  const known = orders.get(id)
  if (known !== undefined) orders.set(id, { createdAtMs: known.createdAtMs, key: null })
}

export const orderEnded = ({ orders }: Unfinished, id: string): void => {
  orders.delete(id)
}

export const countUnfinished = ({ forgotten, orders }: Unfinished): number => orders.size + forgotten

/** Requests without an end, by their keys. */
export const countByKey = ({ orders }: Unfinished): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { key } of orders.values()) if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}
