import { describe, expect, it } from "vitest"
import { rotatedName } from "../../../src/summary/merge/rotatedName.ts"

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
