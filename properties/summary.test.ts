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
import { makeLogSummariser } from "../src/summary/LogSummariser.ts"
import type { Summary } from "../src/summary/Summary.ts"
import { makeSummariser } from "../src/summary/Summariser.ts"
import { accepted, header, pushLine, sent } from "../test/summary/records.ts"
import { asOften, catches, holds as lawHolds } from "./support/law.ts"
import { FEW, keepingAll, leavesNoMore, LONG_LOGS, longLogs, NO_END_AT_ALL } from "./support/longLog.ts"
import {
  keysGoneOf,
  keysOf,
  lengthOf,
  longestGap,
  lossesOf,
  microsOf,
  queueWaits,
  runOf,
  safeOptimumOf,
  utilisationOf,
  writeDelays,
} from "./support/naiveFigures.ts"
import {
  gap,
  type GeneratedJournal,
  journal,
  pythonLine,
  pythonLog,
  type PythonRecord,
} from "./support/logs.ts"

const holds = <T>(property: fc.IProperty<T>) => {
  fc.assert(property, asOften(1))
}
const isCaught = <T>(property: fc.IProperty<T>) => {
  expect(fc.check(property, { ...asOften(1), endOnFailure: true }).failed).toBe(true)
}

const isOutcome = (record: JournalRecord): record is OutcomeRecord => record.type === "outcome"

/** A summary's figures. Durations are listed where the definition is followed, percentiles where it is not. */
interface Figures<Times> {
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
  readonly unknown: number | null
  readonly cancelled: number | null
  readonly unrecognisedLines: number
  readonly queueWait: Times
  readonly orderAge: Times
  readonly writeDelay: Times
  readonly roundTrip: Times
  readonly run: Summary["run"]
  readonly losses: Summary["losses"]
  readonly utilisation: Summary["utilisation"]
  readonly longestWithoutAcceptance: Summary["longestWithoutAcceptance"]
  readonly reach: Summary["reach"]
  readonly nonceJumps: Summary["nonceJumps"]
  readonly keysGone: Summary["keysGone"]
  readonly keys: Summary["keys"]
}
/** Durations in microseconds. */
type Durations = ReadonlyArray<number>
type Found = Figures<Percentiles | null>
type Defined = Figures<Durations>

/** Whether a time lies in the window [from, to). In microseconds. */
type Inside = (time: number, from: number, to: number) => boolean

const acceptedIn = (window: ReadonlyArray<OutcomeRecord>) =>
  window.filter((record) => record.outcome === "accepted").length
const expiredIn = (place: "queue" | "limiter") => (window: ReadonlyArray<OutcomeRecord>) =>
  window.filter((record) => record.outcome === "expired" && record.place === place).length

