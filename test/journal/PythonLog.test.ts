import { Option } from "effect"
import { describe, expect, it } from "vitest"
import { readPythonLine } from "../../src/journal/PythonLog.ts"
import { makeLogSummariser } from "../../src/summary/LogSummariser.ts"
import { pushLine } from "../summary/records.ts"

const at = (clock: string, message: string, level = "INFO") =>
  `2026-11-23 ${clock} - root - ${level} - ${message}`
const ok = (clock: string, id: number) =>
  at(clock, `API response: status 200, resp {'req_id': '${id}', 'status': 'OK'}`)
const answer = (status: number, resp: string) =>
  at("16:24:05,711", `API response: status ${status}, resp ${resp}`)
const outcomeOf = (line: string) => {
  const event = readPythonLine(line)
  return event?.type === "outcome" ? event.outcome : event
}
const refusal = (status: number, message: string) =>
  outcomeOf(answer(status, `{'error_msg': '${message}', 'status': 'error'}`))
const summaryOf = (lines: ReadonlyArray<string>) => {
  const reader = makeLogSummariser({ keys: 5, limit: 20 })
  for (const line of lines) pushLine(reader, line)
  reader.end()
  return Option.getOrThrow(reader.summary())
}

describe("a Python client's line", () => {
  it("is an acceptance with the order's number, whatever the order of the answer's keys", () => {
    const expected = {
      type: "outcome",
      atMs: Date.UTC(2026, 10, 23, 16, 24, 5, 711),
      outcome: { outcome: "accepted" },
      number: 12,
    }
    expect(readPythonLine(answer(200, "{'req_id': '12', 'status': 'OK'}"))).toMatchObject(expected)
    expect(readPythonLine(answer(200, "{'status': 'OK', 'req_id': '12'}"))).toMatchObject(expected)
    expect(readPythonLine(answer(200, `{"status": "OK", "req_id": 12}`))).toMatchObject(expected)
  })

  it("tells refusals apart by status and message", () => {
    expect(refusal(429, "exceeded rate limit")).toEqual({ outcome: "rejected", reason: "rate-limit" })
    expect(refusal(429, "too many rate limit errors: blocked")).toEqual({
      outcome: "rejected",
      reason: "blocked",
    })
    expect(refusal(403, "too many rate limit errors: blocked")).toEqual({
      outcome: "rejected",
      reason: "blocked",
    })
    expect(refusal(403, "go away")).toEqual({ outcome: "unknown", cause: "undecodable" })
    expect(refusal(400, "invalid nonce")).toEqual({ outcome: "rejected", reason: "nonce" })
    expect(refusal(401, "invalid api key")).toEqual({ outcome: "rejected", reason: "api-key" })
    expect(refusal(404, "not found")).toEqual({ outcome: "rejected", reason: "exchange" })
    expect(refusal(502, "bad gateway")).toEqual({ outcome: "unknown", cause: "server-error" })
  })

  it("tells where an order expired", () => {
    expect(readPythonLine(at("16:24:05,719", "ignoring request 17 from queue due to TTL"))).toMatchObject({
      number: 17,
      outcome: { outcome: "expired", place: "queue" },
    })
    expect(readPythonLine(at("16:24:05,719", "ignoring request 18 in limiter due to TTL"))).toMatchObject({
      number: 18,
      outcome: { outcome: "expired", place: "limiter" },
    })
  })

  it("may name its order by something that is no number", () => {
    expect(readPythonLine(answer(200, "{'req_id': 'buy-7', 'status': 'OK'}"))).toMatchObject({
      outcome: { outcome: "accepted" },
      number: undefined,
    })
  })

  it.each([
    "",
    "Traceback (most recent call last):",
    "2026-11-23T16:24:05.711Z Traceback (most recent call last):",
    at("25:24:05,711", "Requests 95"),
    "API response: status 200, resp {'req_id': '12', 'status': 'OK'}",
  ])("without a time says nothing: %s", (line) => {
    expect(readPythonLine(line)).toBeUndefined()
  })

  it.each([
    at("16:24:05,711", "Throughput: 87 requests made / second"),
    at("16:24:05,711", "API response: status 200, resp {'req_id': '1"),
    at("16:24:05,711", "API response: status 200"),
    at("16:24:05,711", "retrying after API response: status 429, resp {}"),
    "2026-11-23 16:24:05,711 starting",
    at("16:24:05,711", "Requests -1"),
    at("16:24:05,711", `Requests ${"9".repeat(400)}`),
    "2026-11-23 16:24:05,711 - root - WARNING",
  ])("of another shape is not recognised, and has its time: %s", (line) => {
    expect(readPythonLine(line)).toEqual({
      type: "unrecognised",
      lines: 1,
      lineMs: Date.UTC(2026, 10, 23, 16, 24, 5, 711),
    })
  })

  const acceptedSeven = { type: "outcome", outcome: { outcome: "accepted" }, number: 7 }
  it.each([
    ["API response: {'status': 'OK', 'req_id': '7'}", acceptedSeven],
    ["API response: status OK, resp {'req_id': '7'}", acceptedSeven],
    ["API response: status 200, response {'req_id': '7', 'status': 'OK'}", acceptedSeven],
    [`API response: status 200, resp {"req_id":"7","status":"OK"}`, acceptedSeven],
    [
      "API response: {'error_msg': 'exceeded rate limit', 'status': 'error'}",
      { outcome: { outcome: "rejected", reason: "rate-limit" } },
    ],
    [
      "API response: status error, resp {'error_msg': 'too many rate limit errors: blocked'}",
      { outcome: { outcome: "rejected", reason: "blocked" } },
    ],
    ["API response: {'error_msg': 'invalid nonce'}", { outcome: { outcome: "rejected", reason: "nonce" } }],
    ["API response: {'status': 'error'}", { outcome: { outcome: "unknown", cause: "undecodable" } }],
    [
      "Ignoring request 7 from queue due to TTL",
      { outcome: { outcome: "expired", place: "queue" }, number: 7 },
    ],
    [
      "Ignoring request 7 in limiter due to TTL",
      { outcome: { outcome: "expired", place: "limiter" }, number: 7 },
    ],
    [
      "Request 7 failed permanently after 1 retries.",
      { outcome: { outcome: "rejected", reason: "exchange" }, number: 7 },
    ],
    ["Request 7 expired. Requeueing attempt 1.", { type: "remark" }],
    ["Requests 95 requests made / second", { type: "requests", count: 95 }],
    ["Throughput 87 requests made / second", { type: "remark" }],
    ["Max Throughput 95 requests / second", { type: "remark" }],
  ])("may say the same in other words: %s", (message, expected) => {
    expect(readPythonLine(at("16:24:05,711", message))).toMatchObject(expected)
  })

  const MESSAGE = "API response: status 200, resp {'req_id': '7', 'status': 'OK'}"
  it.each([
    "2026-11-23 16:24:05.711 - root - INFO - ",
    "2026-11-23T16:24:05,711 - root - INFO - ",
    "2026-11-23T16:24:05.711Z - root - INFO - ",
    "2026-11-23T16:24:05.711000+0100 root INFO ",
    "2026-11-23 16:24:05,711 - root - info - ",
    "2026-11-23 16:24:05,711 - root - INFO     - ",
    "2026-11-23 16:24:05,711 INFO     ",
    "2026-11-23 16:24:05,711 - INFO - ",
    "2026-11-23 16:24:05,711 [INFO] root: ",
    "2026-11-23 16:24:05,711 INFO root: ",
    "2026-11-23 16:24:05,711 - my-client.sender - INFO - ",
    "2026-11-23 16:24:05,711 [MainThread] INFO root - ",
    "2026-11-23 16:24:05.711 | INFO | ",
    "2026-11-23 16:24:05,711 - ",
    "2026-11-23 16:24:05,711 ",
    "[2026-11-23 16:24:05,711] INFO: ",
    "INFO 2026-11-23 16:24:05,711 ",
    "client-1  | 2026-11-23 16:24:05,711 - root - INFO - ",
    "[pod/client-7d9/client] 2026-11-23 16:24:05,711 - root - INFO - ",
    "2026-11-23T15:24:05.711123456Z 2026-11-23 16:24:05,711 - root - INFO - ",
    "2026-11-23T15:24:05.711123456+01:00 stdout F 2026-11-23 16:24:05,711 - root - INFO - ",
    "Nov 23 15:24:05 host python[123]: 2026-11-23 16:24:05,711 - root - INFO - ",
    "2026-11-23T16:24:05.711Z INFO:root:",
  ])("may begin as others' formatters, containers and journald have it: %s", (head) => {
    expect(readPythonLine(`${head}${MESSAGE}`)).toMatchObject({
      ...acceptedSeven,
      atMs: Date.UTC(2026, 10, 23, 16, 24, 5, 711),
    })
  })

  it("may have no milliseconds, or more digits than those", () => {
    const whole = Date.UTC(2026, 10, 23, 16, 24, 5)
    expect(readPythonLine(`2026-11-23 16:24:05 - root - INFO - ${MESSAGE}`)).toMatchObject({ atMs: whole })
    expect(readPythonLine(`2026-11-23 16:24:05.5 - root - INFO - ${MESSAGE}`)).toMatchObject({
      atMs: whole + 500,
    })
    expect(readPythonLine(`2026-11-23 16:24:05.711250 - root - INFO - ${MESSAGE}`)).toMatchObject({
      atMs: whole + 711.25,
    })
  })
})

