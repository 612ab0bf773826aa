/**
 * Reads the log lines of the exercise's Python clients, in the form of Python's logging module:
 *
 *     2026-11-23 16:24:05,711 - root - INFO - API response: status 200, resp {'req_id': '12', 'status': 'OK'}
 *     2026-11-23 16:24:05,719 - root - WARNING - ignoring request 17 from queue due to TTL
 *     2026-11-23 16:24:06,711 - root - INFO - Requests 95 requests made / second
 *
 * and in the forms into which other formatters, containers and journald bring them (see `readHead`). The times are some
 * zone's; only their differences mean something, so they are read as if in UTC.
 */
import type { Outcome } from "../domain/Outcome.ts"
import type { OrderOutcome, OrdersCounted, Remark, Unrecognised } from "./LogEvent.ts"

/** What a line says; `unrecognised` for one that has a time and says nothing that is known here. */
export type PythonEvent = OrderOutcome | OrdersCounted | Remark | Unrecognised

const DATE = /(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])/.source
const TIME = /([01]\d|2[0-3]):([0-5]\d):([0-5]\d)/.source
const ZONE = /(?:Z| ?[+-]\d\d:?\d\d)?/.source
const STAMP = `${DATE}[ T]${TIME}(?:[.,](\\d{1,9}))?`

const LEVEL = "(?:debug|info|notice|warn(?:ing)?|error|critical|fatal)"
/** A logger's, a thread's, a host's or a program's name. */
const NAME = /[[(<]?[\w.@/]+(?:-[\w.@/]+)*(?:\[\d+\])?[\])>]?/.source
const SPACE = /[\s\])>|:,-]*/.source
const MARK = /\s*[:|-]\s*/.source
/** Names, a level and names, or no more than a name or two. */
const BESIDES_LEVEL = `(?:${NAME}[\\s:|-]+){0,3}?[[(<]?${LEVEL}[\\])>]?`
const BESIDES = `${SPACE}(?:${BESIDES_LEVEL}(?:[\\s:|-]+|[\\s:|-]+${NAME}${MARK})|(?:${NAME}${MARK}){0,2})`

const LINE = new RegExp(`^${DATE} ${TIME},(\\d{3}) - [^ ]+ - [A-Z]+ - (.*)$`, "s")
/** What is before a message: the last time in it is the client's own, and not the container's. */
const HEAD = new RegExp(`^(?:.*[^\\d])?${STAMP}${ZONE}${BESIDES}$`, "is")
/** The same before words that are not known. A time with a zone may be a container's, so those need a level. */
const OTHER = new RegExp(
  `^(?:.*?[^\\d])??${STAMP}${ZONE}(?=${SPACE}${BESIDES_LEVEL}\\b)|^${STAMP}(?![\\dZ.,T+-])(?! [+-]\\d)`,
  "is",
)
const MESSAGE = /API response: |[Ii]gnoring request |Requests? |(?:Max )?Throughput /
/** No head is longer: a longer line is no client's. */
const HEAD_CHARACTERS = 300

const RESPONSE = /^API response: (?:status ([1-5]\d\d|[A-Za-z]+), resp(?:onse)? )?(\{.*\})$/s
const IGNORED = /^[Ii]gnoring request ([^ ]+) (from queue|in limiter) due to TTL$/
const FAILED = /^Request ([^ ]+) failed permanently after \d+ retr(?:y|ies)\.?$/
const REQUESTS = /^Requests (\d{1,15})(?: requests made \/ second)?$/
const REMARK =
  /^(?:(?:Max )?Throughput \d+(?:\.\d+)? requests(?: made)? \/ second|Request [^ ]+ expired\. Requeueing attempt \d+\.?)$/

