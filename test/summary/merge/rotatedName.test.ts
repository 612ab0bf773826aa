import { describe, expect, it } from "vitest"
import { isCalledAsPieceOf, rotatedName } from "../../../src/summary/merge/rotatedName.ts"

describe("the name of a rotated log", () => {
  it.each([
    ["logs/run.ndjson", "logs/run.ndjson"],
    ["run.ndjson.1", "run.ndjson"],
    ["run.ndjson.12.gz", "run.ndjson"],
    ["run.ndjson-20261124.gz", "run.ndjson"],
    ["client.log.2026-11-24_10", "client.log"],
    ["paceline-20261124-091500.ndjson.gz", "paceline-20261124-091500.ndjson"],
  ])("of %s is %s", (file, name) => {
    expect(rotatedName(file)).toBe(name)
  })
})

describe("a piece", () => {
  it.each([
    ["run.ndjson", "run.ndjson.1.gz"],
    ["run.ndjson.2.gz", "run.ndjson"],
    ["xaa", "xbc"],
    ["logs/xaa.gz", "logs/xzaaa"],
    ["run.ndjson.part00", "run.ndjson.part17"],
  ])("of %s may be called %s", (first, piece) => {
    expect(isCalledAsPieceOf(first, piece)).toBe(true)
  })

  it.each([
    ["y.ndjson", "z.ndjson.1"],
    ["one/run.ndjson", "two/run.ndjson.1"],
    ["xab", "xac"],
    ["xaa", "yab"],
    ["xaa", "xab.ndjson"],
    ["x00", "x0b"],
  ])("of %s is not called %s", (first, piece) => {
    expect(isCalledAsPieceOf(first, piece)).toBe(false)
  })
})
