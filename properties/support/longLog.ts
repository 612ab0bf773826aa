/** The law that whoever listens to a log keeps no more in memory, however long the log is, whole or damaged. */
import * as fc from "fast-check"
import { assert } from "vitest"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { fromJournal, type LogEvent } from "../../src/journal/LogEvent.ts"
import { accepted, header, sent } from "../../test/summary/records.ts"
import { alive } from "./longRun.ts"

/** How many are tried by default. */
export const LONG_LOGS = 1
/** More than may be kept of requests whose ends are missing, and more intervals than there are. */
const FIRST = 120_000
/** As many as show that everything is kept. */
export const FEW = 10_000
const MORE = 20_000

interface Log {
  readonly keys: number
  readonly gapMs: number
  /** Of so many requests one has no end; none where it is 0. */
  readonly lostOf: number
}

export const longLogs: fc.Arbitrary<Log> = fc.record({
  keys: fc.integer({ min: 1, max: 20 }),
  gapMs: fc.constantFrom(0, 1, 10, 1000),
  lostOf: fc.constantFrom(0, 0, 1, 2, 1000),
})

/** Found: what comes before a log's first end was kept for ever. */
export const NO_END_AT_ALL: Log = { keys: 1, gapMs: 0, lostOf: 1 }

interface Listener {
  readonly add: (event: LogEvent) => void
}

/**
 * @param check looks at the listener when the log has ended
 * @param first how many orders come before the first look
 */
export const leavesNoMore =
  <A extends Listener>(make: () => A, check: (listener: A) => void = () => {}, first = FIRST) =>
  async ({ gapMs, keys, lostOf }: Log): Promise<void> => {
    const listener = make()
    const add = (record: JournalRecord): void => {
      listener.add(fromJournal(record))
    }
    add(header({ keys }))
    const addOrders = (from: number, to: number): void => {
      for (let order = from; order < to; order += 1) {
        const t = order * gapMs
        const request = { key: `key-${1 + (order % keys)}` }
        add(sent(`order-${order}`, t, t, request))
        if (lostOf === 0 || order % lostOf !== 0)
          add(accepted(`order-${order}`, t + 1, { ...request, createdAt: t, sent: t }))
      }
    }
    // Until what is kept of requests without an end is full, where half of them have none.
    const filled = lostOf === 2 ? 2 * first : first
    addOrders(0, filled)
    // A table or a pool may grow once, in whatever stretch; what grows with the log grows in each.
    let before = alive()
    let grows = true
    for (let from = filled; grows && from < filled + 3 * MORE; from += MORE) {
      addOrders(from, from + MORE)
      const after = alive()
      grows = (after.objects - before.objects) / MORE >= 0.05 || (after.bytes - before.bytes) / MORE >= 20
      before = after
    }
    assert.isFalse(grows, "more is kept, stretch after stretch")
    check(listener)
  }

/** A listener that also keeps every event that it is told. */
export const keepingAll = <A extends Listener>(listener: A): A => {
  const kept: Array<LogEvent> = []
  return Object.assign({}, listener, {
    add: (event: LogEvent) => {
      kept.push(event)
      listener.add(kept.at(-1) ?? event)
    },
  })
}
