import { describe, expect, it } from "vitest"
import { fromJournal } from "../../src/journal/LogEvent.ts"
import { reachText } from "../../src/summary/ReachTally.ts"
import { makeSummariser } from "../../src/summary/Summariser.ts"
import {
  accepted,
  acceptedAt,
  cancelled,
  expired,
  header,
  nonceJump,
  rejected,
  retired,
  returned,
  sent,
  summaryOf,
  unknown,
  footer,
} from "./records.ts"

describe("windows", () => {
  it("begin at the first outcome, and the one that the log ends in does not count", () => {
    const summary = summaryOf([...acceptedAt(500, 3), ...acceptedAt(1499.999, 2), ...acceptedAt(1500, 5)])
    expect(summary.windows).toBe(1)
    expect(summary.averageThroughput).toBe(5)
    expect(summary.lowestThroughput).toBe(5)
    expect(summary.totalTimeMs).toBe(1000)
    expect(summary.orders.accepted).toBe(10)
  })

  it("have exact edges where a float's difference misses them", () => {
    expect(1024.003 - 24.003).toBeLessThan(1000)
    const summary = summaryOf([accepted("a", 24.003), accepted("b", 1024.003), accepted("c", 2024.003)])
    expect(summary.windows).toBe(2)
    expect(summary.averageThroughput).toBe(1)
    expect(summary.totalTimeMs).toBe(2000)
  })

  it("in which nothing happened count as well", () => {
    const summary = summaryOf([...acceptedAt(0, 8), accepted("last", 4000)])
    expect(summary.windows).toBe(4)
    expect(summary.averageThroughput).toBe(2)
    expect(summary.lowestThroughput).toBe(0)
    expect(summary.maxPossibleThroughput).toBe(2)
  })

  it("of a gap of a thousand days are counted without walking them", () => {
    const days = 1000 * 86_400_000
    const summary = summaryOf([...acceptedAt(0, 8), accepted("last", days)])
    expect(summary.windows).toBe(86_400_000)
    expect(summary.lowestThroughput).toBe(0)
    expect(summary.averageThroughput).toBe(8 / 86_400_000)
  })

  it("are one with everything in it for a log shorter than a second", () => {
    const summary = summaryOf([
      accepted("a", 100, { createdAt: 50 }),
      expired("b", 600, "queue", { createdAt: 90 }),
      accepted("c", 1099.999),
    ])
    expect(summary).toMatchObject({
      windows: 1,
      averageRequestsRate: 3,
      averageThroughput: 2,
      lowestThroughput: 2,
      averageIgnoredFromQueue: 1,
      maxPossibleThroughput: 3,
      totalTimeMs: 999.999,
    })
  })

  it("stay right over more of them than are kept open", () => {
    const records = Array.from({ length: 200 }, (_, second) =>
      acceptedAt(second * 1000, second === 3 ? 7 : 10),
    ).flat()
    const summary = summaryOf(records)
    expect(summary.windows).toBe(199)
    expect(summary.lowestThroughput).toBe(7)
    expect(summary.averageThroughput).toBe((10 * 198 + 7) / 199)
  })

  it("do not break when time runs far backwards or beyond all measure", () => {
    const times = [5000, 1e308, -1e308, 3, 9e15, 0]
    const summary = summaryOf(times.map((t, index) => accepted(String(index), t)))
    expect(summary.orders.accepted).toBe(6)
    expect(Number.isFinite(summary.averageThroughput)).toBe(true)
  })
})

