/**
 * Laws of the summary, for any log. Each has a broken variant that it must catch.
 */
import { Option } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { JournalRecord, OutcomeRecord } from "../src/journal/JournalRecord.ts"
import {
  addDuration,
  emptyDistribution,
  type Percentiles,
  percentilesOf,
} from "../src/summary/Distribution.ts"
import { makeLogReader } from "../src/summary/LogReader.ts"
import { addEvent, emptyPart, summaryOf } from "../src/summary/PartialSummary.ts"
import type { Summary } from "../src/summary/Summary.ts"
import { makeSummariser } from "../src/summary/Summariser.ts"
import {
  accepted,
  cancelled,
  expired,
  header,
  rejected,
  returned,
  sent,
  unknown,
} from "../test/summary/records.ts"

const holds = <T>(property: fc.IProperty<T>) => {
  fc.assert(property, { numRuns: 300 })
}
const isCaught = <T>(property: fc.IProperty<T>) => {
  expect(fc.check(property, { numRuns: 300 }).failed).toBe(true)
}

const microsOf = (ms: number): number => Math.round(ms * 1000)
const isOutcome = (record: JournalRecord): record is OutcomeRecord => record.type === "outcome"

/** Everything of a summary but its percentiles. */
interface Figures {
  readonly averageRequestsRate: number
  readonly maxPossibleThroughput: number
  readonly averageThroughput: number
  readonly lowestThroughput: number
  readonly averageIgnoredFromQueue: number
  readonly averageLimitedByLimiter: number
  readonly exceeds: number
  readonly bans: number
  readonly nonceErrors: number
  readonly totalTimeMs: number
  readonly windows: number
  readonly created: number
  readonly accepted: number
  readonly rejected: number
  readonly expired: number
  readonly unknown: number
  readonly cancelled: number
}

/** Whether a time lies in the window [from, to). In microseconds. */
type Inside = (time: number, from: number, to: number) => boolean

const acceptedIn = (window: ReadonlyArray<OutcomeRecord>) =>
  window.filter((record) => record.outcome === "accepted").length
const expiredIn = (place: "queue" | "limiter") => (window: ReadonlyArray<OutcomeRecord>) =>
  window.filter((record) => record.outcome === "expired" && record.place === place).length

/** The definitions, word for word, from the whole list of records. */
const recompute = (records: ReadonlyArray<JournalRecord>, capPerSecond: number, inside: Inside): Figures => {
  const outcomes = records.filter(isOutcome)
  const times = outcomes.map((record) => microsOf(record.t))
  const first = times.length === 0 ? 0 : Math.min(...times)
  const total = times.length === 0 ? 0 : Math.max(...times) - first
  const complete = Math.floor(total / 1e6)
  const isShort = complete === 0
  const windows = isShort ? 1 : complete
  const inWindow = (time: number, k: number) =>
    isShort || inside(time, first + k * 1e6, first + (k + 1) * 1e6)

  const perWindow = Array.from({ length: windows }, (_, k) =>
    outcomes.filter((record) => inWindow(microsOf(record.t), k)),
  )
  const mean = (countOf: (window: ReadonlyArray<OutcomeRecord>) => number) =>
    perWindow.reduce((sum, window) => sum + countOf(window), 0) / windows

  const createdAt = new Map<string, number>()
  for (const record of records) {
    if (record.type === "sent" || record.type === "outcome")
      createdAt.set(record.id, microsOf(record.createdAt))
  }
  const createdInWindows = [...createdAt.values()].filter((time) =>
    perWindow.some((_, k) => inWindow(time, k)),
  ).length

  const refusals = (reason: string) =>
    records.filter((record) => "reason" in record && record.reason === reason).length
  const ended = (outcome: OutcomeRecord["outcome"]) =>
    outcomes.filter((record) => record.outcome === outcome).length
  return {
    averageRequestsRate: createdInWindows / windows,
    maxPossibleThroughput: mean((window) =>
      Math.min(capPerSecond, window.filter((record) => record.outcome !== "cancelled").length),
    ),
    averageThroughput: mean(acceptedIn),
    lowestThroughput: Math.min(...perWindow.map(acceptedIn)),
    averageIgnoredFromQueue: mean(expiredIn("queue")),
    averageLimitedByLimiter: mean(expiredIn("limiter")),
    exceeds: refusals("rate-limit"),
    bans: refusals("blocked"),
    nonceErrors: refusals("nonce"),
    totalTimeMs: total / 1000,
    windows,
    created: createdAt.size,
    accepted: ended("accepted"),
    rejected: ended("rejected"),
    expired: ended("expired"),
    unknown: ended("unknown") + createdAt.size - outcomes.length,
    cancelled: ended("cancelled"),
  }
}

