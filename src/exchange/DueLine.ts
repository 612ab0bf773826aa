/**
 * Things that become due, taken in the order of their times. At most a few hundred wait at once, for less than
 * a delay each, so a sorted array serves: what is added goes near the end.
 */
export interface DueLine<A> {
  /** Adds a thing; among equal times the one added first comes first. */
  readonly add: (dueMs: number, thing: A) => void
  /** Takes what is due, in order. */
  readonly takeDue: (nowMs: number) => ReadonlyArray<A>
}

export const makeDueLine = <A>(): DueLine<A> => {
  const waiting: Array<{ readonly dueMs: number; readonly thing: A }> = []
  return {
    add: (dueMs, thing) => {
      const after = waiting.findLastIndex((other) => other.dueMs <= dueMs)
      waiting.splice(after + 1, 0, { dueMs, thing })
    },
    takeDue: (nowMs) => {
      const notDue = waiting.findIndex((other) => other.dueMs > nowMs)
      return waiting.splice(0, notDue === -1 ? waiting.length : notDue).map(({ thing }) => thing)
    },
  }
}