describe("a run's planned end", () => {
  /** Ten orders a second for 16 s, and then no key is left. */
  const dead = [
    header({ keys: 1 }),
    ...Array.from({ length: 16 }, (_, second) => acceptedAt(second * 1000, 10)).flat(),
    retired("key-1", 16_000, "rate-limit"),
  ]

  it("takes the place of the last record where the run failed before it", () => {
    const summary = summaryOf([...dead, footer(16_050, { end: "failed" })])
    expect(summary).toMatchObject({
      windows: 30,
      averageThroughput: 160 / 30,
      lowestThroughput: 0,
      totalTimeMs: 30_000,
      longestWithoutAcceptance: { ms: 15_000, fromMs: 15_000 },
      keysGone: { atMs: 16_000, keys: { blocked: 0, parked: 1, unknown: 0 } },
    })
    // Of the optimum's rate while there were orders, and not of less because there were none after that.
    expect(summary.utilisation.safeOptimum).toBe(10)
    expect(summary.utilisation.ofSafeOptimum).toBeCloseTo(16 / 30, 9)
  })

  it("does not where the run was stopped or its orders ended before it, nor where it was killed", () => {
    for (const [last, windows] of [
      [[footer(16_050, { end: "stopped" })], 16],
      [[footer(20_050, { end: "done" })], 20],
      [[], 15],
    ] as const)
      expect(summaryOf([...dead, ...last])).toMatchObject({
        windows,
        averageThroughput: 160 / windows < 10 ? 160 / windows : 10,
      })
  })

  it("leaves out of the windows what ended after it", () => {
    const summary = summaryOf([
      header({ keys: 1 }),
      ...Array.from({ length: 31 }, (_, second) => acceptedAt(second * 1000, 10)).flat(),
      accepted("drained", 34_000, { createdAt: 29_000, sent: 33_000 }),
      footer(34_000),
    ])
    expect(summary).toMatchObject({ windows: 30, averageThroughput: 10, totalTimeMs: 30_000 })
    expect(summary.averageRequestsRate).toBeCloseTo(301 / 30, 9)
    expect(summary.orders.accepted).toBe(311)
  })
})

describe("the possible throughput", () => {
  it("counts what left the queue: accepted, rejected, unknown and expired, but not cancelled", () => {
    const summary = summaryOf([
      accepted("a", 0),
      rejected("b", 1, "nonce"),
      unknown("c", 2, "timeout"),
      expired("d", 3, "queue"),
      expired("e", 4, "limiter"),
      cancelled("f", 5),
      cancelled("g", 1000),
    ])
    expect(summary.maxPossibleThroughput).toBe(5)
  })

  it("counts no more in a window than the exchange lets through in a second", () => {
    const records = [...acceptedAt(0, 30), ...acceptedAt(1000, 4), ...acceptedAt(2000, 1)]
    const possible = (settings: Parameters<typeof header>[0]) =>
      summaryOf([header(settings), ...records]).maxPossibleThroughput
    expect(possible({ limit: 10, keys: 2 })).toBe((20 + 4) / 2)
    expect(possible({ limit: 10, keys: 2, windowMs: 2000 })).toBe((10 + 4) / 2)
    expect(possible({ limit: 10, keys: 2, windowMs: 0 })).toBe((30 + 4) / 2)
  })

  it("takes five keys with twenty a second where a journal has lost its header", () => {
    const summary = summaryOf([...acceptedAt(0, 150), accepted("last", 1000)])
    expect(summary.maxPossibleThroughput).toBe(100)
  })
})

describe("orders", () => {
  it("are created in the windows of their creation, not of their outcome", () => {
    const summary = summaryOf([
      accepted("before", 1000, { createdAt: 990 }),
      accepted("first", 1010, { createdAt: 1000 }),
      accepted("late", 2500, { createdAt: 1990 }),
      accepted("next", 2600, { createdAt: 2000 }),
      accepted("last", 3000, { createdAt: 2999 }),
      accepted("after", 3001, { createdAt: 3000 }),
    ])
    expect(summary.windows).toBe(2)
    expect(summary.averageRequestsRate).toBe(4 / 2)
    expect(summary.orders.created).toBe(6)
  })

  it("that were sent and have no outcome in a torn journal are created and unknown", () => {
    const summary = summaryOf([
      sent("a", 0),
      sent("b", 5),
      accepted("a", 20),
      accepted("c", 1020),
      sent("d", 1100),
      sent("b", 1500, 30),
    ])
    expect(summary.orders).toEqual({
      created: 4,
      accepted: 2,
      rejected: 0,
      expired: 0,
      unknown: 2,
      cancelled: 0,
    })
    // They have a time of creation, but no record's time.
    expect(summary.totalTimeMs).toBe(1000)
    expect(summary.averageRequestsRate).toBe(2)
  })

  it("without an outcome do not pile up without end", () => {
    const records = Array.from({ length: 100_010 }, (_, index) => sent(String(index), index))
    expect(summaryOf(records).orders).toMatchObject({ created: 100_010, unknown: 100_010 })
  })

  it("end in one of five outcomes", () => {
    const { orders } = summaryOf([
      accepted("a", 0),
      rejected("b", 1, "exchange"),
      unknown("c", 2, "undecodable"),
      expired("d", 3, "limiter"),
      cancelled("e", 4),
    ])
    expect(orders).toEqual({ created: 5, accepted: 1, rejected: 1, expired: 1, unknown: 1, cancelled: 1 })
  })
})

