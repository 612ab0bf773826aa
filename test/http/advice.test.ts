import { expect, it } from "vitest"
import { type Advice, type AnswerHeaders, LONGEST_ADVICE_MS, readAdvice } from "../../src/http/advice.ts"

const NOW_MS = Date.parse("2026-11-24T09:30:00.250Z")
const NOW_S = Math.floor(NOW_MS / 1000)

const key = (keyMs: number): Advice => ({ keyMs, exchangeMs: 0 })
const exchange = (exchangeMs: number): Advice => ({ keyMs: 0, exchangeMs })

const cases: ReadonlyArray<{
  readonly what: string
  readonly status: number
  readonly headers: AnswerHeaders
  readonly advice: Advice | undefined
}> = [
  { what: "no header at all", status: 200, headers: {}, advice: undefined },
  { what: "Retry-After on a 429", status: 429, headers: { "retry-after": "7" }, advice: exchange(7000) },
  { what: "... with fractions", status: 429, headers: { "retry-after": " 0.5 " }, advice: exchange(500) },
  { what: "Retry-After on a 503", status: 503, headers: { "retry-after": "2" }, advice: exchange(2000) },
  { what: "... on a 502", status: 502, headers: { "retry-after": "2" }, advice: exchange(2000) },
  {
    what: "... on a 200, where it means nothing",
    status: 200,
    headers: { "retry-after": "2" },
    advice: undefined,
  },
  { what: "... on a 400", status: 400, headers: { "retry-after": "2" }, advice: exchange(2000) },
  { what: "... on a 418", status: 418, headers: { "retry-after": "2" }, advice: exchange(2000) },
  {
    what: "... as a moment in seconds",
    status: 429,
    headers: { "retry-after": String(NOW_S + 3) },
    advice: exchange(2750),
  },
  { what: "an hour", status: 429, headers: { "retry-after": "3600" }, advice: exchange(3_600_000) },
  { what: "... of nothing", status: 503, headers: { "retry-after": "0" }, advice: undefined },
  {
    what: "a date, by our own clock",
    status: 503,
    headers: { "retry-after": "Tue, 24 Nov 2026 09:30:03 GMT" },
    advice: exchange(2750),
  },
  {
    what: "a date, by the answer's clock, an hour off",
    status: 503,
    headers: { "retry-after": "Tue, 24 Nov 2026 10:30:03 GMT", date: "Tue, 24 Nov 2026 10:30:00 GMT" },
    advice: exchange(3000),
  },
  {
    what: "a date with its day written out and a year of two digits",
    status: 503,
    headers: { "retry-after": "Tuesday, 24-Nov-26 09:30:03 GMT" },
    advice: exchange(2750),
  },
  {
    what: "... one that would be more than fifty years ahead, and so has passed",
    status: 503,
    headers: { "retry-after": "Sunday, 06-Nov-94 08:49:37 GMT" },
    advice: undefined,
  },
  {
    what: "a date as C writes it, which is GMT too",
    status: 503,
    headers: { "retry-after": "Tue Nov 24 09:30:03 2026" },
    advice: exchange(2750),
  },
  {
    what: "... with a day of one digit, by such a Date",
    status: 429,
    headers: { "retry-after": "Sun Nov  1 00:00:02 2026", date: "Saturday, 31-Oct-26 23:59:58 GMT" },
    advice: exchange(4000),
  },
  {
    what: "a date that has passed",
    status: 503,
    headers: { "retry-after": "Tue, 24 Nov 2026 09:29:00 GMT" },
    advice: undefined,
  },
  {
    what: "a date beside a Date that is none",
    status: 503,
    headers: { "retry-after": "Tue, 24 Nov 2026 09:30:03 GMT", date: "noon" },
    advice: exchange(2750),
  },
  {
    what: "the longest",
    status: 503,
    headers: { "retry-after": String(LONGEST_ADVICE_MS / 1000) },
    advice: exchange(LONGEST_ADVICE_MS),
  },
  {
    what: "more than the longest",
    status: 503,
    headers: { "retry-after": String(LONGEST_ADVICE_MS / 1000 + 1) },
    advice: undefined,
  },
  {
    what: "a date years ahead",
    status: 429,
    headers: { "retry-after": "Tue, 24 Nov 2099 09:30:03 GMT" },
    advice: undefined,
  },
  ...[
    "-1",
    "soon",
    "",
    "1e3",
    "NaN",
    "0x10",
    "Tue, 99 Nov 2026 09:30:03 GMT",
    "Tue, 24 Nox 2026 09:30:03 GMT",
    "Tue, 24 Nov 2026 09:30:03 CET",
    "Tue, 24 Nov 2026 09:30:03",
    "2026-11-24",
    "9".repeat(400),
  ].map((text) => ({
    what: `nonsense: ${text.slice(0, 40)}`,
    status: 503,
    headers: { "retry-after": text },
    advice: undefined,
  })),
  {
    what: "an empty quota, in seconds",
    status: 200,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "3" },
    advice: key(3000),
  },
  {
    what: "... until a moment in seconds",
    status: 200,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW_S + 3) },
    advice: key(2750),
  },
  {
    what: "... until a moment in milliseconds",
    status: 200,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW_MS + 1234) },
    advice: key(1234),
  },
  {
    what: "... by the draft's names",
    status: 200,
    headers: { "ratelimit-remaining": "0", "ratelimit-reset": "1" },
    advice: key(1000),
  },
  {
    what: "... with another hyphen",
    status: 400,
    headers: { "x-rate-limit-remaining": "0", "x-rate-limit-reset": "1" },
    advice: key(1000),
  },
  {
    what: "a quota that is not empty",
    status: 200,
    headers: { "x-ratelimit-remaining": "1", "x-ratelimit-reset": "3" },
    advice: undefined,
  },
  {
    what: "an empty quota without a reset",
    status: 200,
    headers: { "x-ratelimit-remaining": "0" },
    advice: undefined,
  },
  {
    what: "a quota that is no number",
    status: 200,
    headers: { "x-ratelimit-remaining": "none", "x-ratelimit-reset": "3" },
    advice: undefined,
  },
  {
    what: "a reset that has passed",
    status: 200,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW_S - 3) },
    advice: undefined,
  },
  {
    what: "a reset beyond the longest",
    status: 200,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999" },
    advice: undefined,
  },
  {
    what: "one for the key and one for everybody",
    status: 429,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "3", "retry-after": "1" },
    advice: { keyMs: 3000, exchangeMs: 1000 },
  },
]

it.each(cases)("reads $what", ({ advice, headers, status }) => {
  expect(readAdvice(status, headers, NOW_MS)).toEqual(advice)
})
