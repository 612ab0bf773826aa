import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { type Interval, makeIntervals } from "../../src/summary/Intervals.ts"
import { makeLogSummariser } from "../../src/summary/LogSummariser.ts"
import { intervalLines } from "../../src/summary/renderIntervals.ts"
import { accepted, expired, header, pushLine } from "./records.ts"

const told: Array<Interval> = []
const reader = makeLogSummariser(
  { keys: 5, limit: 20 },
  { listen: [(source, span) => makeIntervals(1000, source, span, (interval) => told.push(interval))] },
)
for (const record of [
  header(),
  accepted("a", 500, { createdAt: 400, sent: 450 }),
  expired("b", 1500, "queue"),
])
  pushLine(reader, JSON.stringify(record))
reader.end()

const fromJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

/** A field within another as `orderAge.p50`. */
const flat = (name: string, value: unknown): ReadonlyArray<readonly [string, string]> => {
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([field, within]) => flat(`${name}.${field}`, within))
  return [[name, typeof value === "string" || typeof value === "number" ? String(value) : ""]]
}

describe("the forms of intervals", () => {
  it("have the same figures in the same order as JSON and as comma-separated values", () => {
    const csv = intervalLines("csv", "a.ndjson", true)
    const json = intervalLines("json", "a.ndjson", true)
    const names = csv.heading?.trim().split(",") ?? []
    const [first, second] = told
    if (first === undefined || second === undefined) throw new Error("too few intervals")
    const fields = Object.entries(fromJson(json.line(first))).flatMap(([name, value]) => flat(name, value))
    expect(fields).toEqual(
      csv
        .line(first)
        .trim()
        .split(",")
        .map((value, index) => [names[index], value]),
    )
    expect(fields).toContainEqual(["acceptedPerSecond", "1"])
    // Where there is no percentile at all, JSON has null for the five.
    expect(csv.line(second).split(",").length).toBe(names.length)
    expect(fromJson(json.line(second))).toMatchObject({ orderAge: null, roundTrip: null })
  })

  it("have some of them in their order for reading", () => {
    const text = intervalLines("text", "a.ndjson", true)
    expect(text.heading).toMatch(
      /\n *from +created +accepted +rejected +expired +unknown +cancelled +exceeds +accept\/s +age p50 +age p99 +trip p50 +trip p99$/,
    )
    const lines = told.map(text.line)
    expect(lines[0]?.trim().split(/ +/)).toEqual([
      "0",
      "s",
      "1",
      "1",
      "0",
      "0",
      "0",
      "0",
      "0",
      "1.0",
      "50.0",
      "50.0",
      "50.0",
      "50.0",
    ])
  })
})