describe("errors", () => {
  it("are totals over requests: those that ended an order and those that went back to the line", () => {
    const summary = summaryOf([
      returned("a", 0, "rate-limit"),
      returned("b", 1, "nonce"),
      returned("c", 2, "blocked"),
      returned("d", 3, "not-sent"),
      rejected("a", 4, "rate-limit"),
      rejected("b", 5, "nonce"),
      rejected("c", 6, "blocked"),
      rejected("e", 7, "api-key"),
    ])
    expect(summary).toMatchObject({ exceeds: 2, bans: 2, nonceErrors: 2 })
    expect(summary.orders).toMatchObject({ created: 4, rejected: 4 })
  })
})

describe("ages and round trips", () => {
  it("are null where nothing was sent", () => {
    const summary = summaryOf([header(), expired("a", 0, "queue")])
    expect(summary.orderAge).toBeNull()
    expect(summary.roundTrip).toBeNull()
  })

  it("go from creation to sent and from sent to settled, with an exact maximum", () => {
    const summary = summaryOf([
      accepted("a", 60.25, { createdAt: 0, sent: 10 }),
      rejected("b", 160.5, "exchange", { createdAt: 100, sent: 100 }),
    ])
    expect(summary.orderAge).toMatchObject({ p50: 0.001, max: 10 })
    expect(summary.roundTrip).toMatchObject({ max: 60.5 })
    expect(summary.roundTrip?.p50).toBeCloseTo(50.25, 1)
  })

  it("know no round trip of a request that was never answered", () => {
    const summary = summaryOf([
      unknown("a", 5000, "timeout", { createdAt: 0, sent: 1 }),
      unknown("b", 6000, "broken-connection", { createdAt: 5998, sent: 5999 }),
    ])
    expect(summary.roundTrip).toBeNull()
    expect(summary.orderAge?.max).toBe(1)
    expect(summaryOf([unknown("a", 50, "server-error", { createdAt: 0, sent: 1 })]).roundTrip?.max).toBe(49)
  })

  it("pass over a time that runs backwards", () => {
    expect(summaryOf([accepted("a", 50, { createdAt: 20, sent: 10 })]).orderAge).toBeNull()
  })
})

describe("waits and delays", () => {
  it("are an order's until its first request, and a request's until it is handed over, whatever comes of it", () => {
    const summary = summaryOf([
      sent("a", 30, 10),
      returned("a", 50, "not-sent", { sent: 30, written: 33 }),
      sent("a", 400, 10, { attempt: 2, key: "key-2" }),
      accepted("a", 450, { createdAt: 10, sent: 400, written: 407, attempt: 2, key: "key-2" }),
    ])
    expect(summary.queueWait?.max).toBe(20)
    expect(summary.orderAge?.max).toBe(390)
    expect(summary.writeDelay).toMatchObject({ max: 7 })
    expect(summary.writeDelay?.p50).toBeCloseTo(3, 1)
  })
})

describe("utilisation", () => {
  it("is measured by the exchange's ceiling", () => {
    const { utilisation } = summaryOf([
      header({ limit: 20, keys: 5 }),
      ...acceptedAt(0, 50),
      accepted("a", 1000, { sent: 960, written: 961 }),
    ])
    expect(utilisation.ceiling).toBeCloseTo(99.9, 2)
    expect(utilisation.ofCeiling).toBeCloseTo(50 / 99.9, 4)
  })
})