const byDefinition: Inside = (time, from, to) => from <= time && time < to
const withBothEdges: Inside = (time, from, to) => from <= time && time <= to

/** What the reader makes of the same records as text. */
const streamed = (records: ReadonlyArray<JournalRecord>): Figures => {
  const reader = makeLogReader({ keys: 5, limit: 20 })
  for (const record of records) {
    reader.line(JSON.stringify(record))
    reader.summary()
  }
  const { orders, unrecognisedLines, orderAge, roundTrip, ...figures } = Option.getOrThrow(reader.summary())
  expect(unrecognisedLines).toBe(0)
  expect(orderAge === null || orderAge.max >= orderAge.p50).toBe(true)
  expect(roundTrip === null || roundTrip.max >= roundTrip.p50).toBe(true)
  return { ...figures, ...orders }
}

// Whole microseconds; often exactly a window's length, sometimes longer than what is kept open.
const gap = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 300_000 }) },
  { weight: 4, arbitrary: fc.constantFrom(250_000, 500_000, 1_000_000, 2_000_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 90_000_000 }) },
)
const ending = fc.constantFrom(
  ...(["accepted", "accepted", "accepted", "queue", "limiter", "timeout", "cancelled", "none"] as const),
  ...(["rate-limit", "blocked", "nonce", "exchange"] as const),
)
const planned = fc.record({
  gap,
  age: fc.oneof(fc.integer({ min: 0, max: 1_500_000 }), fc.constantFrom(0, 1_000_000)),
  ending,
  isReturned: fc.boolean(),
})

/** Journals whose records' times never run backwards, with any of their orders without an outcome. */
const journal = fc
  .record({
    start: fc.integer({ min: 0, max: 5_000_000 }),
    limit: fc.integer({ min: 1, max: 4 }),
    keys: fc.integer({ min: 1, max: 2 }),
    orders: fc.array(planned, { maxLength: 60 }),
  })
  .map(({ start, limit, keys, orders }) => {
    const records: Array<JournalRecord> = [header({ limit, keys })]
    let now = start
    for (const [index, order] of orders.entries()) {
      const id = String(index)
      now += order.gap
      const t = now / 1000
      const times = { createdAt: Math.max(0, now - order.age) / 1000, sent: t }
      const isSent = !["queue", "limiter", "cancelled"].includes(order.ending)
      if (isSent) records.push(sent(id, t, times.createdAt))
      if (isSent && order.isReturned) records.push(returned(id, t, "rate-limit"))
      switch (order.ending) {
        case "accepted":
          records.push(accepted(id, t, times))
          break
        case "queue":
        case "limiter":
          records.push(expired(id, t, order.ending, times))
          break
        case "timeout":
          records.push(unknown(id, t, order.ending, times))
          break
        case "cancelled":
          records.push(cancelled(id, t, times))
          break
        case "none":
          break
        case "rate-limit":
        case "blocked":
        case "nonce":
        case "exchange":
          records.push(rejected(id, t, order.ending, times))
      }
    }
    return { records, capPerSecond: limit * keys }
  })

type Summarise = (records: ReadonlyArray<JournalRecord>, capPerSecond: number) => Figures

const law = (summarise: Summarise) =>
  fc.property(journal, ({ records, capPerSecond }) => {
    expect(summarise(records, capPerSecond)).toEqual(recompute(records, capPerSecond, byDefinition))
  })

describe("a summary in one pass", () => {
  it("is what its definitions give from all records at once", () => {
    holds(law(streamed))
  })

  it("is not that where a window has both its edges", () => {
    isCaught(law((records, capPerSecond) => recompute(records, capPerSecond, withBothEdges)))
  })

  it("is not that where an order without an outcome is forgotten", () => {
    isCaught(law((records) => streamed(records.filter((record) => record.type !== "sent"))))
  })
})

type Count = (times: ReadonlyArray<number>) => Summary
const eventAt = (atMs: number) =>
  ({
    type: "outcome",
    atMs,
    outcome: { outcome: "accepted" },
    id: undefined,
    number: undefined,
    createdAtMs: undefined,
    orderAgeMs: undefined,
    roundTripMs: undefined,
  }) as const

const options = { source: "python-client", keys: 1, limit: 3 } as const

