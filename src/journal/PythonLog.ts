/**
 * Reads the log lines of the exercise's Python clients, in the form of Python's logging module:
 *
 *     2026-11-23 16:24:05,711 - root - INFO - API response: status 200, resp {'req_id': '12', 'status': 'OK'}
 *     2026-11-23 16:24:05,719 - root - WARNING - ignoring request 17 from queue due to TTL
 *     2026-11-23 16:24:06,711 - root - INFO - Requests 95
 *
 * The times are some zone's; only their differences mean something, so they are read as if in UTC.
 */
import type { Outcome } from "../domain/Outcome.ts"
import type { LogEvent, LoggedOutcome } from "./LogEvent.ts"

const LINE =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d),(\d{3}) - [^ ]+ - [A-Z]+ - (.*)$/s
const RESPONSE = /^API response: status ([1-5]\d\d), resp (\{.*\})$/s
const IGNORED = /^ignoring request ([^ ]+) (from queue|in limiter) due to TTL$/
const REQUESTS = /^Requests (\d{1,15})$/

// Python prints a dictionary, in which a text stands in single quotes unless it has one itself.
const ORDER_ID = /['"]req_id['"]: ['"]?([^'",} ]+)/
const ERROR_MESSAGE = /['"]error_msg['"]: (?:'([^']*)'|"([^"]*)")/

// Ids are text; the exercise's are numbers. With up to 15 digits every one of them is a number here too.
const NUMBER = /^\d{1,15}$/

/** What an answer meant for its order: its status, and the message of an error. */
export const outcomeOf = (status: number, message: string): Outcome => {
  if (status === 200) return { outcome: "accepted" }
  if (status >= 500) return { outcome: "unknown", cause: "server-error" }
  if (status === 403 || (status === 429 && /blocked/i.test(message)))
    return { outcome: "rejected", reason: "blocked" }
  if (status === 429) return { outcome: "rejected", reason: "rate-limit" }
  if (status === 401) return { outcome: "rejected", reason: "api-key" }
  if (status === 400 && /nonce/i.test(message)) return { outcome: "rejected", reason: "nonce" }
  return { outcome: "rejected", reason: "exchange" }
}

const messageOf = (resp: string): string => {
  const [, quoted, doublyQuoted] = ERROR_MESSAGE.exec(resp) ?? []
  return quoted ?? doublyQuoted ?? ""
}

const numberOf = (id: string | undefined): number | undefined =>
  id !== undefined && NUMBER.test(id) ? Number(id) : undefined

/** An order reached an outcome. All else about it a Python client does not say. */
export const ended = (atMs: number, outcome: LoggedOutcome, number: number | undefined): LogEvent => ({
  type: "outcome",
  atMs,
  outcome,
  id: undefined,
  number,
  createdAtMs: undefined,
  orderAgeMs: undefined,
  roundTripMs: undefined,
  request: undefined,
})

/** What a line says, without its newline; undefined for a line of another shape. */
export const readPythonLine = (line: string): LogEvent | undefined => {
  const [, year, month, day, hour, minute, second, millis, message] = LINE.exec(line) ?? []
  if (message === undefined) return undefined
  const atMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(millis),
  )
  const [, status, resp] = RESPONSE.exec(message) ?? []
  if (resp !== undefined)
    return ended(atMs, outcomeOf(Number(status), messageOf(resp)), numberOf(ORDER_ID.exec(resp)?.[1]))
  const [, ignored, place] = IGNORED.exec(message) ?? []
  if (ignored !== undefined)
    return ended(
      atMs,
      { outcome: "expired", place: place === "from queue" ? "queue" : "limiter" },
      numberOf(ignored),
    )
  const [, count] = REQUESTS.exec(message) ?? []
  return count === undefined ? undefined : { type: "requests", atMs, count: Number(count) }
}