describe("the longest stretch without an acceptance", () => {
  it("lies between two, before the first or after the last", () => {
    const stretch = (...times: ReadonlyArray<number>) =>
      summaryOf([
        expired("first", 100, "queue"),
        ...times.map((t) => accepted(String(t), t)),
        expired("last", 2000, "queue"),
      ]).longestWithoutAcceptance
    expect(stretch(200, 1500, 1600)).toEqual({ ms: 1300, fromMs: 100 })
    expect(stretch(1500, 1600)).toEqual({ ms: 1400, fromMs: 0 })
    expect(stretch(200, 300)).toEqual({ ms: 1700, fromMs: 200 })
    expect(stretch()).toEqual({ ms: 1900, fromMs: 0 })
  })
})

describe("keys", () => {
  it("have what became of their requests, and when they left service", () => {
    const { keys, nonceJumps } = summaryOf([
      header({ keys: 2, limit: 4 }),
      sent("a", 0),
      returned("a", 10, "rate-limit", { sent: 0 }),
      sent("a", 20, 0, { key: "key-2", attempt: 2 }),
      accepted("a", 30, { createdAt: 0, sent: 20, key: "key-2", attempt: 2 }),
      nonceJump("key-2", 40),
      retired("key-1", 50, "rate-limit"),
      expired("b", 1050, "queue"),
    ])
    expect(keys).toMatchObject([
      {
        key: "key-1",
        sent: 1,
        accepted: 0,
        refused: { "rate-limit": 1 },
        sentPerWindow: 1000 / 1020,
        // Two windows of four requests each have begun by then.
        slotsUsed: 1 / 8,
        retired: { atMs: 20, state: "parked", reason: "rate-limit" },
      },
      { key: "key-2", sent: 1, accepted: 1, nonceJumps: 1, retired: null },
    ])
    expect(nonceJumps).toBe(1)
  })

  it("have sent no more in a window than at all, where the log is shorter than one", () => {
    const { keys } = summaryOf([
      header(),
      sent("a", 0),
      accepted("a", 5, { createdAt: 0, sent: 0 }),
      sent("b", 6),
      accepted("b", 7, { createdAt: 6, sent: 6 }),
    ])
    expect(keys?.[0]?.sentPerWindow).toBe(2)
  })

  it("have the requests whose end the log does not tell, until it tells that they came back", () => {
    const records = [
      header({ keys: 2 }),
      sent("a", 0),
      accepted("a", 10, { sent: 0 }),
      sent("b", 20),
      sent("c", 30, 30, { key: "key-2" }),
      sent("d", 40),
      returned("d", 50, "not-sent", { sent: 40 }),
    ]
    expect(summaryOf(records).keys).toMatchObject([
      { key: "key-1", sent: 3, accepted: 1, notSent: 1, unfinished: 1 },
      { key: "key-2", sent: 1, unfinished: 1 },
    ])
  })

  it("have used no slot with a request that never left, nor with one after the end that was planned", () => {
    const full = (t: number) =>
      Array.from({ length: 20 }, (_, index) => [
        sent(`${t}-${index}`, t),
        accepted(`${t}-${index}`, t, { createdAt: t, sent: t }),
      ]).flat()
    const never = Array.from({ length: 60 }, (_, index) => [
      sent(`never-${index}`, 10),
      returned(`never-${index}`, 11, "not-sent", { sent: 10 }),
    ]).flat()
    const [key] =
      summaryOf([
        header({ keys: 1 }),
        ...full(0),
        ...never,
        sent("cancelled", 20),
        cancelled("cancelled", 21),
        ...Array.from({ length: 30 }, (_, second) => full(1001 * (second + 1))).flat(),
        footer(31_000),
      ]).keys ?? []
    // 30 s are planned, and 30 windows begin in them.
    expect(key).toMatchObject({ sent: 20 * 31 + 61, notSent: 60, sentPerWindow: 20, slotsUsed: 1 })
  })
})

