/**
 * Reads the lines of the exercise's Python clients from their bytes, in the form in which these clients write them: many
 * times as fast as through text and regular expressions. It knows no line that `readPythonLine` does not, and every
 * other line is left to that.
 */
import type { Outcome } from "../../domain/Outcome.ts"
import type { LogEvent } from "../LogEvent.ts"
import { ended, outcomeOf } from "../PythonLog.ts"
import type { Cursor } from "./scanValues.ts"

const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const DOUBLE_QUOTE = 0x22
const QUOTE = 0x27
const ZERO = 0x30
const BACKSLASH = 0x5c
const UPPER_A = 0x41
const UPPER_Z = 0x5a
const DELETE = 0x7f

/** Numbers of so many digits are exact. */
const MAX_DIGITS = 15

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const SECOND_MS = 1000

const BETWEEN = Buffer.from(" - ")
const RESPONSE = Buffer.from("API response: status ")
const RESP = Buffer.from(", resp {")
const IGNORED = Buffer.from("ignoring request ")
const FROM_QUEUE = Buffer.from(" from queue due to TTL")
const IN_LIMITER = Buffer.from(" in limiter due to TTL")
const REQUESTS = Buffer.from("Requests ")
const ORDER_ID = Buffer.from("req_id")
const ERROR_MESSAGE = Buffer.from("error_msg")

const ACCEPTED: Outcome = { outcome: "accepted" }
const EXPIRED_IN_QUEUE: Outcome = { outcome: "expired", place: "queue" }
const EXPIRED_IN_LIMITER: Outcome = { outcome: "expired", place: "limiter" }

const isAt = (text: Uint8Array, bytes: Uint8Array, from: number): boolean => {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[from + index] !== text[index]) return false
  }
  return true
}