describe("a Python client's log", () => {
  it("has the mean of its own counts as the rate of requests", () => {
    const summary = summaryOf([
      ok("16:24:05,000", 1),
      at("16:24:06,000", "Requests 95"),
      at("16:24:07,000", "Requests 90"),
    ])
    expect(summary).toMatchObject({ averageRequestsRate: 92.5, windows: 2, totalTimeMs: 2000 })
  })

  it("has the span of its orders' numbers over its time as the rate where it does not count", () => {
    const summary = summaryOf([
      ok("16:24:05,000", 11),
      at("16:24:05,500", "ignoring request 10 from queue due to TTL"),
      ok("16:24:07,500", 59),
    ])
    expect(summary.averageRequestsRate).toBe(20)
    expect(summary.orders).toMatchObject({ created: 50, accepted: 2, expired: 1 })
  })

  it("counts every order where their ids are no numbers", () => {
    const named = (clock: string, id: string) =>
      at(clock, `API response: status 200, resp {'req_id': '${id}', 'status': 'OK'}`)
    const summary = summaryOf([
      named("16:24:05,000", "buy-1"),
      named("16:24:05,500", "5"),
      at("16:24:07,000", "API response: status 429, resp {'error_msg': 'exceeded rate limit'}"),
    ])
    expect(summary).toMatchObject({ averageRequestsRate: 1.5, orders: { created: 3 } })
  })

  it("of a single line is a second of it", () => {
    expect(summaryOf([ok("16:24:05,000", 7)])).toMatchObject({ averageRequestsRate: 1, totalTimeMs: 0 })
  })

  it("that never names an order has created none that are known", () => {
    const summary = summaryOf([answer(429, "{'error_msg': 'exceeded rate limit', 'status': 'error'}")])
    expect(summary.orders).toMatchObject({ created: 0, rejected: 1 })
    expect(summary).toMatchObject({ averageRequestsRate: 0, exceeds: 1 })
  })

  it("begins with its earliest line even when threads wrote a later one first", () => {
    const summary = summaryOf([
      ok("16:24:05,010", 2),
      ok("16:24:05,000", 1),
      ok("16:24:06,001", 3),
      ok("16:24:05,999", 4),
      ok("16:24:07,000", 5),
    ])
    expect(summary).toMatchObject({
      totalTimeMs: 2000,
      windows: 2,
      averageThroughput: 2,
      lowestThroughput: 1,
    })
  })

  it("counts a straggler in its own window while that is open", () => {
    const summary = summaryOf([
      ok("16:24:05,000", 1),
      ok("16:24:07,000", 2),
      ok("16:24:06,500", 3),
      ok("16:24:08,000", 4),
    ])
    expect(summary).toMatchObject({ windows: 3, averageThroughput: 1, lowestThroughput: 1 })
  })
})
