/** Laws of the report: it shows what is in the log, and keeps no more of a long one. */
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import type { JournalRecord } from "../src/journal/JournalRecord.ts"
import type { ReportedLog } from "../src/report/charts/Panel.ts"
import { makeRunRecorder, type RunRecorder } from "../src/report/RunRecord.ts"
import type { Band, Counts, Point } from "../src/report/Timeline.ts"
import { NEVER_MS } from "../src/certificate/SpareTime.ts"
import { pageOf, reported } from "../test/report/sample.ts"
import { figuresOn, numberIn, shownFigures } from "../test/report/shownFigures.ts"
import { bySendTimes } from "./broken/certificates.ts"
import { ringOfSendTimes } from "./broken/gates.ts"
import { certificateOf, journalOf } from "./support/journals.ts"
import { catches, holds, SEED } from "./support/law.ts"
import { journal } from "./support/logs.ts"
import { FEW, keepingAll, leavesNoMore, LONG_LOGS, longLogs } from "./support/longLog.ts"
import { naiveCertificate } from "./support/naiveCertificate.ts"
import { inIntervals, naiveReport } from "./support/naiveReport.ts"
import { play } from "./support/play.ts"
import { everyGateScenarios, scenarios } from "./support/scenario.ts"

type Journal = ReadonlyArray<JournalRecord>
type Report = (journal: Journal) => ReportedLog

const NAME = "run.ndjson"
const report: Report = (records) => reported(NAME, records)

const journals: fc.Arbitrary<Journal> = journal.map(({ records }) => records)

/** As if the journal had less in it. */
const seeing =
  (see: (record: JournalRecord) => JournalRecord | undefined): Report =>
  (records) =>
    report(records.flatMap((record) => see(record) ?? []))

const counted = ["accepted", "refused", "expired", "unknown", "created"] as const satisfies ReadonlyArray<
  keyof Counts
>

/** Two figures of a percentile are right: in tenths of a millisecond, the least of which is one. */
const assertBand = (found: Band | null, micros: ReadonlyArray<number>): void => {
  if (found === null || micros.length === 0) {
    assert.deepStrictEqual([found, micros], [null, []])
    return
  }
  const sorted = micros.toSorted((one, other) => one - other)
  const atRank = (rank: number) => (sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] ?? 0) / 1000
  for (const [ms, share] of [
    [found.p50, 0.5],
    [found.p99, 0.99],
  ] as const) {
    const rank = (share * 1000 * sorted.length) / 1000
    assert.isAtLeast(ms, atRank(Math.ceil(rank)) * 0.99 - 0.1)
    assert.isAtMost(ms, Math.max(0.1, atRank(Math.ceil(rank)) * 1.01) + 0.1)
  }
}