describe("a run", () => {
  it("is what the header says of it, and has no end until the journal has", () => {
    const run = {
      startedAt: "2026-11-23T16:24:05.000Z",
      gate: "ack-window",
      keys: 3,
      limit: 7,
      windowMs: 500,
      boundMs: 55,
      marginMs: 2,
      requestTimeoutMs: 5000,
      durationMs: 30_000,
    }
    const first = header({ keys: 3, limit: 7, windowMs: 500 })
    expect(summaryOf([first]).run).toEqual({ ...run, hasEnd: false })
    expect(summaryOf([first, footer(10)]).run).toEqual({ ...run, hasEnd: true })
    expect(summaryOf([accepted("a", 0)]).run).toBeNull()
  })
})

describe("a summary", () => {
  it("of a run with no orders is all zeros and nulls", () => {
    const { classic: _, ...summary } = summaryOf([header({ keys: 1 })])
    expect(summary).toEqual({
      averageRequestsRate: 0,
      maxPossibleThroughput: 0,
      averageThroughput: 0,
      lowestThroughput: 0,
      averageIgnoredFromQueue: 0,
      averageLimitedByLimiter: 0,
      exceeds: 0,
      bans: 0,
      nonceErrors: 0,
      totalTimeMs: 0,
      windows: 1,
      orders: { created: 0, accepted: 0, rejected: 0, expired: 0, unknown: 0, cancelled: 0 },
      unrecognisedLines: 0,
      run: {
        startedAt: "2026-11-23T16:24:05.000Z",
        gate: "ack-window",
        keys: 1,
        limit: 20,
        windowMs: 1000,
        boundMs: 55,
        marginMs: 2,
        requestTimeoutMs: 5000,
        durationMs: 30_000,
        hasEnd: false,
      },
      queueWait: null,
      orderAge: null,
      writeDelay: null,
      roundTrip: null,
      losses: {
        expired: { queue: 0, limiter: 0 },
        rejected: { "rate-limit": 0, blocked: 0, nonce: 0, "api-key": 0, clock: 0, exchange: 0 },
        unknown: { timeout: 0, "broken-connection": 0, undecodable: 0, "server-error": 0, unfinished: 0 },
        cancelled: 0,
      },
      utilisation: { ceiling: 20_000 / 1001, ofCeiling: 0, safeOptimum: null, ofSafeOptimum: null },
      longestWithoutAcceptance: { ms: 0, fromMs: 0 },
      reach: null,
      nonceJumps: 0,
      keysGone: null,
      keys: [
        {
          key: "key-1",
          sent: 0,
          accepted: 0,
          refused: { "rate-limit": 0, blocked: 0, nonce: 0, "api-key": 0, clock: 0, exchange: 0 },
          unfinished: 0,
          unknown: 0,
          notSent: 0,
          sentPerWindow: null,
          slotsUsed: null,
          nonceJumps: 0,
          retired: null,
        },
      ],
    })
  })

  it("can be taken in mid-run and changes nothing", () => {
    const records = [
      header(),
      ...acceptedAt(0, 3),
      sent("x", 10),
      ...acceptedAt(2000, 3),
      accepted("x", 4000),
    ]
    const summariser = makeSummariser({ kind: "journal", keys: 5, limit: 20 })
    for (const record of records) {
      summariser.add(fromJournal(record))
      summariser.finish()
    }
    expect(summariser.finish()).toEqual(summaryOf(records))
  })
})

describe("a journal of version 2", () => {
  const made = header({ keys: 1 })
  const settings = { ...made.settings, boundMs: 50 }
  const two = { ...made, version: 2 as const, settings }

  it("says how often the reach widened, why and how far, and not how it came back", () => {
    const { reach } = summaryOf([
      two,
      { type: "reach", t: 1, boundMs: 81.25, cause: "answer" },
      { type: "reach", t: 2, boundMs: 90, cause: "timer" },
      { type: "reach", t: 10_003, boundMs: 70, cause: "calm" },
    ])
    expect(reach).toEqual({ widened: { answer: 1, timer: 1, refusal: 0 }, widestMs: 90 })
    expect(reach === null ? "" : reachText(reach)).toBe(
      "reach widened 2 times, at most to 90 ms: 1 answer later than twice the bound, 1 late timer",
    )
  })
})
