import { Duration, Option, Result } from "effect"
import { describe, expect, it } from "vitest"
import {
  type Parse,
  parseDuration,
  parseDurationOrNone,
  parseHttpUrl,
  parseInteger,
  parseNonNegative,
} from "../../src/cli/values.ts"

const problem = <A>(parse: Parse<A>, text: string): string =>
  Result.match(parse(text), { onFailure: (why) => why, onSuccess: () => "no problem" })

const value = <A>(parse: Parse<A>, text: string): A =>
  Result.getOrThrowWith(parse(text), (why) => new Error(why))

const duration = parseDuration({ zero: false })

describe("a duration", () => {
  it.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["1.5s", 1500],
    [".5s", 500],
    ["5m", 300_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
    ["0.5ms", 0.5],
    ["87600h", 3650 * 86_400_000],
  ])("%s is a number with a unit", (text, ms) => {
    expect(Duration.toMillis(value(duration, text))).toBe(ms)
  })

  it.each(["5", "0", "1.5", "1e3"])("%s lacks a unit", (text) => {
    expect(problem(duration, text)).toContain("has no unit")
  })

  it.each([
    "",
    "5x",
    "s",
    "5 s",
    "5S",
    "1e3s",
    "NaN",
    "NaNs",
    "Infinity",
    "five",
    "5s5m",
    "1w",
    "+5s",
    " 5s",
  ])("%j is none", (text) => {
    expect(problem(duration, text)).toContain("is not a duration")
  })

  it.each(["-5s", "-1.5ms"])("%s is negative", (text) => {
    expect(problem(duration, text)).toContain("is negative")
  })

  it.each(["87601h", "999999999999999999h", `${"9".repeat(400)}s`])("%s is too long", (text) => {
    expect(problem(duration, text)).toContain("longer than ten years")
  })

  it.each(["0s", "0ms", "0.0h", "-0s"])("%s is one only where zero is allowed", (text) => {
    expect(problem(duration, text)).toContain("must be longer than 0")
    expect(Duration.toMillis(value(parseDuration({ zero: true }), text))).toBe(0)
  })

  it("may be none where that makes sense", () => {
    const parse = parseDurationOrNone({ zero: false })
    expect(value(parse, "none")).toEqual(Option.none())
    expect(value(parse, "55ms")).toEqual(Option.some(Duration.millis(55)))
    expect(problem(parse, "None")).toMatch(/is not a duration; .*, or none$/)
  })
})

describe("a whole number", () => {
  const parse = parseInteger({ min: 1, max: 1000 })

  it.each([
    ["1", 1],
    ["1000", 1000],
    ["007", 7],
  ])("%s is in range", (text, number) => {
    expect(value(parse, text)).toBe(number)
  })

  it.each(["0", "-1", "1001", "9007199254740993", "9".repeat(400)])("%s is out of range", (text) => {
    expect(problem(parse, text)).toMatch(/is out of range; it must be from 1 to 1000$/)
  })

  it.each(["", "1.5", "1e3", "0x10", "+1", "1_000", "NaN", " 1", "one"])("%j is none", (text) => {
    expect(problem(parse, text)).toMatch(/is not a whole number; write one from 1 to 1000$/)
  })

  it("goes as far as numbers are exact", () => {
    const seed = parseInteger({ min: 0, max: Number.MAX_SAFE_INTEGER })
    expect(value(seed, "9007199254740991")).toBe(Number.MAX_SAFE_INTEGER)
    expect(problem(seed, "9007199254740992")).toContain("is out of range")
  })
})

describe("a number that is not negative", () => {
  const parse = parseNonNegative({ max: 1000 })

  it.each([
    ["0", 0],
    ["0.95", 0.95],
    [".5", 0.5],
    ["2.", 2],
    ["1e2", 100],
  ])("%s is one", (text, number) => {
    expect(value(parse, text)).toBe(number)
  })

  it.each(["-1", "1001", "1e400"])("%s is out of range", (text) => {
    expect(problem(parse, text)).toContain("is out of range")
  })

  it.each(["", "x", "NaN", "Infinity", "1,5", "0x1"])("%j is none", (text) => {
    expect(problem(parse, text)).toContain("is not a number")
  })
})

describe("an address", () => {
  it.each(["http://127.0.0.1:9999/api/request", "https://exchange.example/x?y=1"])("%s is one", (text) => {
    expect(value(parseHttpUrl, text).href).toBe(text)
  })

  it.each([
    ["", "is not an address"],
    ["/api/request", "is not an address"],
    ["127.0.0.1:9999", "is not an address"],
    ["http://", "is not an address"],
    ["localhost:9999/api", "is neither http nor https"],
    ["ftp://host/", "is neither http nor https"],
    ["http://host/#part", "which no server sees"],
    ["http://host/#", "which no server sees"],
    ["http://user@host/", "a user name or a password"],
    ["http://user:pass@host/", "a user name or a password"],
  ])("%j is none", (text, why) => {
    expect(problem(parseHttpUrl, text)).toContain(why)
  })
})
