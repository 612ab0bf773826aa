/**
 * Laws of looking at a part of a log, and of its intervals. Each has a broken variant that it must catch.
 */
import { Option } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { JournalRecord } from "../src/journal/JournalRecord.ts"
import type { Moment, Selection } from "../src/summary/Selection.ts"
import { type Interval, makeIntervals } from "../src/summary/Intervals.ts"
import { makeLogSummariser } from "../src/summary/LogSummariser.ts"
import type { Summary } from "../src/summary/Summary.ts"
import { catches, holds } from "./support/law.ts"
import { type GeneratedJournal, journal } from "./support/logs.ts"
import { pushLine } from "../test/summary/records.ts"

const everything: Selection = { since: undefined, until: undefined, keys: [] }
const at = (ms: number) => ({ type: "offset", ms }) satisfies Moment

type Look = (records: ReadonlyArray<JournalRecord>, selection: Selection) => Summary

const look: Look = (records, selection) => {
  const reader = makeLogSummariser({ keys: 5, limit: 20 }, { selection })
  for (const record of records) pushLine(reader, JSON.stringify(record))
  return Option.getOrThrow(reader.summary())
}

/** Leaves lines out, rather than what they say of other lines. */
const lookAtLines: Look = (records, { since, until, keys }) =>
  look(
    records.filter(
      (record) =>
        record.type === "header" ||
        ((since === undefined || record.t >= since.ms) &&
          (until === undefined || record.t < until.ms) &&
          (keys.length === 0 || ("key" in record && keys.includes(record.key)))),
    ),
    everything,
  )

const totals = ({ orders, exceeds, bans, nonceErrors, keys }: Summary) => [
  orders.accepted,
  orders.rejected,
  orders.expired,
  orders.cancelled ?? 0,
  exceeds,
  bans,
  nonceErrors,
  (keys ?? []).reduce((sum, key) => sum + key.sent, 0),
]
/** Orders without an outcome that were sent before a moment and again after it. */
const sentOnBothSides = (records: ReadonlyArray<JournalRecord>, ms: number): number => {
  const idsOf = (wanted: (record: JournalRecord) => boolean) =>
    new Set(records.flatMap((record) => ("id" in record && wanted(record) ? [record.id] : [])))
  const ended = idsOf(({ type }) => type === "outcome")
  const later = idsOf(({ t, type }) => type === "sent" && t >= ms)
  return [...idsOf(({ t, type }) => type === "sent" && t < ms)].filter(
    (id) => later.has(id) && !ended.has(id),
  ).length
}
/** Of a journal, which knows. */
const unfinished = ({ losses }: Summary): number => losses.unknown.unfinished ?? 0

const add = (parts: ReadonlyArray<ReadonlyArray<number>>) =>
  parts.reduce((sums, part) => sums.map((sum, index) => sum + (part[index] ?? 0)))

describe("what is before a moment and what is from it on", () => {
  const cut = fc.record({ journal, share: fc.double({ min: 0, max: 1, noNaN: true }) })
  const law =
    (look: Look) =>
    async ({
      journal: { records },
      share,
    }: {
      readonly journal: GeneratedJournal
      readonly share: number
    }) => {
      const moment = at((records.at(-1)?.t ?? 0) * share)
      const whole = look(records, everything)
      const before = look(records, { ...everything, until: moment })
      const after = look(records, { ...everything, since: moment })
      expect(add([before, after].map(totals))).toEqual(totals(whole))
      // No order that ended counts as unfinished anywhere; one that did not counts on each side that it was sent on.
      expect(unfinished(before) + unfinished(after)).toBe(
        unfinished(whole) + sentOnBothSides(records, moment.ms),
      )
    }

  it("add up to the whole", async () => {
    await holds(cut, law(look))
  })

  it("do not, where lines are left out", async () => {
    await catches(cut, law(lookAtLines))
  })
})

describe("the keys, one by one", () => {
  const law =
    (look: Look) =>
    async ({ records }: GeneratedJournal) => {
      const whole = look(records, everything)
      const labels = (whole.keys ?? []).map(({ key }) => key)
      const parts = labels.map((label) => look(records, { ...everything, keys: [label] }))
      const requests = ({ orders, losses, exceeds, keys }: Summary) => [
        orders.accepted,
        orders.rejected,
        (orders.unknown ?? 0) - (losses.unknown.unfinished ?? 0),
        exceeds,
        (keys ?? []).reduce((sum, key) => sum + key.sent, 0),
      ]
      expect(add(parts.map(requests))).toEqual(requests(whole))
      for (const part of parts) {
        expect(unfinished(part)).toBeLessThanOrEqual(unfinished(whole))
      }
    }

  it("add up to all requests", async () => {
    await holds(journal, law(look))
  })

  it("do not, where lines are left out", async () => {
    await catches(journal, law(lookAtLines))
  })
})

