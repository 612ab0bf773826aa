/**
 * Journal records and log lines for tests, with everything that a test does not care about filled in.
 */
import { Effect } from "effect"
import type { LogReader } from "../../src/journal/LogReader.ts"
import type { Footer, Header, JournalRecord } from "../../src/journal/JournalRecord.ts"
import { fromJournal } from "../../src/journal/LogEvent.ts"
import { invariant } from "../../src/platform/invariant.ts"
import type { LogDefaults } from "../../src/summary/LogOptions.ts"
import { summariseFile } from "../../src/summary/summariseFile.ts"
import type { Summary } from "../../src/summary/Summary.ts"
import { makeSummariser } from "../../src/summary/Summariser.ts"

export const header = (
  settings: { readonly limit?: number; readonly windowMs?: number; readonly keys?: number } = {},
): typeof Header.Type => ({
  type: "header",
  t: 0,
  version: 1,
  program: "paceline test",
  startedAt: "2026-11-23T16:24:05.000Z",
  keys: Array.from({ length: settings.keys ?? 5 }, (_, index) => `key-${index + 1}`),
  seed: 1,
  settings: {
    exchange: "http://127.0.0.1:9999/api/request",
    source: "random",
    gate: "ack-window",
    limit: settings.limit ?? 20,
    windowMs: settings.windowMs ?? 1000,
    boundMs: 55,
    marginMs: 2,
    ttlMs: 1000,
    requestTimeoutMs: 5000,
    durationMs: 30_000,
    load: 1,
  },
})

interface Request {
  readonly key?: string
  readonly attempt?: number
}

const requestBy = ({ key = "key-1", attempt = 1 }: Request) => ({ key, nonce: 1, attempt })

export const sent = (id: string, t: number, createdAt = t, request: Request = {}): JournalRecord => ({
  type: "sent",
  t,
  id,
  createdAt,
  ...requestBy(request),
})

interface Times extends Request {
  readonly createdAt?: number
  readonly sent?: number
  readonly written?: number
}

const outcomeOf = (id: string, t: number, times: Times) =>
  ({ type: "outcome", t, id, createdAt: times.createdAt ?? t }) as const

const requestOf = (t: number, times: Times) => ({
  ...requestBy(times),
  sent: times.sent ?? t,
  ...(times.written === undefined ? {} : { written: times.written }),
  settled: t,
})

export const accepted = (id: string, t: number, times: Times = {}): JournalRecord => ({
  ...outcomeOf(id, t, times),
  outcome: "accepted",
  ...requestOf(t, times),
})

export const rejected = (
  id: string,
  t: number,
  reason: "rate-limit" | "blocked" | "nonce" | "api-key" | "exchange",
  times: Times = {},
): JournalRecord => ({ ...outcomeOf(id, t, times), outcome: "rejected", reason, ...requestOf(t, times) })

export const unknown = (
  id: string,
  t: number,
  cause: "timeout" | "broken-connection" | "undecodable" | "server-error",
  times: Times = {},
): JournalRecord => ({ ...outcomeOf(id, t, times), outcome: "unknown", cause, ...requestOf(t, times) })

export const expired = (
  id: string,
  t: number,
  place: "queue" | "limiter",
  times: Times = {},
): JournalRecord => ({ ...outcomeOf(id, t, times), outcome: "expired", place })

export const cancelled = (id: string, t: number, times: Times = {}): JournalRecord => ({
  ...outcomeOf(id, t, times),
  outcome: "cancelled",
})

export const returned = (
  id: string,
  t: number,
  reason: "rate-limit" | "blocked" | "nonce" | "clock" | "exchange" | "not-sent",
  times: Times = {},
): JournalRecord => ({ type: "returned", t, id, reason, ...requestOf(t, times) })

export const retired = (key: string, t: number, reason: "rate-limit" | "nonce"): JournalRecord => ({
  type: "key",
  t,
  key,
  state: "parked",
  reason,
  rateLimitErrors: 9,
})

export const nonceJump = (key: string, t: number): JournalRecord => ({
  type: "nonce-jump",
  t,
  key,
  refused: 1,
  by: 1000,
  jump: 1,
})

export const footer = (t: number, counts: Partial<Omit<typeof Footer.Type, "type">> = {}): JournalRecord => ({
  type: "footer",
  t,
  end: "done",
  created: 0,
  accepted: 0,
  rejected: 0,
  expired: 0,
  unknown: 0,
  cancelled: 0,
  badLines: 0,
  ...counts,
})

/** The summary of a file's one run. */
export const summaryOfFile = (file: string, defaults: LogDefaults) =>
  Effect.map(summariseFile(file, defaults), ({ runs }) => {
    const [run] = runs
    invariant(run !== undefined && runs.length === 1, "a log of several runs")
    return run.summary
  })

/** Feeds records to a fresh summariser, as the live run does. */
export const summaryOf = (records: ReadonlyArray<JournalRecord>): Summary => {
  const summariser = makeSummariser({ kind: "journal", keys: 5, limit: 20 })
  for (const record of records) {
    summariser.add(fromJournal(record))
  }
  return summariser.finish()
}

/** `count` accepted orders at one time. */
export const acceptedAt = (t: number, count: number): ReadonlyArray<JournalRecord> =>
  Array.from({ length: count }, (_, index) => accepted(`${t}-${index}`, t))

/** Gives a log's next line to who reads it. */
export const pushLine = ({ push }: Pick<LogReader, "push">, line: string): void => {
  push(Buffer.from(`${line}\n`))
}
