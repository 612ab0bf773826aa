/**
 * What an answer's headers say about when to send again. Pure: status, headers and a time in, waits out.
 *
 * - `Retry-After` on any 4xx or 5xx, in seconds or as a date: for everybody, in full. Whose limit or ban it is, no answer
 *   says, so it is taken to be everybody's.
 * - `X-RateLimit-Remaining: 0` with `X-RateLimit-Reset` (also `X-Rate-Limit-*`, and `RateLimit-*` as in the IETF's
 *   draft), on any answer: for the key. A reset is a number of seconds, or a moment in seconds or milliseconds
 *   since 1970.
 *
 * What is none of these is ignored, and what would be longer than thirty days: an exchange that says nonsense is one that
 * says nothing.
 */

/** How long to wait from now, in milliseconds; 0 where nothing is asked. */
export interface Advice {
  /** Before the key sends again. */
  readonly keyMs: number
  /** Before anybody sends again. */
  readonly exchangeMs: number
}

/** An answer's headers, their names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | undefined>>

/** What is longer than this is nonsense: bans last minutes to days, and a moment that was mistaken for seconds lasts half a century. */
export const LONGEST_ADVICE_MS = 30 * 86_400_000

const QUOTA_NAMES = ["x-ratelimit", "x-rate-limit", "ratelimit"]

/** Seconds this large are a moment: 2001 and later. */
const EPOCH_SECONDS_FROM = 1e9
const EPOCH_MILLIS_FROM = 1e12

const secondsOf = (text: string): number | undefined =>
  /^\d{1,16}(\.\d{1,9})?$/.test(text.trim()) ? Number(text) : undefined

/**
 * As HTTP writes dates, and as it once wrote them, which RFC 9110 asks to understand too:
 * `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, and `Sun Nov  6 08:49:37 1994`, which is GMT as well.
 */
const HTTP_DATES = [
  /^[A-Z][a-z]{2}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/,
]

const CENTURY = 100
const FIFTY_YEARS_MS = 50 * 365.25 * 86_400_000

const dateMs = (text: string, nowMs: number): number | undefined => {
  const parts = HTTP_DATES.map((form) => form.exec(text.trim())?.groups).find(Boolean)
  if (parts === undefined) return undefined
  const { day = "", month = "", time = "", year = "" } = parts
  const ms = (fullYear: number) => Date.parse(`${day.trim()} ${month} ${fullYear} ${time} GMT`)
  // A year of two digits is the last one in the past that ends with them, where it would else be fifty years off.
  const nearest = year.length === 2 ? Number(year) + 20 * CENTURY : Number(year)
  const isFarOff = year.length === 2 && ms(nearest) - nowMs > FIFTY_YEARS_MS
  const found = ms(isFarOff ? nearest - CENTURY : nearest)
  return Number.isNaN(found) ? undefined : found
}

const believed = (ms: number): number => (ms > 0 && ms <= LONGEST_ADVICE_MS ? ms : 0)

/** A number of seconds, or a moment in seconds or milliseconds since 1970; 0 where it is neither. */
const numberMs = (text: string, nowMs: () => number): number => {
  const value = secondsOf(text)
  if (value === undefined) return 0
  if (value >= EPOCH_MILLIS_FROM) return believed(value - nowMs())
  return believed(value >= EPOCH_SECONDS_FROM ? value * 1000 - nowMs() : value * 1000)
}

const retryAfterMs = (text: string, nowMs: () => number): number => {
  const moment = dateMs(text, nowMs())
  return moment === undefined ? numberMs(text, nowMs) : believed(moment - nowMs())
}

/** Waits until the key's quota is filled up again, where an answer says that nothing is left of it. */
const quotaMs = (headers: AnswerHeaders, nowMs: () => number): number => {
  let longest = 0
  for (const name of QUOTA_NAMES) {
    const remaining = headers[`${name}-remaining`]
    if (remaining === undefined || secondsOf(remaining) !== 0) continue
    longest = Math.max(longest, numberMs(headers[`${name}-reset`] ?? "", nowMs))
  }
  return longest
}

/**
 * What an answer advises, or undefined where it advises nothing. Moments are compared with the answer's own `Date`,
 * so that a wrong clock on either side does no harm; `wallMs` is our wall clock's time, for answers without one.
 */
export const readAdvice = (status: number, headers: AnswerHeaders, wallMs: number): Advice | undefined => {
  const nowMs = (): number => dateMs(headers["date"] ?? "", wallMs) ?? wallMs
  const asked = headers["retry-after"]
  const waitMs = asked === undefined ? 0 : retryAfterMs(asked, nowMs)
  const keyMs = quotaMs(headers, nowMs)
  const exchangeMs = status >= 400 ? waitMs : 0
  return keyMs === 0 && exchangeMs === 0 ? undefined : { keyMs, exchangeMs }
}