describe("the intervals of a log", () => {
  const everyMs = 5000
  type Take = (intervals: ReadonlyArray<Interval>) => ReadonlyArray<Interval>

  const law = (take: Take) => async (log: GeneratedJournal) => {
    const told: Array<Interval> = []
    const reader = makeLogSummariser(
      { keys: 5, limit: 20 },
      {
        listen: [(source, span) => makeIntervals(everyMs, source, span, (interval) => told.push(interval))],
      },
    )
    for (const record of log.records) pushLine(reader, JSON.stringify(record))
    reader.end()
    const intervals = take(told)
    const outcomes = log.records.filter((record) => record.type === "outcome")
    for (const { fromMs, accepted, expired, unknown } of intervals) {
      const within = outcomes.filter(({ t }) => t >= fromMs && t < fromMs + everyMs)
      const count = (outcome: string) => within.filter((record) => record.outcome === outcome).length
      expect([accepted, expired, unknown]).toEqual([count("accepted"), count("expired"), count("unknown")])
    }
    const all = intervals.reduce((sum, { accepted }) => sum + accepted, 0)
    expect(all).toBe(outcomes.filter(({ outcome }) => outcome === "accepted").length)
    expect(intervals.reduce((sum, { exceeds }) => sum + exceeds, 0)).toBe(
      look(log.records, everything).exceeds,
    )
  }

  it("have every outcome exactly once, in its own interval", async () => {
    await holds(
      journal,
      law((intervals) => intervals),
    )
  })

  it("have not, where the last is not told", async () => {
    await catches(
      journal,
      law((intervals) => intervals.slice(0, -1)),
    )
  })
})

describe("what an interval covers", () => {
  const everyMs = 5000
  const shares = fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  const cut = fc.record({ journal, shares, isHeaded: fc.boolean() })
  type Cut = typeof cut extends fc.Arbitrary<infer A> ? A : never

  /** The time that all of them have, counted in whole microseconds. */
  const overlapMs = (...spans: ReadonlyArray<readonly [fromMs: number, toMs: number]>): number => {
    const micros = spans.map((span) => span.map((ms) => Math.round(ms * 1000)))
    const begun = Math.max(...micros.map(([from = 0]) => from))
    const ended = Math.min(...micros.map(([, to = 0]) => to))
    return ended > begun ? (ended - begun) / 1000 : 0
  }

  const law =
    (coverOf: (interval: Interval) => number) =>
    async ({ journal, shares, isHeaded }: Cut) => {
      const records = journal.records.filter(({ type }) => isHeaded || type !== "header")
      const times = records.map(({ t }) => t)
      const lastMs = Math.max(0, ...times)
      const [sinceMs = 0, untilMs = 0] = shares
        .map((share) => Math.round(lastMs * share * 1000) / 1000)
        .toSorted((a, b) => a - b)
      const told: Array<Interval> = []
      const reader = makeLogSummariser(
        { keys: 5, limit: 20 },
        {
          selection: { since: at(sinceMs), until: at(untilMs), keys: [] },
          listen: [(source, span) => makeIntervals(everyMs, source, span, (interval) => told.push(interval))],
        },
      )
      for (const record of records) pushLine(reader, JSON.stringify(record))
      reader.end()
      for (const interval of told) {
        const own = [interval.fromMs, interval.fromMs + everyMs] as const
        expect(coverOf(interval)).toBeCloseTo(
          overlapMs(own, [sinceMs, untilMs], [isHeaded ? 0 : Math.min(...times), lastMs]),
          3,
        )
      }
      // All that is looked at is in some interval, but for what is before the first record that counts, and after the last.
      const counted = records.filter(({ t, type }) => type === "outcome" && sinceMs <= t && t < untilMs)
      const [first, last] = [counted.at(0), counted.at(-1)]
      if (first !== undefined && last !== undefined)
        expect(told.reduce((sum, interval) => sum + coverOf(interval), 0)).toBeGreaterThanOrEqual(
          last.t - first.t - 0.001,
        )
    }

  it("is its part of the log and of the time that is looked at", async () => {
    await holds(
      cut,
      law(({ coveredMs }) => coveredMs),
    )
  })

  it("is not all of it", async () => {
    await catches(
      cut,
      law(({ everyMs }) => everyMs),
    )
  })
})