describe(`reports (seed ${SEED})`, () => {
  describe("the intervals behind the charts have what is in the log, each in its own, and add up to the totals", () => {
    const law = (make: Report) => async (records: Journal) => {
      const { run, summary } = make(records)
      const { happenings, length, orderAges, roundTrips } = naiveReport(records)
      const { points } = run
      assert.isAtMost(points.length, 600)
      assert.strictEqual(points[0]?.fromMs, 0)
      assert.strictEqual(points.at(-1)?.toMs, Math.max(1000, length / 1000))
      for (const [index, { fromMs }] of points.entries())
        if (index > 0) assert.strictEqual(fromMs, points[index - 1]?.toMs)

      const naive = inIntervals(happenings, points).map((some) =>
        counted.map((what) => some.filter((one) => one.what === what).length),
      )
      assert.deepStrictEqual(
        points.map((point) => counted.map((what) => point[what])),
        naive,
      )
      const sum = (what: keyof Counts): number => points.reduce((total, point) => total + point[what], 0)
      const { orders, losses } = summary
      assert.strictEqual(sum("accepted"), orders.accepted)
      assert.strictEqual(sum("expired"), orders.expired)
      assert.strictEqual(sum("unknown"), (orders.unknown ?? 0) - (losses.unknown.unfinished ?? 0))
      const returned = happenings.filter(({ what }) => what === "refused").length - orders.rejected
      assert.strictEqual(sum("refused"), orders.rejected + returned)

      for (const [measured, what] of [
        [orderAges, "orderAge"],
        [roundTrips, "roundTrip"],
      ] as const)
        for (const [index, some] of inIntervals(measured, points).entries())
          assertBand(
            points[index]?.[what] ?? null,
            some.map(({ micros }) => micros),
          )
    }
    it("holds", () => holds(journals, law(report)))
    it("catches one that forgets the requests that came back", () =>
      catches(journals, law(seeing((record) => (record.type === "returned" ? undefined : record)))))
    it("catches one whose intervals are a microsecond late", () =>
      catches(
        journals,
        law(
          seeing((record) =>
            record.type === "outcome" && record.outcome === "accepted"
              ? { ...record, t: record.t + 0.001 }
              : record,
          ),
        ),
      ))
    it("catches one that takes giving up for an answer", () =>
      catches(
        journals,
        law(
          seeing((record) =>
            record.type === "outcome" && record.outcome === "unknown"
              ? { ...record, cause: "server-error" }
              : record,
          ),
        ),
      ))
  })

  describe("the least spare time of each key, and of all over time, is the certificate's, and that of every request against all before it", () => {
    const law =
      (make: Report, certify = certificateOf) =>
      async (records: Journal) => {
        const certified = new Map(
          certify(records).keys.flatMap(({ key, window }) =>
            window === null ? [] : [[key, window.spareMs]],
          ),
        )
        const naive = new Map(
          naiveCertificate(records).keys.flatMap(({ key, windowMs }) =>
            windowMs === null ? [] : [[key, Math.max(NEVER_MS, windowMs)]],
          ),
        )
        const { run } = make(records)
        assert.deepStrictEqual(new Map(run.spareByKey), certified)
        assert.deepStrictEqual(new Map(run.spareByKey), naive)
        const series = run.points.flatMap(({ spareMs }) => spareMs ?? [])
        assert.strictEqual(Math.min(...series), Math.min(...certified.values()))
      }
    const ofRuns =
      (make: Report, certify = certificateOf) =>
      async (
        scenario: typeof everyGateScenarios extends (max: number) => fc.Arbitrary<infer A> ? A : never,
      ) =>
        law(make, certify)(journalOf(scenario, await play(scenario)))
    it("in any journal", () => holds(journals, law(report)))
    it("in the journals of runs, whatever the gate", () => holds(everyGateScenarios(80), ofRuns(report)))
    it("where requests come back", () =>
      holds(scenarios(80), async (scenario) =>
        law(report)(journalOf(scenario, await play(scenario, { gate: ringOfSendTimes }))),
      ))
    it("catches one that forgets what has no end", () =>
      catches(
        journals,
        law((records) => {
          const ended = new Set(records.flatMap((record) => (record.type === "outcome" ? record.id : [])))
          return report(records.filter((record) => record.type !== "sent" || ended.has(record.id)))
        }),
      ))
    it("catches one that errs as the certificate does", () => {
      const withMore = (records: Journal): Journal =>
        records.map((record) =>
          record.type === "header"
            ? { ...record, settings: { ...record.settings, limit: record.settings.limit + 1 } }
            : record,
        )
      return catches(
        journals,
        law(
          (records) => report(withMore(records)),
          (records) => certificateOf(withMore(records)),
        ),
      )
    })
    it("catches one that goes by send times", () =>
      catches(everyGateScenarios(80), ofRuns(report, bySendTimes)))
  })

  describe("a page says the figures of the summary, and its tables the intervals", () => {
    /** A page is some hundred times as dear as what it is made of. */
    const PAGES = 20
    const text = (html: string): string => html.replaceAll(/<[^>]*>/g, "").trim()
    const cellsOf = (html: string, cell: "td" | "th"): ReadonlyArray<string> =>
      [...html.matchAll(new RegExp(`<${cell}[^>]*>(.*?)</${cell}>`, "gs"))].map(([, inner]) =>
        text(inner ?? ""),
      )

    const law =
      (render: (log: ReportedLog) => Promise<string> = (log) => pageOf([log])) =>
      async (records: Journal) => {
        const log = report(records)
        const page = await render(log)
        const figures = figuresOn(page)
        for (const [name, value, off] of shownFigures(log.summary)) {
          const found = figures.get(name)
          if (value === null) assert.isNaN(found, name)
          else assert.approximately(found ?? Number.NaN, value, off, name)
        }
        const [, section = ""] = page.split('<section aria-labelledby="orders">')
        const [, table = ""] = section.split("<tbody>")
        const [body = ""] = table.split("</tbody>")
        const rows = body.split("</tr>").slice(0, -1)
        const { points } = log.run
        assert.strictEqual(rows.length, points.length)
        for (const [index, row] of rows.entries()) {
          const point = points[index]
          if (point === undefined) return assert.fail("a row for every interval")
          const cells = cellsOf(row, "td").map(numberIn)
          const seconds = (point.toMs - point.fromMs) / 1000
          const rates = [point.accepted, point.unknown, point.refused, point.expired]
          for (const [place, count] of rates.entries())
            assert.approximately(cells[place] ?? Number.NaN, count / seconds, 0.0051)
          assert.strictEqual(cells[5], point.accepted)
        }
      }
    it("holds", () => holds(journals, law(), [], PAGES))
    it("catches one that takes the expired for rejected", () =>
      catches(
        journals,
        law(({ summary, ...log }) => {
          const { expired, rejected, ...orders } = summary.orders
          return pageOf([
            { ...log, summary: { ...summary, orders: { ...orders, expired: rejected, rejected: expired } } },
          ])
        }),
      ))
    it("catches one whose rates are of other seconds", () =>
      catches(
        journals,
        law(({ run, ...log }) => {
          const late = (point: Point): Point => ({ ...point, toMs: point.toMs + 500 })
          return pageOf([{ ...log, run: { ...run, points: run.points.map(late) } }])
        }),
      ))
  })

  describe("a log that goes on leaves no more in memory, whole or damaged", () => {
    const make = () => makeRunRecorder("journal")
    const isSmall = (recorder: RunRecorder) => assert.isAtMost(recorder.record().points.length, 600)
    it("holds", () => holds(longLogs, leavesNoMore(make, isSmall), [], LONG_LOGS))
    it("catches one that keeps every event", () =>
      catches(
        longLogs,
        leavesNoMore(() => keepingAll(make()), undefined, FEW),
      ))
  })
})