/** The definitions, word for word, from the whole list of records. */
const recompute = ({ header, records, capPerSecond }: GeneratedJournal, inside: Inside): Defined => {
  const outcomes = records.filter(isOutcome)
  const times = outcomes.map((record) => microsOf(record.t))
  const first = times.length === 0 ? 0 : Math.min(...times)
  const last = times.length === 0 ? 0 : Math.max(...times)
  const { planned, total, withOrders } = lengthOf(records, header, first, last)
  const complete = Math.floor(total / 1e6)
  const isShort = complete === 0
  const windows = isShort ? 1 : complete
  const inWindow = (time: number, k: number) =>
    isShort || inside(time, first + k * 1e6, first + (k + 1) * 1e6)

  const perWindow = Array.from({ length: windows }, (_, k) =>
    outcomes.filter((record) => inWindow(microsOf(record.t), k) && microsOf(record.t) - first <= planned),
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
  const keys = keysOf(records, header, first, total)
  const optimum = safeOptimumOf(records, header, first, Math.floor(withOrders / 1e6))

  const refusals = (reason: string) =>
    records.filter((record) => record.type !== "key" && "reason" in record && record.reason === reason).length
  const ended = (outcome: OutcomeRecord["outcome"]) =>
    outcomes.filter((record) => record.outcome === outcome).length
  const averageThroughput = mean(acceptedIn)
  const acceptances = outcomes
    .filter((record) => record.outcome === "accepted")
    .map((record) => microsOf(record.t))
  return {
    averageRequestsRate: createdInWindows / windows,
    maxPossibleThroughput: mean((window) =>
      Math.min(capPerSecond, window.filter((record) => record.outcome !== "cancelled").length),
    ),
    averageThroughput,
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
    unrecognisedLines: 0,
    run: runOf(records, header),
    orderAge: outcomes.flatMap((record) =>
      "sent" in record ? [microsOf(record.sent) - microsOf(record.createdAt)] : [],
    ),
    roundTrip: outcomes.flatMap((record) =>
      "sent" in record && !("cause" in record && record.cause === "timeout")
        ? [microsOf(record.settled) - microsOf(record.sent)]
        : [],
    ),
    queueWait: queueWaits(records),
    writeDelay: writeDelays(records),
    losses: lossesOf(records, createdAt.size - outcomes.length),
    utilisation: utilisationOf(header, averageThroughput, optimum),
    longestWithoutAcceptance: longestGap([first, ...acceptances, first + total]),
    reach: null,
    nonceJumps: records.filter((record) => record.type === "nonce-jump").length,
    keysGone: keysGoneOf(keys, first),
    keys,
  }
}

const byDefinition: Inside = (time, from, to) => from <= time && time < to
const withBothEdges: Inside = (time, from, to) => from <= time && time <= to

/** What the reader makes of a log's lines. */
const readLines = (lines: ReadonlyArray<string>): Found => {
  const reader = makeLogSummariser({ keys: 5, limit: 20 })
  for (const line of lines) {
    pushLine(reader, line)
    reader.summary()
  }
  reader.end()
  const { classic: _, orders, ...figures } = Option.getOrThrow(reader.summary())
  return { ...figures, ...orders }
}

const streamed = (records: ReadonlyArray<JournalRecord>): Found =>
  readLines(records.map((record) => JSON.stringify(record)))

/** Three figures of each percentile are right, and the maximum is exact. */
const expectPercentiles = (found: Percentiles | null, micros: Durations) => {
  if (found === null || micros.length === 0) {
    expect([found, micros]).toEqual([null, []])
    return
  }
  const sorted = micros.toSorted((one, other) => one - other)
  const atRank = (rank: number) => sorted[Math.max(0, rank - 1)] ?? 0
  expect(microsOf(found.max)).toBe(Math.max(...micros))
  for (const [ms, percent] of [
    [found.p50, 50],
    [found.p90, 90],
    [found.p99, 99],
    [found.p999, 99.9],
  ] as const) {
    const rank = (percent * 10 * sorted.length) / 1000
    // A microsecond, for none is counted as one, or three figures.
    expect(ms * 1000).toBeGreaterThanOrEqual(atRank(Math.ceil(rank)) * 0.999 - 0.001)
    expect(ms * 1000).toBeLessThanOrEqual(Math.max(1, atRank(Math.ceil(rank)) * 1.001) + 0.001)
  }
}

/**
 * To as many digits as a sum of floats can be trusted for, in whatever order it is added up. Moved a little, because short
 * decimals often lie right where roundings part.
 */
const trusted = (value: number | null): number | null => value && Number((value * (1 + 1e-11)).toPrecision(9))

/** The figures that can be compared as they are. */
const comparable = ({ keys, utilisation, ...figures }: Figures<unknown>) => ({
  ...figures,
  orderAge: null,
  roundTrip: null,
  queueWait: null,
  writeDelay: null,
  utilisation: {
    ceiling: trusted(utilisation.ceiling),
    ofCeiling: trusted(utilisation.ofCeiling),
    safeOptimum: trusted(utilisation.safeOptimum),
    ofSafeOptimum: trusted(utilisation.ofSafeOptimum),
  },
  keys:
    keys &&
    keys.map((key) => ({
      ...key,
      sentPerWindow: trusted(key.sentPerWindow),
      slotsUsed: trusted(key.slotsUsed),
    })),
})

const expectFigures = (found: Found, defined: Defined) => {
  expect(comparable(found)).toEqual(comparable(defined))
  expectPercentiles(found.orderAge, defined.orderAge)
  expectPercentiles(found.roundTrip, defined.roundTrip)
  expectPercentiles(found.queueWait, defined.queueWait)
  expectPercentiles(found.writeDelay, defined.writeDelay)
}

/** How the definitions' own list is read as percentiles, for broken variants of the definitions. */
const listed = (defined: Defined, found: Found): Found => ({
  ...defined,
  orderAge: found.orderAge,
  roundTrip: found.roundTrip,
  queueWait: found.queueWait,
  writeDelay: found.writeDelay,
})

type Summarise = (records: ReadonlyArray<JournalRecord>, log: GeneratedJournal) => Found

const law = (summarise: Summarise) =>
  fc.property(journal, (log) => {
    expectFigures(summarise(log.records, log), recompute(log, byDefinition))
  })

describe("a summary in one pass", () => {
  it("is what its definitions give from all records at once", () => {
    holds(law(streamed))
  })

  it("is not that where a window has both its edges", () => {
    isCaught(law((records, log) => listed(recompute(log, withBothEdges), streamed(records))))
  })

  it("is not that where an order without an outcome is forgotten", () => {
    isCaught(law((records) => streamed(records.filter((record) => record.type !== "sent"))))
  })

  it("is not that where giving up counts as an answer", () => {
    const answered = (record: JournalRecord): JournalRecord =>
      record.type === "outcome" && record.outcome === "unknown"
        ? { ...record, cause: "server-error" }
        : record
    isCaught(law((records) => streamed(records.map(answered))))
  })

  it("is not that where the requests of all keys count as one key's", () => {
    const byOneKey = (record: JournalRecord): JournalRecord =>
      record.type === "sent" ? { ...record, key: "key-1" } : record
    isCaught(law((records) => streamed(records.map(byOneKey))))
  })

  it("is not that where a later request's wait counts as the first's", () => {
    const alwaysFirst = (record: JournalRecord): JournalRecord =>
      record.type === "sent" ? { ...record, attempt: 1 } : record
    isCaught(law((records) => streamed(records.map(alwaysFirst))))
  })

  it("is not that where the stretches before the first acceptance and after the last do not count", () => {
    isCaught(
      law((records, log) => {
        const { longestWithoutAcceptance: _, ...defined } = recompute(log, byDefinition)
        const accepted = records.flatMap((record) =>
          record.type === "outcome" && record.outcome === "accepted" ? [microsOf(record.t)] : [],
        )
        return listed({ ...defined, longestWithoutAcceptance: longestGap(accepted) }, streamed(records))
      }),
    )
  })

  it("is not that where a request that was lost counts as arrived when it was given up", () => {
    const atOnce = (record: JournalRecord): JournalRecord =>
      record.type === "header" ? { ...record, settings: { ...record.settings, boundMs: 0 } } : record
    isCaught(law((records) => streamed(records.map(atOnce))))
  })

  it("is not that where the end that was planned does not end it", () => {
    const endless = (record: JournalRecord): JournalRecord =>
      record.type === "header" ? { ...record, settings: { ...record.settings, durationMs: null } } : record
    isCaught(
      law((records, { header }) => {
        const found = streamed(records.map(endless))
        return { ...found, run: found.run && { ...found.run, durationMs: header.settings.durationMs } }
      }),
    )
  })

  it("is not that where a run that failed is judged by the time that it lasted", () => {
    const done = (record: JournalRecord): JournalRecord =>
      record.type === "footer" ? { ...record, end: "done" } : record
    isCaught(law((records) => streamed(records.map(done))))
  })

  it("is not that where a lost request keeps the next one back for as long as its permit", () => {
    const neverHandedOver = (record: JournalRecord): JournalRecord => {
      if (record.type !== "outcome" || record.outcome !== "unknown") return record
      const { written: _, ...rest } = record
      return rest
    }
    isCaught(
      law((records) => ({
        ...streamed(records),
        utilisation: streamed(records.map(neverHandedOver)).utilisation,
      })),
    )
  })
})

/** The definitions, word for word, for a Python client's log: its kinds of lines are its outcomes. */
const recomputePython = (lines: ReadonlyArray<PythonRecord>): Found => {
  const records = lines.filter(({ kind }) => kind !== "remark")
  const times = records.length === 0 ? [0] : records.map((record) => record.ms)
  const first = Math.min(...times)
  const total = Math.max(...times) - first
  const windows = Math.max(1, Math.floor(total / 1000))
  const perWindow = Array.from({ length: windows }, (_, k) =>
    records.filter(({ ms }) => total < 1000 || (first + k * 1000 <= ms && ms < first + (k + 1) * 1000)),
  )
  const among = (some: ReadonlyArray<PythonRecord>, ...kinds: ReadonlyArray<PythonRecord["kind"]>) =>
    some.filter((record) => kinds.includes(record.kind)).length
  const mean = (countOf: (window: ReadonlyArray<PythonRecord>) => number) =>
    perWindow.reduce((sum, window) => sum + countOf(window), 0) / windows
  const counts = records.filter((record) => record.kind === "requests").map((record) => record.number)
  const ids = records.filter((record) => record.kind !== "requests").map((record) => record.number)
  const created = ids.length === 0 ? 0 : Math.max(...ids) - Math.min(...ids) + 1
  return {
    averageRequestsRate:
      counts.length > 0
        ? counts.reduce((sum, count) => sum + count, 0) / counts.length
        : created / ((total === 0 ? 1000 : total) / 1000),
    maxPossibleThroughput: mean((window) => Math.min(100, window.length - among(window, "requests"))),
    averageThroughput: mean((window) => among(window, "accepted")),
    lowestThroughput: Math.min(...perWindow.map((window) => among(window, "accepted"))),
    averageIgnoredFromQueue: mean((window) => among(window, "queue")),
    averageLimitedByLimiter: mean((window) => among(window, "limiter")),
    exceeds: among(records, "rate-limit"),
    bans: among(records, "blocked"),
    nonceErrors: among(records, "nonce"),
    totalTimeMs: total,
    windows,
    created,
    accepted: among(records, "accepted"),
    rejected: among(records, "rate-limit", "blocked", "nonce"),
    expired: among(records, "queue", "limiter"),
    // Those that were answered so; of the others no line tells.
    unknown: among(records, "unknown") === 0 ? null : among(records, "unknown"),
    cancelled: null,
    unrecognisedLines: 0,
    keysGone: null,
    run: null,
    orderAge: null,
    roundTrip: null,
    queueWait: null,
    writeDelay: null,
    losses: {
      expired: { queue: among(records, "queue"), limiter: among(records, "limiter") },
      rejected: {
        "rate-limit": among(records, "rate-limit"),
        blocked: among(records, "blocked"),
        nonce: among(records, "nonce"),
        "api-key": 0,
        clock: 0,
        exchange: 0,
      },
      unknown: {
        timeout: null,
        "broken-connection": null,
        undecodable: 0,
        "server-error": among(records, "unknown"),
        unfinished: null,
      },
      cancelled: null,
    },
    utilisation: {
      ceiling: 100_000 / 1001,
      ofCeiling: mean((window) => among(window, "accepted")) / (100_000 / 1001),
      safeOptimum: null,
      ofSafeOptimum: null,
    },
    longestWithoutAcceptance: longestGap(
      [
        first,
        ...records.filter((record) => record.kind === "accepted").map((record) => record.ms),
        first + total,
      ].map((ms) => ms * 1000),
    ),
    reach: null,
    nonceJumps: null,
    keys: null,
  }
}

describe("a summary of a Python client's log", () => {
  const law = (read: (records: ReadonlyArray<PythonRecord>) => Found) =>
    fc.property(pythonLog, (records) => {
      expect(read(records)).toEqual(recomputePython(records))
    })

  it("is what its definitions give from all lines at once", () => {
    holds(law((records) => readLines(records.map(pythonLine))))
  })

  it("is not that where its own counts are passed over", () => {
    isCaught(
      law((records) =>
        readLines(records.filter((record) => record.kind !== "requests" || record.ms === 0).map(pythonLine)),
      ),
    )
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
    isNamed: false,
    createdAtMs: undefined,
    orderAgeMs: undefined,
    roundTripMs: undefined,
    request: undefined,
  }) as const

const options = { kind: "python-client", keys: 1, limit: 3 } as const

const counted: Count = (times) => {
  const summariser = makeSummariser(options)
  for (const time of times) summariser.add(eventAt(time))
  return summariser.finish()
}
/** What is older than the first line counts as at it. */
const fromFirstLine: Count = (times) => counted(times.map((time) => Math.max(time, times[0] ?? 0)))

/** The same with another longest stretch: the longest of these. */
const withStretches =
  (stretches: (times: ReadonlyArray<number>) => ReadonlyArray<number>): Count =>
  (times) => ({
    ...counted(times),
    longestWithoutAcceptance: { ms: Math.max(0, ...stretches(times)), fromMs: 0 },
  })
const across = (between: number) => (times: ReadonlyArray<number>) =>
  times.slice(between).map((time, n) => time - (times[n] ?? 0))

/** Differences of times are rounded to whole nanoseconds. */
const ROUNDING_MS = 2e-6

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
      const { classic: _, longestWithoutAcceptance: found, ...others } = count(asWritten)
      const { classic: __, longestWithoutAcceptance: defined, ...expected } = counted(inOrder)
      expect(others).toEqual(expected)
      // The classic form follows the lines, and not their times.
      //
      // Let no line be later than `latest`. Of two lines the one that is written first has a time that is at most
      // `latest` after the other's: it is not written before its time, nor the other later than that after its own.
      //
      // Found is no longer than defined and twice `latest`. The log's first line is one of the first `latest`, and its
      // last one of the last: so long at most are the stretches before and after them. Between two neighbours in the
      // log, from `a` to `b`, a time in between belongs to a line that is written before a's, and is at most
      // a + latest, or behind b's, and is at least b - latest. So there is none from a + latest to b - latest, and in
      // order that is a stretch, or a part of one. It can be as long: 0, 0.9, 2 and 2.9 s, the first and the third 0.9 s
      // late, may be written as 0.9, 0, 2.9, 2, with a stretch of 2.9 s where the longest is 1.1 s.
      const latest = Math.max(...plan.map(({ lateness }) => lateness / 1000))
      expect(found.ms).toBeLessThanOrEqual(defined.ms + 2 * latest + ROUNDING_MS)
      // Nor is it shorter. Take the lines before the stretch that is defined, and those behind it. Somewhere in the log
      // one of those comes right after one of these, as far off as the stretch is long, or farther; or all of those come
      // first, and then the log's first line is so far from the earliest time.
      expect(found.ms).toBeGreaterThanOrEqual(defined.ms - ROUNDING_MS)
    })

  it("change no figure but the longest stretch, which may grow by as much as both its ends are late", () => {
    holds(law(counted))
  })

  it("would make it longer than that, were it measured past the acceptance in it", () => {
    isCaught(law(withStretches(across(2))))
  })

  it("would make it shorter, were what is before the first line forgotten", () => {
    isCaught(law(withStretches(across(1))))
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
      expectPercentiles(measure(values.map((value) => value / 1000)), values)
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
  const reader = makeLogSummariser({ keys: 5, limit: 20 })
  for (const text of lines) pushLine(reader, text)
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
    fc.property(fc.array(line, { maxLength: 30 }), (texts) => {
      const lines = texts.flatMap((text) => text.split("\n"))
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

describe("a summary of a log that goes on leaves no more in memory, whole or damaged", () => {
  const make = () => makeSummariser({ kind: "journal", keys: 5, limit: 20 })
  it("holds", () => lawHolds(longLogs, leavesNoMore(make), [NO_END_AT_ALL], LONG_LOGS))
  it("catches one that keeps every event", () =>
    catches(
      longLogs,
      leavesNoMore(() => keepingAll(make()), undefined, FEW),
    ))
})