// Python prints a dictionary, in which a text stands in single quotes unless it has one itself.
const ORDER_ID = /['"]req_id['"]: ?['"]?([^'",} ]+)/
const ERROR_MESSAGE = /['"]error_msg['"]: ?(?:'([^']*)'|"([^"]*)")/
const STATUS_OK = /['"]status['"]: ?['"]ok['"]/i

// Ids are text; the exercise's are numbers. With up to 15 digits every one of them is a number here too.
const NUMBER = /^\d{1,15}$/

const UNDECODABLE = { outcome: "unknown", cause: "undecodable" } as const

const isBlocked = (message: string): boolean => /blocked/i.test(message)

/** What an answer meant for its order: its status, and the message of an error. */
const outcomeOf = (status: number, message: string): Outcome => {
  if (status === 200) return { outcome: "accepted" }
  if (status >= 500) return { outcome: "unknown", cause: "server-error" }
  if (status === 403 || status === 429) {
    if (isBlocked(message)) return { outcome: "rejected", reason: "blocked" }
    // Someone else's word: a proxy's, a firewall's.
    return status === 403 ? UNDECODABLE : { outcome: "rejected", reason: "rate-limit" }
  }
  if (status === 401) return { outcome: "rejected", reason: "api-key" }
  if (status === 400 && /nonce/i.test(message)) return { outcome: "rejected", reason: "nonce" }
  return { outcome: "rejected", reason: "exchange" }
}

/** The same where the line has no status but the answer's own. */
const outcomeInWords = (isAccepted: boolean, message: string): Outcome => {
  if (isAccepted) return { outcome: "accepted" }
  if (message === "") return UNDECODABLE
  if (isBlocked(message)) return { outcome: "rejected", reason: "blocked" }
  if (/rate limit/i.test(message)) return { outcome: "rejected", reason: "rate-limit" }
  if (/nonce/i.test(message)) return { outcome: "rejected", reason: "nonce" }
  return { outcome: "rejected", reason: /api.?key/i.test(message) ? "api-key" : "exchange" }
}

const messageOf = (resp: string): string => {
  const [, quoted, doublyQuoted] = ERROR_MESSAGE.exec(resp) ?? []
  return quoted ?? doublyQuoted ?? ""
}

const outcomeOfResponse = (status: string | undefined, resp: string): Outcome => {
  const message = messageOf(resp)
  if (status !== undefined && /^\d/.test(status)) return outcomeOf(Number(status), message)
  return outcomeInWords(status === undefined ? STATUS_OK.test(resp) : /^ok$/i.test(status), message)
}

/** An order reached an outcome. All else about it a Python client does not say. */
const ended = (atMs: number, outcome: OrderOutcome["outcome"], orderId: string | undefined): OrderOutcome => {
  const isNumber = orderId !== undefined && NUMBER.test(orderId)
  return {
    type: "outcome",
    atMs,
    outcome,
    id: undefined,
    number: isNumber ? Number(orderId) : undefined,
    isNamed: orderId !== undefined && !isNumber,
    createdAtMs: undefined,
    orderAgeMs: undefined,
    roundTripMs: undefined,
    request: undefined,
  }
}

const readMessage = (lineMs: number, message: string): PythonEvent => {
  const [, status, resp] = RESPONSE.exec(message) ?? []
  if (resp !== undefined) return ended(lineMs, outcomeOfResponse(status, resp), ORDER_ID.exec(resp)?.[1])
  const [, ignored, place] = IGNORED.exec(message) ?? []
  if (ignored !== undefined)
    return ended(lineMs, { outcome: "expired", place: place === "from queue" ? "queue" : "limiter" }, ignored)
  const [, count] = REQUESTS.exec(message) ?? []
  if (count !== undefined) return { type: "requests", atMs: lineMs, count: Number(count) }
  const [, failed] = FAILED.exec(message) ?? []
  if (failed !== undefined) return ended(lineMs, { outcome: "rejected", reason: "exchange" }, failed)
  return REMARK.test(message) ? { type: "remark", lineMs } : { type: "unrecognised", lines: 1, lineMs }
}

/** The time of a stamp's parts; of a part of a second as many digits count as make nanoseconds. */
const timeOf = (parts: ReadonlyArray<string | undefined>): number => {
  const [year, month, day, hour, minute, second, fraction = "0"] = parts
  const wholeMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  return wholeMs + Number(fraction.padEnd(9, "0")) / 1e6
}

/**
 * What a line says that is not in Python's own form: a period for the comma, an ISO `T`, a zone, no milliseconds; levels in
 * lower case, padded, in brackets or left out, as loggers' names are; and before it all what `docker logs`, `docker
 * compose`, Kubernetes or `journalctl` put there.
 */
const readOther = (line: string): PythonEvent | undefined => {
  const at = line.slice(0, HEAD_CHARACTERS).search(MESSAGE)
  const head = at === -1 ? null : HEAD.exec(line.slice(0, at))
  if (head !== null) return readMessage(timeOf(head.slice(1)), line.slice(at).trimEnd())
  const other = OTHER.exec(line.slice(0, HEAD_CHARACTERS))
  if (other === null) return undefined
  const parts = other.slice(1)
  const lineMs = timeOf(parts[0] === undefined ? parts.slice(7) : parts)
  return { type: "unrecognised", lines: 1, lineMs }
}

/**
 * What a line says, without its newline; undefined for one without a time.
 *
 * @example
 * readPythonLine("2026-11-23 16:24:06,711 - root - INFO - Requests 95")
 * // { type: "requests", atMs: Date.UTC(2026, 10, 23, 16, 24, 6, 711), count: 95 }
 */
export const readPythonLine = (line: string): PythonEvent | undefined => {
  const parts = LINE.exec(line)
  const message = parts?.[8]
  return parts === null || message === undefined
    ? readOther(line)
    : readMessage(timeOf(parts.slice(1, 8)), message)
}