/** The number that so many digits at `from` make; NaN where one of them is none. */
const digits = (bytes: Uint8Array, from: number, count: number): number => {
  let value = 0
  for (let at = from; at < from + count; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** The number at `from`, of as many digits as there are; NaN for none, or more than are exact. */
const wholeNumber = (bytes: Uint8Array, from: number, cursor: Cursor): number => {
  let at = from
  let value = 0
  for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
    value = value * 10 + digit
    at += 1
  }
  if (at === from || at - from > MAX_DIGITS) return Number.NaN
  cursor.at = at
  return value
}

/** The day that was read last, as year, month and day in one number: a log has one for hours. */
let lastDay = Number.NaN
let lastDayMs = 0

/** When the day at `from` began, `2026-11-23`; NaN for none. */
const dayMs = (bytes: Uint8Array, from: number): number => {
  const month = digits(bytes, from + 5, 2)
  const date = digits(bytes, from + 8, 2)
  const day = digits(bytes, from, 4) * 10_000 + month * 100 + date
  if (day === lastDay) return lastDayMs
  if (!(month >= 1 && month <= 12 && date >= 1 && date <= 31)) return Number.NaN
  lastDay = day
  lastDayMs = Date.UTC(Math.floor(day / 10_000), month - 1, date)
  return lastDayMs
}

const DASH = 0x2d
const COLON = 0x3a
const COMMA = 0x2c
const STAMP_BYTES = "2026-11-23 16:24:05,711".length

/** The time at `from`, `2026-11-23 16:24:05,711`; NaN for none. */
const stampMs = (bytes: Uint8Array, from: number): number => {
  const isStamp =
    bytes[from + 4] === DASH &&
    bytes[from + 7] === DASH &&
    bytes[from + 10] === SPACE &&
    bytes[from + 13] === COLON &&
    bytes[from + 16] === COLON &&
    bytes[from + 19] === COMMA
  if (!isStamp) return Number.NaN
  const hour = digits(bytes, from + 11, 2)
  const minute = digits(bytes, from + 14, 2)
  const second = digits(bytes, from + 17, 2)
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN
  return (
    dayMs(bytes, from) +
    hour * HOUR_MS +
    minute * MINUTE_MS +
    second * SECOND_MS +
    digits(bytes, from + 20, 3)
  )
}

/** Where the message begins, after the logger's name and the level; -1 where these are none. */
const messageAt = (bytes: Uint8Array, from: number): number => {
  if (!isAt(BETWEEN, bytes, from)) return -1
  const name = from + BETWEEN.length
  let at = name
  for (let byte = bytes[at] ?? 0; byte > SPACE && byte < DELETE; byte = bytes[at] ?? 0) at += 1
  if (at === name || !isAt(BETWEEN, bytes, at)) return -1
  const level = at + BETWEEN.length
  at = level
  for (let byte = bytes[at] ?? 0; byte >= UPPER_A && byte <= UPPER_Z; byte = bytes[at] ?? 0) at += 1
  return at === level || !isAt(BETWEEN, bytes, at) ? -1 : at + BETWEEN.length
}

/** Where the text ends that is in single quotes from `from` on; -1 where it is not as plain as that. */
const quotedEnd = (bytes: Uint8Array, from: number): number => {
  if (bytes[from] !== QUOTE) return -1
  let at = from + 1
  for (let byte = bytes[at] ?? 0; byte !== QUOTE; byte = bytes[at] ?? 0) {
    if (byte < SPACE || byte >= DELETE || byte === BACKSLASH || byte === DOUBLE_QUOTE) return -1
    at += 1
  }
  return at
}

const isNamed = (name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean =>
  to - from === name.length && isAt(name, bytes, from)

const BRACE = 0x7d

/**
 * The answer at `from`, from its first field to its closing brace: a dictionary of texts. The cursor then stands
 * behind it. Undefined where it is another one.
 */
const scanAnswer = (
  bytes: Buffer,
  from: number,
  atMs: number,
  status: number,
  cursor: Cursor,
): LogEvent | undefined => {
  let number: number | undefined
  let message: string | undefined
  let at = from
  while (true) {
    const nameEnd = quotedEnd(bytes, at)
    if (nameEnd === -1 || bytes[nameEnd + 1] !== COLON || bytes[nameEnd + 2] !== SPACE) return undefined
    const value = nameEnd + 3
    const valueEnd = quotedEnd(bytes, value)
    if (valueEnd === -1) return undefined
    if (isNamed(ORDER_ID, bytes, at + 1, nameEnd)) {
      const id = wholeNumber(bytes, value + 1, cursor)
      // Also where it stands twice: which of them counts is for others to say.
      if (Number.isNaN(id) || cursor.at !== valueEnd || number !== undefined) return undefined
      number = id
    } else if (isNamed(ERROR_MESSAGE, bytes, at + 1, nameEnd)) {
      if (message !== undefined) return undefined
      message = bytes.toString("latin1", value + 1, valueEnd)
    }
    if (bytes[valueEnd + 1] === BRACE) {
      cursor.at = valueEnd + 2
      return ended(atMs, status === 200 ? ACCEPTED : outcomeOf(status, message ?? ""), number)
    }
    if (bytes[valueEnd + 1] !== COMMA || bytes[valueEnd + 2] !== SPACE) return undefined
    at = valueEnd + 3
  }
}

const scanIgnored = (bytes: Buffer, from: number, atMs: number, cursor: Cursor): LogEvent | undefined => {
  const number = wholeNumber(bytes, from, cursor)
  if (Number.isNaN(number)) return undefined
  const at = cursor.at
  // Both are of one length.
  cursor.at = at + FROM_QUEUE.length
  if (isAt(FROM_QUEUE, bytes, at)) return ended(atMs, EXPIRED_IN_QUEUE, number)
  return isAt(IN_LIMITER, bytes, at) ? ended(atMs, EXPIRED_IN_LIMITER, number) : undefined
}

/** What the message at `from` says; the cursor then stands behind it. */
const scanMessage = (bytes: Buffer, from: number, atMs: number, cursor: Cursor): LogEvent | undefined => {
  if (isAt(RESPONSE, bytes, from)) {
    const at = from + RESPONSE.length
    const status = digits(bytes, at, 3)
    if (!(status >= 100 && status <= 599) || !isAt(RESP, bytes, at + 3)) return undefined
    return scanAnswer(bytes, at + 3 + RESP.length, atMs, status, cursor)
  }
  if (isAt(IGNORED, bytes, from)) return scanIgnored(bytes, from + IGNORED.length, atMs, cursor)
  if (!isAt(REQUESTS, bytes, from)) return undefined
  const count = wholeNumber(bytes, from + REQUESTS.length, cursor)
  return Number.isNaN(count) ? undefined : { type: "requests", atMs, count }
}

const inner: Cursor = { at: 0 }

/**
 * What the line at `from` says, and the cursor behind its newline; undefined, and the cursor where it was, where the
 * line is not in the form in which these clients write. The bytes must hold the line's newline.
 */
export const scanPythonLine = (bytes: Buffer, from: number, cursor: Cursor): LogEvent | undefined => {
  const atMs = stampMs(bytes, from)
  if (Number.isNaN(atMs)) return undefined
  const message = messageAt(bytes, from + STAMP_BYTES)
  if (message === -1) return undefined
  const event = scanMessage(bytes, message, atMs, inner)
  if (event === undefined) return undefined
  const end = bytes[inner.at] === CARRIAGE_RETURN ? inner.at + 1 : inner.at
  if (bytes[end] !== NEWLINE) return undefined
  cursor.at = end + 1
  return event
}