const counted: Count = (times) => {
  const summariser = makeSummariser(options)
  for (const time of times) summariser.add(eventAt(time))
  return summariser.finish()
}
const fromFirstLine: Count = (times) => {
  const origin = { source: options.source, firstMs: times[0] ?? 0, capPerSecond: options.limit }
  const part = emptyPart(true)
  for (const time of times) addEvent(part, eventAt(time), origin)
  return summaryOf(part, origin)
}

describe("lines that threads wrote up to a second late", () => {
  const late = fc.array(fc.record({ gap, lateness: fc.integer({ min: 0, max: 900_000 }) }), {
    minLength: 1,
    maxLength: 60,
  })
  const law = (count: Count) =>
    fc.property(late, (plan) => {
      let now = 0
      const lines = plan.map(({ gap, lateness }) => {
        now += gap
        return { time: now / 1000, written: now + lateness }
      })
      const inOrder = lines.map((line) => line.time)
      const asWritten = lines.toSorted((one, other) => one.written - other.written).map((line) => line.time)
      expect(count(asWritten)).toEqual(counted(inOrder))
    })

  it("change no figure", () => {
    holds(law(counted))
  })

  it("would, were windows counted from the first line rather than the earliest", () => {
    isCaught(law(fromFirstLine))
  })
})

type Measure = (ms: ReadonlyArray<number>) => Percentiles | null

const measured: Measure = (ms) => {
  const distribution = emptyDistribution()
  for (const one of ms) addDuration(distribution, one)
  return percentilesOf(distribution)
}

describe("percentiles", () => {
  const micros = fc.array(fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 5_000_000 })), {
    minLength: 1,
    maxLength: 200,
  })
  const law = (measure: Measure) =>
    fc.property(micros, (values) => {
      const sorted = values.toSorted((one, other) => one - other)
      const atRank = (rank: number) => sorted[Math.max(0, rank - 1)] ?? 0
      const percentiles = measure(values.map((value) => value / 1000))
      expect(percentiles?.max).toBe(Math.max(...values) / 1000)
      for (const [found, percent] of [
        [percentiles?.p50, 50],
        [percentiles?.p90, 90],
        [percentiles?.p99, 99],
      ] as const) {
        const rank = (percent / 100) * sorted.length
        const micros = (found ?? Number.NaN) * 1000
        // A microsecond, for none is counted as one, or three figures.
        expect(micros).toBeGreaterThanOrEqual(atRank(Math.floor(rank)) * 0.999 - 0.001)
        expect(micros).toBeLessThanOrEqual(Math.max(1, atRank(Math.ceil(rank)) * 1.001) + 0.001)
      }
    })

  it("have three figures right, and the maximum exactly", () => {
    holds(law(measured))
  })

  it("do not, where milliseconds are counted whole", () => {
    isCaught(law((ms) => measured(ms.map(Math.round))))
  })
})

type Read = (lines: ReadonlyArray<string>) => number

/** How many lines were not recognised. */
const unrecognised: Read = (lines) => {
  const reader = makeLogReader({ keys: 5, limit: 20 })
  for (const text of lines) reader.line(text)
  return Option.match(reader.summary(), {
    onNone: () => lines.length,
    onSome: (summary) => summary.unrecognisedLines,
  })
}

describe("no text whatever", () => {
  const line = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc.constantFrom("", "{", "null", `{"type":"header","version":1}`, `{"type":"outcome","t":1e999}`),
    // A good line that lost or won something somewhere.
    fc
      .record({
        good: fc.constantFrom(
          JSON.stringify(header()),
          JSON.stringify(accepted("a", 1)),
          JSON.stringify(sent("a", 1)),
          "2026-11-23 16:24:05,711 - root - INFO - API response: status 200, resp {'req_id': '12', 'status': 'OK'}",
          "2026-11-23 16:24:05,719 - root - WARNING - ignoring request 17 from queue due to TTL",
          "2026-11-23 16:24:06,711 - root - INFO - Requests 95",
        ),
        from: fc.nat({ max: 400 }),
        length: fc.nat({ max: 4 }),
        instead: fc.oneof(fc.constant(""), fc.string({ maxLength: 3 })),
      })
      .map(({ good, from, length, instead }) => good.slice(0, from) + instead + good.slice(from + length)),
  )
  const law = (read: Read) =>
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const count = read(lines)
      expect(count).toBeGreaterThanOrEqual(0)
      expect(count).toBeLessThanOrEqual(lines.length)
    })

  it("makes the reader fail", () => {
    holds(law(unrecognised))
  })

  it("could, were lines taken for JSON", () => {
    isCaught(law((lines) => lines.filter((text) => JSON.parse(text) === null).length))
  })
})
