import { Redacted, Result } from "effect"
import { expect, it } from "vitest"
import { readAnswer } from "../../src/venues/exercise/answer.ts"
import { type SubmitError, verdictOf } from "../../src/domain/SubmitError.ts"

const about = { orderId: "o-1", key: "key-1" }
const read = (status: number, body: string) => readAnswer(about, status, body, Redacted.make("S/1"))

const HTML = "<html><head><title>502 Bad Gateway</title></head><body>blocked nonce</body></html>"
const refusal = (message: string) => `{"status":"error","error_msg":${JSON.stringify(message)}}`

it("takes the protocol's acceptance of the very order that was sent", () => {
  expect(read(200, '{"status":"OK","req_id":"o-1"}')).toEqual(Result.succeed({ status: "OK", req_id: "o-1" }))
  expect(Result.isSuccess(read(200, ' {"req_id": "o-1", "status": "OK", "more": 1}\n'))).toBe(true)
})

interface Row {
  readonly what: string
  readonly status: number
  readonly body: string
  readonly tag: SubmitError["_tag"]
  readonly kind: "refused" | "unknown"
}

const rows: ReadonlyArray<Row> = [
  // The protocol's own refusals.
  { what: "a bad nonce", status: 400, body: refusal("invalid nonce"), tag: "InvalidNonce", kind: "refused" },
  ...[
    refusal("Timestamp ahead of server time"),
    refusal("Nonce '1795000000000' is not within 30 seconds of server time"),
    refusal("nonce too far from the current time"),
    refusal("check your system clock"),
    '{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}',
  ].map((body) => ({
    what: `a clock that is off: ${body}`,
    status: 400,
    body,
    tag: "InvalidTimestamp" as const,
    kind: "refused" as const,
  })),
  {
    what: "a time in force",
    status: 400,
    body: refusal("bad time in force"),
    tag: "Refused",
    kind: "refused",
  },
  {
    what: "an unknown key",
    status: 401,
    body: refusal("invalid api key"),
    tag: "UnknownApiKey",
    kind: "refused",
  },
  {
    what: "an excess",
    status: 429,
    body: refusal("exceeded rate limit"),
    tag: "RateLimited",
    kind: "refused",
  },
  {
    what: "a ban, told by its message",
    status: 429,
    body: refusal("too many rate limit errors: blocked"),
    tag: "KeyBlocked",
    kind: "refused",
  },
  {
    what: "a ban, told by its message and its status",
    status: 403,
    body: refusal("this key is blocked"),
    tag: "KeyBlocked",
    kind: "refused",
  },
  { what: "another 403", status: 403, body: refusal("forbidden"), tag: "TurnedAway", kind: "refused" },
  { what: "a ban of the address", status: 418, body: "{}", tag: "TurnedAway", kind: "refused" },
  // Definite refusals whose body is not the protocol's: the status says enough.
  { what: "HTML with 403", status: 403, body: HTML, tag: "TurnedAway", kind: "refused" },
  {
    what: "HTML with 403 that says blocked, as firewalls do",
    status: 403,
    body: "<h1>403 Forbidden</h1>Request blocked.",
    tag: "TurnedAway",
    kind: "refused",
  },
  { what: "HTML with 429", status: 429, body: HTML, tag: "RateLimited", kind: "refused" },
  { what: "no body with 429", status: 429, body: "", tag: "RateLimited", kind: "refused" },
  { what: "HTML with 401", status: 401, body: HTML, tag: "TurnedAway", kind: "refused" },
  { what: "401 without a word", status: 401, body: "", tag: "TurnedAway", kind: "refused" },
  { what: "401 in other words", status: 401, body: '{"code":-2014}', tag: "UnknownApiKey", kind: "refused" },
  { what: "HTML with 400", status: 400, body: HTML, tag: "Refused", kind: "refused" },
  {
    what: "another refusal with 400",
    status: 400,
    body: refusal("bad side"),
    tag: "Refused",
    kind: "refused",
  },
  { what: "HTML with 404", status: 404, body: HTML, tag: "Refused", kind: "refused" },
  { what: "a form too large", status: 413, body: "", tag: "Refused", kind: "refused" },
  // Answers that are not the protocol's: the order may have been executed.
  { what: "HTML with 200", status: 200, body: HTML, tag: "UndecodableAnswer", kind: "unknown" },
  { what: "no body with 200", status: 200, body: "", tag: "UndecodableAnswer", kind: "unknown" },
  {
    what: "cut-off JSON with 200",
    status: 200,
    body: '{"status":"OK","req_id":"o-',
    tag: "UndecodableAnswer",
    kind: "unknown",
  },
  {
    what: "an acceptance of another order",
    status: 200,
    body: '{"status":"OK","req_id":"o-2"}',
    tag: "UndecodableAnswer",
    kind: "unknown",
  },
  {
    what: "an acceptance of no order",
    status: 200,
    body: '{"status":"OK"}',
    tag: "UndecodableAnswer",
    kind: "unknown",
  },
  {
    what: "a refusal with 200",
    status: 200,
    body: refusal("invalid nonce"),
    tag: "UndecodableAnswer",
    kind: "unknown",
  },
  { what: "null with 200", status: 200, body: "null", tag: "UndecodableAnswer", kind: "unknown" },
  {
    what: "an acceptance with 201",
    status: 201,
    body: '{"status":"OK","req_id":"o-1"}',
    tag: "UndecodableAnswer",
    kind: "unknown",
  },
  { what: "nothing with 204", status: 204, body: "", tag: "UndecodableAnswer", kind: "unknown" },
  { what: "a redirect", status: 301, body: "", tag: "UndecodableAnswer", kind: "unknown" },
  {
    what: "a redirect that keeps the method",
    status: 307,
    body: "",
    tag: "UndecodableAnswer",
    kind: "unknown",
  },
  // Failures on the way.
  {
    what: "a failure of the exchange",
    status: 500,
    body: refusal("oops"),
    tag: "ServerError",
    kind: "unknown",
  },
  { what: "HTML with 502", status: 502, body: HTML, tag: "ServerError", kind: "unknown" },
  { what: "HTML with 503", status: 503, body: HTML, tag: "ServerError", kind: "unknown" },
  {
    what: "an acceptance with 504",
    status: 504,
    body: '{"status":"OK","req_id":"o-1"}',
    tag: "ServerError",
    kind: "unknown",
  },
]

