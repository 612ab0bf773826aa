import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { Journal, unwritten } from "../../src/journal/Journal.ts"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { fromJournal } from "../../src/journal/LogEvent.ts"
import { RunProgress } from "../../src/run/RunProgress.ts"
import { simulate } from "../../src/simulation/Simulation.ts"
import type { Passage } from "../../src/summary/SafeClient.ts"
import { makeTransitReader } from "../../src/summary/TransitTimes.ts"
import { accepted, footer, header, rejected, sent, summaryOf } from "./records.ts"
import { exerciseSettings } from "../simulation/settings.ts"

const passagesOf = (records: ReadonlyArray<JournalRecord>): ReadonlyArray<Passage> => {
  const passages: Array<Passage> = []
  const read = makeTransitReader((passage) => passages.push(passage))
  for (const record of records) read(fromJournal(record))
  return passages
}

describe("what a journal tells the optimum of a request's way", () => {
  const made = header({ keys: 1 })
  const first = { ...made, version: 2 as const, settings: { ...made.settings, boundMs: 50 } }
  const unbounded = { ...first, settings: { ...first.settings, boundMs: null } }
  const request = { key: "key-1", nonce: 1, attempt: 1, sent: 5, written: 6 }
  const about = { type: "outcome", id: "1", createdAt: 0 } as const

  it("is its answer, or the bound after it was handed over where that is sooner", () => {
    const answered = { ...about, t: 85, outcome: "accepted", ...request, settled: 85 } as const
    const way = { settledMs: 80, isAccepted: true }
    assert.deepStrictEqual(passagesOf([first, answered]), [{ ...way, latestMs: 51, nextMs: 51 }])
    assert.deepStrictEqual(passagesOf([unbounded, answered]), [{ ...way, latestMs: 80, nextMs: 80 }])
  })

  it("is its answer where that is later than twice the bound, but the next one has gone by then", () => {
    const late = { ...about, t: 205, outcome: "accepted", ...request, settled: 205 } as const
    assert.deepStrictEqual(passagesOf([first, late]), [
      { settledMs: 200, latestMs: 200, nextMs: 51, isAccepted: true },
    ])
  })

  it("is the ping after it where it was lost, and nothing without one", () => {
    const lost = { ...about, t: 100, outcome: "unknown", cause: "timeout", ...request, settled: 100 } as const
    const ping = { type: "ping", t: 160, begun: 155, cleared: 210 } as const
    assert.deepStrictEqual(passagesOf([first, lost]), [])
    assert.deepStrictEqual(passagesOf([first, lost, ping]), [
      { settledMs: 95, latestMs: 205, nextMs: 51, isAccepted: false },
    ])
  })

  it("counts for an acceptance where the exchange refused what a safe client would not have sent", () => {
    const reasons = ["rate-limit", "nonce", "blocked", "exchange", "api-key"] as const
    const refused = reasons.map((reason) => rejected(reason, 100, reason, { sent: 50 }))
    assert.deepStrictEqual(
      passagesOf([first, ...refused]).map(({ isAccepted }) => isAccepted),
      [true, true, true, false, false],
    )
  })
})

const run = (
  settings: Partial<ReturnType<typeof header>["settings"]>,
  gaps: ReadonlyArray<number>,
): ReadonlyArray<JournalRecord> => {
  const made = header({ keys: 1, limit: 1 })
  const first = { ...made, settings: { ...made.settings, durationMs: 10_000, ...settings } }
  let at = 0
  const orders = gaps.flatMap((gap, index) => {
    at += gap
    const id = String(index)
    return [sent(id, at), accepted(id, at + 10, { createdAt: at, sent: at, written: at })]
  })
  return [first, ...orders, footer(at + 10)]
}

describe("the safe optimum of a log", () => {
  it("has the orders at the times at which they came", () => {
    // One every two seconds, and one key could send one every 1.011 s.
    const { utilisation } = summaryOf(run({}, [0, 2000, 2000, 2000, 2000]))
    assert.strictEqual(utilisation.ofSafeOptimum, 1)
  })

  it("has a file's orders from the beginning, whenever the run read them", () => {
    const { utilisation } = summaryOf(
      run({ load: null, source: "orders.ndjson" }, [0, 2000, 2000, 2000, 2000]),
    )
    // Five orders by 4 x 1,011 + 10 ms; from the first outcome on 10 ms less.
    assert.approximately(utilisation.safeOptimum ?? 0, 5 / 4.044, 1e-9)
  })

  it("is not known where somebody handed the orders over at times of their own", () => {
    const { utilisation } = summaryOf(run({ load: null, source: "standard input" }, [0, 2000]))
    assert.isNull(utilisation.safeOptimum)
  })

  it("is not known of a log that tells of no request", () => {
    assert.isNull(summaryOf([header()]).utilisation.safeOptimum)
  })

  for (const [name, bound, load] of [
    ["with a bound", Duration.millis(55), 2],
    ["without a bound", undefined, 2],
    ["at a load that leaves slots free", undefined, 0.5],
  ] as const)
    it.effect(`is what a run of ours reaches to 99 % and never exceeds, ${name}`, () =>
      Effect.gen(function* () {
        const { summary } = yield* simulate({
          ...exerciseSettings,
          bound,
          load,
          duration: Duration.seconds(40),
          seed: 7,
        }).pipe(
          Effect.provideService(
            Journal,
            unwritten(() => {}),
          ),
          Effect.provideService(RunProgress, { every: undefined, tell: () => {} }),
        )
        assert.isAtLeast(summary.utilisation.ofSafeOptimum ?? 0, 0.99)
        assert.isAtMost(summary.utilisation.ofSafeOptimum ?? 2, 1.001)
      }),
    )
})
