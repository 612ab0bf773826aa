/**
 * A journal's figures, computed a second time by their definitions from all of its records at once: `JSON.parse`, arrays,
 * and percentiles by sorting. A program of its own, which shares nothing with the summariser.
 *
 * It knows what the generated journals hold: a header, requests, and outcomes.
 */
import process from "node:process"
import {
  between,
  isSettled,
  longestGap,
  microsOf,
  runOf,
  utilisationOf,
} from "../../../properties/support/naiveFigures.ts"
import type { Header, JournalRecord } from "../../../src/journal/JournalRecord.ts"
import type { Summary } from "../../../src/summary/Summary.ts"
import { Column } from "./Column.ts"
import type { Bounds, NaiveSummary } from "./differences.ts"
import { eachLine } from "./lines.ts"

/** What is made by this bench is not checked once more. */
const isRecord = (value: unknown): value is JournalRecord =>
  typeof value === "object" && value !== null && "type" in value

/** How often there was each of several things. */
type Counts = Map<string, number>
const count = (counts: Counts, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

let header: typeof Header.Type | undefined
/** Times in microseconds. */
const createdAt = new Map<string, number>()
const outcomeAt = new Column()
const accepted = new Column()
const left = new Column()
const expiredInQueue = new Column()
const expiredInLimiter = new Column()
const queueWait = new Column()
const orderAge = new Column()
const writeDelay = new Column()
const roundTrip = new Column()
/** By what happened, and by what happened to which key. */
const endings: Counts = new Map()
const byKey: Counts = new Map()

type Outcome = Extract<JournalRecord, { readonly type: "outcome" }>

const detailOf = (record: Outcome): string => {
  if (record.outcome === "rejected") return record.reason
  if (record.outcome === "unknown") return record.cause
  return record.outcome === "expired" ? (record.place ?? "queue") : ""
}

const takeOutcome = (record: Outcome): void => {
  const at = microsOf(record.t)
  createdAt.set(record.id, microsOf(record.createdAt))
  outcomeAt.push(at)
  count(endings, record.outcome)
  count(endings, `${record.outcome} ${detailOf(record)}`)
  if (record.outcome === "accepted") accepted.push(at)
  if (record.outcome !== "cancelled") left.push(at)
  if (record.outcome === "expired") (record.place === "limiter" ? expiredInLimiter : expiredInQueue).push(at)
  if (!isSettled(record)) return
  count(byKey, `${record.key} ${record.outcome}`)
  count(byKey, `${record.key} ${record.outcome} ${detailOf(record)}`)
  orderAge.push(between(record.createdAt, record.sent))
  if (record.written !== undefined) writeDelay.push(between(record.sent, record.written))
  const isLost = "cause" in record && (record.cause === "timeout" || record.cause === "broken-connection")
  if (!isLost) roundTrip.push(between(record.sent, record.settled))
}

eachLine(process.argv[2] ?? "", (line) => {
  const record: unknown = JSON.parse(line)
  if (!isRecord(record)) throw new Error("a line that is no record")
  if (record.type === "header") {
    header = record
    return
  }
  if (header === undefined) throw new Error("a journal that does not begin with its header")
  if (record.type === "outcome") takeOutcome(record)
  else if (record.type === "sent") {
    createdAt.set(record.id, microsOf(record.createdAt))
    count(byKey, `${record.key} sent`)
    if (record.attempt === 1) queueWait.push(between(record.createdAt, record.t))
  } else if (record.type !== "ping")
    throw new Error(`a record of a kind that is not made here: ${record.type}`)
})

const sum = (values: Float64Array): number => values.reduce((all, one) => all + one, 0)
const least = (values: Float64Array): number => values.reduce((least, one) => Math.min(least, one), Infinity)
const most = (values: Float64Array): number => values.reduce((most, one) => Math.max(most, one), -Infinity)

const withEnds = (first: number, between: Float64Array, last: number): Float64Array => {
  const points = new Float64Array(between.length + 2)
  points[0] = first
  points.set(between, 1)
  points[between.length + 1] = last
  return points
}

/** Each percentile by nearest rank, in milliseconds. */
const boundsOf = (column: Column): Bounds | null => {
  const sorted = column.values.toSorted()
  if (sorted.length === 0) return null
  const atRank = (rank: number): number => (sorted[Math.max(0, rank - 1)] ?? Number.NaN) / 1000
  const bounds = (percent: number): readonly [number, number] => {
    const value = atRank(Math.ceil((percent * 10 * sorted.length) / 1000))
    return [value, value]
  }
  return { p50: bounds(50), p90: bounds(90), p99: bounds(99), p999: bounds(99.9), max: atRank(sorted.length) }
}

const figuresOf = (header: typeof Header.Type): Omit<NaiveSummary, "utilisation"> => {
  const { keys, settings } = header
  const first = least(outcomeAt.values)
  const total = most(outcomeAt.values) - first
  const isShort = total < 1e6
  const windows = isShort ? 1 : Math.floor(total / 1e6)
  const perWindow = (times: Iterable<number>): Float64Array => {
    const counts = new Float64Array(windows)
    for (const at of times) {
      const window = isShort ? 0 : Math.floor((at - first) / 1e6)
      if (window >= 0 && window < windows) counts[window] = (counts[window] ?? 0) + 1
    }
    return counts
  }
  const mean = (times: Column): number => sum(perWindow(times.values)) / windows
  const cap = settings.limit * keys.length * (1000 / settings.windowMs)
  const ended = (name: string): number => endings.get(name) ?? 0
  const unfinished = createdAt.size - outcomeAt.values.length
  const rejected = (countOf: (name: string) => number): Summary["losses"]["rejected"] => ({
    "rate-limit": countOf("rejected rate-limit"),
    blocked: countOf("rejected blocked"),
    nonce: countOf("rejected nonce"),
    "api-key": countOf("rejected api-key"),
    clock: countOf("rejected clock"),
    exchange: countOf("rejected exchange"),
  })
  return {
    reach: null,
    averageRequestsRate: sum(perWindow(createdAt.values())) / windows,
    maxPossibleThroughput: sum(perWindow(left.values).map((count) => Math.min(cap, count))) / windows,
    averageThroughput: mean(accepted),
    lowestThroughput: least(perWindow(accepted.values)),
    averageIgnoredFromQueue: mean(expiredInQueue),
    averageLimitedByLimiter: mean(expiredInLimiter),
    exceeds: ended("rejected rate-limit"),
    bans: ended("rejected blocked"),
    nonceErrors: ended("rejected nonce"),
    totalTimeMs: total / 1000,
    windows,
    orders: {
      created: createdAt.size,
      accepted: ended("accepted"),
      rejected: ended("rejected"),
      expired: ended("expired"),
      unknown: ended("unknown") + unfinished,
      cancelled: ended("cancelled"),
    },
    unrecognisedLines: 0,
    run: runOf([], header),
    queueWait: boundsOf(queueWait),
    orderAge: boundsOf(orderAge),
    writeDelay: boundsOf(writeDelay),
    roundTrip: boundsOf(roundTrip),
    losses: {
      expired: { queue: ended("expired queue"), limiter: ended("expired limiter") },
      rejected: rejected(ended),
      unknown: {
        timeout: ended("unknown timeout"),
        "broken-connection": ended("unknown broken-connection"),
        undecodable: ended("unknown undecodable"),
        "server-error": ended("unknown server-error"),
        unfinished,
      },
      cancelled: ended("cancelled"),
    },
    longestWithoutAcceptance: longestGap(withEnds(first, accepted.values, first + total)),
    nonceJumps: 0,
    keysGone: null,
    keys: keys.map((key) => {
      const own = (name: string): number => byKey.get(`${key} ${name}`) ?? 0
      const perMs = own("sent") / (total / 1000)
      return {
        key,
        sent: own("sent"),
        accepted: own("accepted"),
        refused: rejected(own),
        unknown: own("unknown"),
        notSent: 0,
        unfinished: own("sent") - own("accepted") - own("rejected") - own("unknown"),
        sentPerWindow: perMs * settings.windowMs,
        slotsUsed: own("sent") / settings.limit / (Math.floor(total / 1000 / (settings.windowMs + 1)) + 1),
        nonceJumps: 0,
        retired: null,
      }
    }),
  }
}

if (header === undefined) throw new Error("an empty journal")
const figures = figuresOf(header)
// The safe optimum is held to a naive computation by a law, on shorter journals.
const { ceiling, ofCeiling } = utilisationOf(header, figures.averageThroughput, null)
const summary: NaiveSummary = {
  ...figures,
  utilisation: { ceiling, ofCeiling },
}
// As the whole of a journal is told in JSON.
process.stdout.write(`${JSON.stringify({ ...summary, selection: null })}\n`)
