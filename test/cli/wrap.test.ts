import { describe, expect, it } from "@effect/vitest"
import { wrapped } from "../../src/cli/wrap.ts"

const help = [
  "DESCRIPTION",
  "  Sends orders, shows progress, and writes everything down",
  "",
  "FLAGS",
  "  --url URL       The exchange's address for orders, such as http://127.0.0.1:9999/api/request",
  "  --live          Have a venue execute orders",
  "",
  "EXAMPLES",
  "  zcat -f run.ndjson.2.gz run.ndjson.1 run.ndjson | paceline summarise -",
].join("\n")

describe("a help text", () => {
  it("stays as it is where the terminal is wide enough", () => {
    expect(wrapped(help, 120)).toBe(help)
  })

  it("is wrapped between words, what a flag means in its own column", () => {
    expect(wrapped(help, 60).split("\n")).toEqual([
      "DESCRIPTION",
      "  Sends orders, shows progress, and writes everything down",
      "",
      "FLAGS",
      "  --url URL       The exchange's address for orders, such as",
      "                  http://127.0.0.1:9999/api/request",
      "  --live          Have a venue execute orders",
      "",
      "EXAMPLES",
      "  zcat -f run.ndjson.2.gz run.ndjson.1 run.ndjson | paceline summarise -",
    ])
  })

  it("has what a flag means below the flag where there is no room beside it", () => {
    expect(wrapped(help, 42).split("\n")).toEqual([
      "DESCRIPTION",
      "  Sends orders, shows progress, and writes",
      "  everything down",
      "",
      "FLAGS",
      "  --url URL",
      "      The exchange's address for orders,",
      "      such as",
      "      http://127.0.0.1:9999/api/request",
      "  --live",
      "      Have a venue execute orders",
      "",
      "EXAMPLES",
      "  zcat -f run.ndjson.2.gz run.ndjson.1 run.ndjson | paceline summarise -",
    ])
  })
})
