/**
 * Generated logs: journals and Python clients' logs, with orders in flight at once, retries, gaps, and orders
 * whose outcome was never written.
 */
import * as fc from "fast-check"
import type { Header, JournalRecord } from "../../src/journal/JournalRecord.ts"
import * as record from "../../test/summary/records.ts"

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
    /** One for each request, in microseconds; a share of it to hand the request over, or null where it never was. */
    flights: fc.array(
      fc.record({
        micros: flight,
        key: fc.integer({ min: 1, max: 3 }),
        handing: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        fate: fc.constantFrom("rate-limit", "nonce", "not-sent"),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    /** What else the log tells before the order's first request. */
    besides: fc.constantFrom("nothing", "nothing", "nothing", "retired", "nonce-jump"),
    ending,
  })
type Planned = ReturnType<typeof plannedAfter> extends fc.Arbitrary<infer A> ? A : never

const wasSent = (order: Planned): boolean => !["queue", "limiter", "cancelled"].includes(order.ending)

/** The records of one order whose first request leaves at `start` microseconds, in their order. */
const recordsOf = (order: Planned, id: string, start: number): ReadonlyArray<JournalRecord> => {
  const createdAt = Math.max(0, start - order.age) / 1000
  const records: Array<JournalRecord> = []
  const [{ key } = { key: 1 }] = order.flights
  if (order.besides === "retired") records.push(record.retired(`key-${key}`, start / 1000, "nonce"))
  if (order.besides === "nonce-jump") records.push(record.nonceJump(`key-${key}`, start / 1000))
  let now = start
  let request = {}
  for (const [index, { micros, key, handing, fate }] of order.flights.entries()) {
    const isLast = index === order.flights.length - 1
    if (isLast && !wasSent(order)) break
    const sentAt = now / 1000
    const about = { key: `key-${key}`, attempt: index + 1 }
    records.push(record.sent(id, sentAt, createdAt, about))
    request = {
      ...about,
      sent: sentAt,
      ...(handing === null ? {} : { written: (now + Math.round(micros * handing)) / 1000 }),
    }
    now += micros
    if (!isLast) records.push(record.returned(id, now / 1000, fate, request))
  }
  const t = now / 1000
  const times = { createdAt, ...request }
  switch (order.ending) {
    case "none":
      return records
    case "accepted":
      return [...records, record.accepted(id, t, times)]
    case "queue":
    case "limiter":
      return [...records, record.expired(id, t, order.ending, times)]
    case "timeout":
    case "server-error":
      return [...records, record.unknown(id, t, order.ending, times)]
    case "cancelled":
      return [...records, record.cancelled(id, t, times)]
    case "rate-limit":
    case "blocked":
    case "nonce":
    case "exchange":
      return [...records, record.rejected(id, t, order.ending, times)]
  }
}

export interface GeneratedJournal {
  /** The first of the records. */
  readonly header: typeof Header.Type
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
      durationMs: fc.constantFrom(null, 500, 5_000, 30_000),
      end: fc.option(
        fc.record({
          end: fc.constantFrom("done", "stopped", "failed"),
          afterMs: fc.constantFrom(0, 0.001, 3000),
        }),
      ),
    })
    .map(({ durationMs, end, start, limit, keys, windowMs, orders }) => {
      let now = start
      const records = orders.flatMap((order, index) => {
        now += order.gap
        return recordsOf(order, String(index), now)
      })
      const { settings, ...header } = record.header({ limit, keys, windowMs })
      const first = { ...header, settings: { ...settings, durationMs } }
      const inOrder = records.toSorted((one, other) => one.t - other.t)
      const last = inOrder.at(-1)?.t ?? 0
      const footer = end === null ? [] : [{ ...record.footer(last + end.afterMs, {}), end: end.end }]
      return {
        header: first,
        records: [first, ...inOrder, ...footer],
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
    "accepted" | "rate-limit" | "blocked" | "nonce" | "unknown" | "queue" | "limiter" | "requests" | "remark"
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
      return `Requests ${number}${number % 2 === 0 ? "" : " requests made / second"}`
    case "remark":
      return number % 2 === 0
        ? `Throughput ${number} requests made / second`
        : `Request ${number} expired. Requeueing attempt 1.`
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
    /** Orders are numbered from 0, and end a little out of order. */
    disorder: fc.constantFrom(0, 1, 3),
    plan: fc.array(
      fc.record({
        gap,
        kind: fc.constantFrom(
          ...(["accepted", "accepted", "accepted", "queue", "limiter", "requests"] as const),
          ...(["rate-limit", "blocked", "nonce", "unknown", "remark"] as const),
        ),
        number: fc.nat({ max: 500 }),
      }),
      { minLength: 1, maxLength: 60, size: "max" },
    ),
  })
  .map(({ counts, disorder, plan }) => {
    let micros = 0
    return plan
      .filter(({ kind }, index) => index === 0 || counts || kind !== "requests")
      .map(({ gap, kind, number }, index) => {
        micros += gap
        return {
          ms: Math.round(micros / 1000),
          kind,
          number: kind === "requests" ? number : index ^ disorder,
        }
      })
  })
