/** What a report's charts are drawn from, straight from the whole list of a journal's records. */
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import type { Counts, Point } from "../../src/report/Timeline.ts"
import { microsOf } from "./naiveFigures.ts"

type Outcome = Extract<JournalRecord, { readonly type: "outcome" }>

const isOutcome = (record: JournalRecord): record is Outcome => record.type === "outcome"

/** Something that happened, in microseconds since the first outcome. */
interface Happening {
  readonly at: number
  readonly what: keyof Counts
}

/** A duration, and the time of the outcome that it is counted with. In microseconds. */
interface Measured {
  readonly at: number
  readonly micros: number
}

export interface NaiveReport {
  /** The log's length, in microseconds. */
  readonly length: number
  readonly happenings: ReadonlyArray<Happening>
  readonly orderAges: ReadonlyArray<Measured>
  readonly roundTrips: ReadonlyArray<Measured>
}

export const naiveReport = (records: ReadonlyArray<JournalRecord>): NaiveReport => {
  const outcomes = records.filter(isOutcome)
  const first = outcomes.length === 0 ? 0 : Math.min(...outcomes.map(({ t }) => microsOf(t)))
  const since = (ms: number): number => Math.max(0, microsOf(ms) - first)
  const ended = outcomes.flatMap(({ outcome, t }): ReadonlyArray<Happening> => {
    if (outcome === "cancelled") return []
    return [{ at: since(t), what: outcome === "rejected" ? "refused" : outcome }]
  })
  const returned = records.flatMap((record): ReadonlyArray<Happening> =>
    record.type === "returned" && record.reason !== "not-sent"
      ? [{ at: since(record.t), what: "refused" }]
      : [],
  )
  const created = outcomes.flatMap(({ createdAt }): ReadonlyArray<Happening> =>
    microsOf(createdAt) < first ? [] : [{ at: since(createdAt), what: "created" }],
  )
  return {
    length: Math.max(0, ...outcomes.map(({ t }) => since(t))),
    happenings: [...ended, ...returned, ...created],
    orderAges: outcomes.flatMap((record) =>
      "sent" in record
        ? [{ at: since(record.t), micros: microsOf(record.sent) - microsOf(record.createdAt) }]
        : [],
    ),
    roundTrips: outcomes.flatMap((record) =>
      "sent" in record && !("cause" in record && record.cause === "timeout")
        ? [{ at: since(record.t), micros: microsOf(record.settled) - microsOf(record.sent) }]
        : [],
    ),
  }
}

/** What lies in each of the intervals, of which the last has all that comes after it. */
export const inIntervals = <A extends { readonly at: number }>(
  items: ReadonlyArray<A>,
  points: ReadonlyArray<Pick<Point, "fromMs" | "toMs">>,
): ReadonlyArray<ReadonlyArray<A>> =>
  points.map(({ fromMs, toMs }, index) =>
    items.filter(({ at }) => at >= fromMs * 1000 && (index === points.length - 1 || at < toMs * 1000)),
  )