it.each(rows)("reads $what ($status) as $tag: $kind", ({ status, body, tag, kind }) => {
  const error = Result.getOrThrow(Result.flip(read(status, body)))
  expect(error).toMatchObject({ _tag: tag, ...about })
  expect(verdictOf(error).kind).toBe(kind)
  expect(error.message).toMatch(/^order o-1: [^\n]+$/)
})

const detailOf = (body: string): string => {
  const error = Result.getOrThrow(Result.flip(read(404, body)))
  return error._tag === "Refused" ? error.detail : "not refused"
}

it("repeats what the exchange said in a refusal that it does not know", () => {
  expect(detailOf(refusal("unknown side: buy"))).toBe("unknown side: buy")
  expect(detailOf(HTML)).toBe("")
})

it("repeats no more than 200 characters of it, and no half of one", () => {
  expect(detailOf(refusal("x".repeat(100_000)))).toBe("x".repeat(200))
  expect(detailOf(refusal(`${"x".repeat(199)}\u{1f600}`)).isWellFormed()).toBe(true)
})

it("repeats nothing of it that a terminal would obey, and no line break", () => {
  const said = detailOf(refusal("a\u001b[2J\u0007b\r\nc\td\u202ee\u009bf\u2028g"))
  expect(said).toBe("a [2J b c d e f g")
})

it("finds a ban in a message however long, and however it is written", () => {
  const error = Result.flip(read(429, refusal(`${"too many errors, ".repeat(30)}Blocked`)))
  expect(Result.getOrThrow(error)).toMatchObject({ _tag: "KeyBlocked" })
})

it("says the key's label where the exchange repeats the key, also where it would be cut off", () => {
  expect(detailOf(refusal("no S/1 at ?api_key=S%2F1&nonce=1"))).toBe("no key-1 at ?api_key=key-1&nonce=1")
  expect(detailOf(refusal(`${"x".repeat(198)}S/1`))).toBe(`${"x".repeat(198)}ke`)
})
