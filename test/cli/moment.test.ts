import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { parseMoment } from "../../src/cli/moment.ts"

describe("a moment", () => {
  it.each([
    ["10s", { type: "offset", ms: 10_000 }],
    ["0s", { type: "offset", ms: 0 }],
    ["09:30", { type: "time-of-day", ms: 34_200_000 }],
    ["09:30:15.25", { type: "time-of-day", ms: 34_215_250 }],
    ["2026-11-24", { type: "date-time", ms: Date.UTC(2026, 10, 24) }],
    ["2026-11-24T09:30:00Z", { type: "date-time", ms: Date.UTC(2026, 10, 24, 9, 30) }],
    ["2026-11-24 09:30", { type: "date-time", ms: Date.UTC(2026, 10, 24, 9, 30) }],
  ] as const)("%s is read", (text, moment) => {
    expect(parseMoment(text)).toEqual(Result.succeed(moment))
  })

  it.each(["", "10", "24:00", "9:30", "2026-02-31", "2026-13-01", "2026-11-24T25:00", "-5s", "now"])(
    "%j is refused with how to write it",
    (text) => {
      const result = parseMoment(text)
      expect(Result.isFailure(result) && result.failure).toMatch(/is not a moment; write it as 10s/)
    },
  )
})
