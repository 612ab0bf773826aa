/**
 * Makes logs of any length that look like those of real runs: a simulated hour, again and again, each time later and with
 * other orders.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs"
import { Option } from "effect"
import type { JournalRecord } from "../../../src/journal/JournalRecord.ts"
import { readJournalLine } from "../../../src/journal/journalLine.ts"

const WRITE_CHARS = 4 * 1024 * 1024

type Of<Type> = Extract<JournalRecord, { readonly type: Type }>
type OrderRecord = Of<"sent"> | Of<"outcome">
/** Without the pings no request that was lost would ever leave its window. */
type RepeatedRecord = OrderRecord | Of<"ping">

const isRepeated = (record: JournalRecord): record is RepeatedRecord =>
  record.type === "sent" || record.type === "outcome" || record.type === "ping"

/** What is repeated. */
interface Hour {
  readonly header: Of<"header">
  readonly records: ReadonlyArray<RepeatedRecord>
  /** From one repetition to the next: by then the keys' last requests have left the window. */
  readonly everyMs: number
  /** From an order's number to that of the same order in the next repetition. */
  readonly orders: number
}

const readHour = (file: string): Hour => {
  const all = readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => Option.toArray(readJournalLine(line)))
  const [header] = all
  if (header?.type !== "header") throw new Error("a simulated journal without a header")
  const records = all.filter(isRepeated)
  const lastMs = records.reduce((last, { t }) => Math.max(last, t), 0)
  const largest = records.reduce(
    (largest, record) => (record.type === "ping" ? largest : Math.max(largest, Number(record.id))),
    0,
  )
  return { header, records, everyMs: Math.ceil(lastMs / 1000) * 1000 + 2000, orders: largest + 1 }
}

/**
 * Endings that a simulated exchange without faults does not have, in place of an acceptance now and then: the
 * client has answers to them all.
 */
const otherEnding = (record: Of<"outcome">, number: number): Of<"outcome"> => {
  if (record.outcome !== "accepted") return record
  const { outcome: _, createdAt, id, t, type, ...request } = record
  const start = { type, t, id, createdAt } as const
  if (number % 997 === 0) return { ...start, outcome: "rejected", reason: "rate-limit", ...request }
  if (number % 1999 === 0) return { ...start, outcome: "rejected", reason: "nonce", ...request }
  if (number % 2999 === 0) return { ...start, outcome: "rejected", reason: "exchange", ...request }
  return record
}

const repetition = (record: RepeatedRecord, { everyMs, orders }: Hour, times: number): RepeatedRecord => {
  const shiftMs = times * everyMs
  const at = (ms: number): number => Math.round((ms + shiftMs) * 1000) / 1000
  if (record.type === "ping")
    return { type: "ping", t: at(record.t), begun: at(record.begun), cleared: at(record.cleared) }
  const number = times * orders + Number(record.id)
  const about = { t: at(record.t), id: String(number), createdAt: at(record.createdAt) }
  if (record.type === "sent") return { ...record, ...about, nonce: record.nonce + shiftMs }
  if (record.outcome === "expired" || record.outcome === "cancelled") return { ...record, ...about }
  const way = {
    nonce: record.nonce + shiftMs,
    sent: at(record.sent),
    ...(record.written === undefined ? {} : { written: at(record.written) }),
    settled: at(record.settled),
  }
  return otherEnding({ ...record, ...about, ...way }, number)
}

function* repeated(hour: Hour): Generator<RepeatedRecord> {
  for (let times = 0; ; times += 1) {
    for (const record of hour.records) yield repetition(record, hour, times)
  }
}

function* journalLines(hour: Hour): Generator<string> {
  // Its run goes on for longer than the hour was planned to.
  const settings = { ...hour.header.settings, durationMs: null }
  yield JSON.stringify({ ...hour.header, settings })
  for (const record of repeated(hour)) yield JSON.stringify(record)
}

const START_MS = Date.UTC(2026, 10, 23)

const answers = {
  "rate-limit": "status 429, resp {'error_msg': 'exceeded rate limit', 'status': 'error'}",
  nonce: "status 400, resp {'error_msg': 'invalid nonce', 'status': 'error'}",
  blocked: "status 429, resp {'error_msg': 'too many rate limit errors: blocked', 'status': 'error'}",
  "api-key": "status 401, resp {'error_msg': 'invalid api key', 'status': 'error'}",
  clock: "status 400, resp {'error_msg': 'invalid timestamp', 'status': 'error'}",
  exchange: "status 400, resp {'error_msg': 'invalid order', 'status': 'error'}",
} as const

const pythonMessage = (record: Of<"outcome">): string => {
  switch (record.outcome) {
    case "expired":
      return `WARNING - ignoring request ${record.id} ${record.place === "limiter" ? "in limiter" : "from queue"} due to TTL`
    case "rejected":
      return `WARNING - API response: ${answers[record.reason]}`
    case "unknown":
      return "WARNING - API response: status 502, resp {'status': 'error'}"
    case "accepted":
    case "cancelled":
      return `INFO - API response: status 200, resp {'req_id': '${record.id}', 'status': 'OK'}`
  }
}

function* pythonLines(hour: Hour): Generator<string> {
  let second = 0
  let created = 0
  let accepted = 0
  for (const record of repeated(hour)) {
    if (record.type !== "outcome") continue
    const time = new Date(START_MS + record.t).toISOString()
    const start = `${time.slice(0, 10)} ${time.slice(11, 19)},${time.slice(20, 23)} - root - `
    const now = Math.floor(record.t / 1000)
    if (now > second) {
      yield `${start}INFO - Requests ${created}`
      yield `${start}INFO - Throughput: ${accepted} requests made / second`
      second = now
      created = 0
      accepted = 0
    }
    created += 1
    if (record.outcome === "accepted") accepted += 1
    yield start + pythonMessage(record)
  }
}

/** Writes lines into a new file until there are so many. */
const writeLines = (file: string, count: number, lines: Iterable<string>): void => {
  const target = openSync(file, "w", 0o600)
  let text = ""
  let written = 0
  for (const line of lines) {
    text += `${line}\n`
    written += 1
    if (text.length >= WRITE_CHARS || written === count) {
      writeSync(target, text)
      text = ""
    }
    if (written === count) break
  }
  closeSync(target)
}

/**
 * Makes a journal of so many lines out of one of a simulated hour. It breaks off as if its run had been killed: its last
 * orders are unfinished.
 */
export const makeJournal = (hour: string, file: string, lines: number): void => {
  writeLines(file, lines, journalLines(readHour(hour)))
}

/** The log of so many lines that a Python client of the exercise would have written of such hours. */
export const makePythonLog = (hour: string, file: string, lines: number): void => {
  writeLines(file, lines, pythonLines(readHour(hour)))
}
