import { Result } from "effect"
import { describe, expect, it } from "vitest"
import type { Moment } from "../../../src/domain/Order.ts"
import { readOrder } from "../../../src/run/sources/OrderJson.ts"

const now: Moment = { wallMs: Date.UTC(2026, 10, 23, 16, 24, 5, 711), monotonicMs: 5_000 }
const read = (text: string) => Result.getOrThrow(readOrder(text, now))
const problem = (text: string) =>
  Result.match(readOrder(text, now), { onFailure: (problem) => problem, onSuccess: () => "no problem" })

describe("an order", () => {
  it("needs no more than an id, and then counts as made when it is handed over", () => {
    expect(read('{"id":"a"}')).toEqual({ id: "a", params: {} })
  })
  it("sends numbers and booleans as text", () => {
    expect(read('{"id":"a","params":{"side":"buy","qty":1.5,"post":true}}').params).toEqual({
      side: "buy",
      qty: "1.5",
      post: "true",
    })
  })
  it("keeps parameters of any name as they are", () => {
    expect(
      Object.entries(read('{"id":"a","params":{"__proto__":"x","constructor":"y"}}').params ?? {}),
    ).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ])
  })
  it.each([
    ['"2026-11-23T16:24:04.711Z"', 4_000],
    ['"2026-11-23T17:24:04.711+01:00"', 4_000],
    [String(now.wallMs - 7_000), -2_000],
  ])("made at %s has that time on the monotonic clock", (createdAt, createdMs) => {
    expect(read(`{"id":"a","createdAt":${createdAt}}`).createdMs).toBe(createdMs)
  })
  it("made less than a minute in the future, by a clock that is off, counts as made now", () => {
    expect(read(`{"id":"a","createdAt":${now.wallMs + 60_000}}`).createdMs).toBe(5_000)
  })
})

describe("a bad order", () => {
  it.each([
    ["{", "the line is not JSON: write one object a line"],
    ["1 2", "the line is not JSON: write one object a line"],
    ["null", 'the line must be an object such as {"id": "1"}'],
    ["[]", 'the line must be an object such as {"id": "1"}'],
    ['{"type":"header","t":0,"version":1}', "it is the header of a journal, and no order"],
    ["{}", '"id": is missing: {"id": "..."} is the least'],
    ['{"id":1}', '"id": must be text: put quotes around it'],
    ['{"id":""}', '"id": an id needs at least 1 character'],
    [`{"id":"${"x".repeat(65)}"}`, '"id": an id has at most 64 characters'],
    [String.raw`{"id":"\ud800"}`, '"id": has half of a surrogate pair, which no text can hold'],
    ['{"id":"a","qty":1}', '"qty": is not a field of an order (id, params, createdAt)'],
    [
      '{"id":"a","x":1,"y":1}',
      '"x": is not a field of an order (id, params, createdAt); "y": is not a field of an order (id, params, createdAt)',
    ],
    ['{"id":"a","params":[]}', '"params": must be an object such as {"side": "buy"}'],
    ['{"id":"a","params":{"x":null}}', '"params"."x": must be text, a number, true or false'],
    [
      '{"id":"a","params":{"x":12345678901234567890}}',
      '"params"."x": is too large a number to be exact: put quotes around it',
    ],
    [
      '{"id":"a","params":{"nonce":"1","api_key":"x"}}',
      '"params": must not hold nonce, api_key: the request has its own',
    ],
    [
      '{"id":"a","createdAt":true}',
      '"createdAt": must be a time such as 2026-11-23T16:24:05.711Z, or milliseconds since 1970',
    ],
    ['{"id":"a","createdAt":"2026-11-23T16:24:05"}', '"createdAt": must be a time with its zone'],
    ['{"id":"a","createdAt":"2026-02-30T00:00:00Z"}', '"createdAt": must be a time with its zone'],
    ['{"id":"a","createdAt":"2026-13-01T00:00:00Z"}', '"createdAt": must be a time with its zone'],
    ['{"id":"a","createdAt":-1}', '"createdAt": must be a time with its zone'],
    [
      `{"id":"a","createdAt":${now.wallMs + 60_001}}`,
      '"createdAt": lies more than 60 s in the future: is it in milliseconds, and in the right zone?',
    ],
  ])("%s: %s", (text, said) => {
    expect(problem(text).slice(0, said.length)).toBe(said)
  })
  it("is described in one printable line of bounded length, whatever is in it", () => {
    const fields = Array.from({ length: 1000 }, (_, index) => String.raw`"\n${index}":1`).join(",")
    expect(problem(`{"id":"a",${fields}}`)).toMatch(/^[ -~]{1,303}$/)
  })
})
