/**
 * Generated logs: journals and Python clients' logs, with orders in flight at once, retries, gaps, and orders
 * whose outcome was never written.
 */
import * as fc from "fast-check"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import {
  accepted,
  cancelled,
  expired,
  header,
  rejected,
  returned,
  sent,
  unknown,
} from "../../test/summary/records.ts"

/** Whole microseconds; often exactly a window's length, sometimes longer than what is kept open. */
export const gap = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 300_000 }) },
  { weight: 4, arbitrary: fc.constantFrom(250_000, 500_000, 1_000_000, 2_000_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 90_000_000 }) },
)

const ending = fc.constantFrom(
  ...(["accepted", "accepted", "accepted", "queue", "limiter", "cancelled", "none"] as const),
  ...(["timeout", "server-error"] as const),
  ...(["rate-limit", "blocked", "nonce", "exchange"] as const),
)

const flight = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 0, 500_000, 1_000_000) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 100_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 3_000_000 }) },
)

const plannedAfter = (gap: fc.Arbitrary<number>) =>
  fc.record({
    gap,
    age: fc.oneof(fc.integer({ min: 0, max: 1_500_000 }), fc.constantFrom(0, 1_000_000)),
    /** One for each request, in microseconds. */
    flights: fc.array(flight, { minLength: 1, maxLength: 3 }),
    ending,
  })
type Planned = ReturnType<typeof plannedAfter> extends fc.Arbitrary<infer A> ? A : never

const wasSent = (order: Planned): boolean => !["queue", "limiter", "cancelled"].includes(order.ending)

/** The records of one order whose first request leaves at `start` microseconds, in their order. */
const recordsOf = (order: Planned, id: string, start: number): ReadonlyArray<JournalRecord> => {
  const createdAt = Math.max(0, start - order.age) / 1000
  const records: Array<JournalRecord> = []
  let now = start
  let sentAt = now / 1000
  for (const [index, micros] of order.flights.entries()) {
    const isLast = index === order.flights.length - 1
    if (isLast && !wasSent(order)) break
    sentAt = now / 1000
    records.push(sent(id, sentAt, createdAt))
    now += micros
    if (!isLast) records.push(returned(id, now / 1000, "rate-limit"))
  }
  const t = now / 1000
  const times = { createdAt, sent: sentAt }
  switch (order.ending) {
    case "none":
      return records
    case "accepted":
      return [...records, accepted(id, t, times)]
    case "queue":
    case "limiter":
      return [...records, expired(id, t, order.ending, times)]
    case "timeout":
    case "server-error":
      return [...records, unknown(id, t, order.ending, times)]
    case "cancelled":
      return [...records, cancelled(id, t, times)]
    case "rate-limit":
    case "blocked":
    case "nonce":
    case "exchange":
      return [...records, rejected(id, t, order.ending, times)]
  }
}

export interface GeneratedJournal {
  readonly records: ReadonlyArray<JournalRecord>
  readonly capPerSecond: number
}

/** Journals of one run, with such gaps between their orders: their records' times never run backwards. */
export const journalWithGaps = (gap: fc.Arbitrary<number>): fc.Arbitrary<GeneratedJournal> =>
  fc
    .record({
      start: fc.integer({ min: 0, max: 5_000_000 }),
      limit: fc.integer({ min: 1, max: 4 }),
      keys: fc.integer({ min: 1, max: 2 }),
      windowMs: fc.constantFrom(1000, 1000, 250, 2000),
      orders: fc.array(plannedAfter(gap), { maxLength: 60, size: "max" }),
    })
    .map(({ start, limit, keys, windowMs, orders }) => {
      let now = start
      const records = orders.flatMap((order, index) => {
        now += order.gap
        return recordsOf(order, String(index), now)
      })
      return {
        records: [header({ limit, keys, windowMs }), ...records.toSorted((one, other) => one.t - other.t)],
        capPerSecond: ((limit * 1000) / windowMs) * keys,
      }
    })

export const journal = journalWithGaps(gap)

/** How much later than its time a line is written, in microseconds: a little, or almost as long as is waited for. */
export const lateness = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 900_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 62_000_000 }) },
)

/** Items in the order in which they were written, each a little late. */
export const writtenLate = <A>(
  items: ReadonlyArray<A>,
  microsOf: (item: A) => number,
  late: ReadonlyArray<number>,
): ReadonlyArray<A> =>
  items
    .map((item, index) => ({ item, written: microsOf(item) + (late[index] ?? 0) }))
    .toSorted((one, other) => one.written - other.written)
    .map(({ item }) => item)

/** What a line of a Python client's log tells. Times are whole milliseconds. */
export interface PythonRecord {
  readonly ms: number
  readonly kind:
    "accepted" | "rate-limit" | "blocked" | "nonce" | "unknown" | "queue" | "limiter" | "requests"
  /** The order's number, or how many were counted. */
  readonly number: number
}

const answers = {
  accepted: (id: number) => `status 200, resp {'req_id': '${id}', 'status': 'OK'}`,
  "rate-limit": (id: number) => `status 429, resp {'req_id': '${id}', 'error_msg': 'exceeded rate limit'}`,
  blocked: (id: number) => `status 403, resp {'req_id': '${id}', 'error_msg': 'blocked'}`,
  nonce: (id: number) => `status 400, resp {'req_id': '${id}', 'error_msg': 'invalid nonce'}`,
  unknown: (id: number) => `status 502, resp {'req_id': '${id}'}`,
} as const

const messageOf = ({ kind, number }: PythonRecord): string => {
  switch (kind) {
    case "queue":
      return `ignoring request ${number} from queue due to TTL`
    case "limiter":
      return `ignoring request ${number} in limiter due to TTL`
    case "requests":
      return `Requests ${number}`
    case "accepted":
    case "rate-limit":
    case "blocked":
    case "nonce":
    case "unknown":
      return `API response: ${answers[kind](number)}`
  }
}

export const pythonLine = (record: PythonRecord): string => {
  const time = new Date(Date.UTC(2026, 10, 23) + record.ms).toISOString()
  return `${time.slice(0, 10)} ${time.slice(11, 19)},${time.slice(20, 23)} - root - INFO - ${messageOf(record)}`
}

/** Logs of a Python client, some of which count their orders. */
export const pythonLog: fc.Arbitrary<ReadonlyArray<PythonRecord>> = fc
  .record({
    counts: fc.boolean(),
    plan: fc.array(
      fc.record({
        gap,
        kind: fc.constantFrom(
          ...(["accepted", "accepted", "accepted", "queue", "limiter", "requests"] as const),
          ...(["rate-limit", "blocked", "nonce", "unknown"] as const),
        ),
        number: fc.nat({ max: 500 }),
      }),
      { minLength: 1, maxLength: 60, size: "max" },
    ),
  })
  .map(({ counts, plan }) => {
    let micros = 0
    return plan
      .filter(({ kind }, index) => index === 0 || counts || kind !== "requests")
      .map(({ gap, kind, number }) => {
        micros += gap
        return { ms: Math.round(micros / 1000), kind, number }
      })
  })
