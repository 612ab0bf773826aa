import { Duration } from "effect"
import { describe, expect, it } from "vitest"
import { heldLines, showPassedOver, startText, waitingLines } from "../../src/cli/runWords.ts"
import { exerciseKeys } from "../../src/venues/exercise/exercise.ts"

const nothing = { accepted: 0, rejected: 0, expired: 0, unknown: 0, firstUnknown: [] }

describe("a resumed run's last line", () => {
  it("counts one order as one", () => {
    expect(showPassedOver({ ...nothing, accepted: 1 }, { created: 2, expired: 0 })).toBe(
      "resumed: 1 order was done before (1 accepted, 0 rejected, 0 expired); none is unknown from before; 2 followed",
    )
  })

  it("says how many of those that followed had become too old", () => {
    expect(showPassedOver(nothing, { created: 1605, expired: 1600 })).toMatch(
      /; 1605 followed, 1600 of them too late: expired$/,
    )
  })
})

describe("a run's first lines", () => {
  const settings = {
    keys: exerciseKeys.slice(0, 1),
    limit: 1,
    window: Duration.seconds(1),
    bound: undefined,
  }

  it("count one key and one request as one", () => {
    expect(startText(settings, 7, "x", "y")).toContain(
      "\n1 key, 1 request per 1s each, incoming delay not known, seed 7\n",
    )
  })

  it("name no seed where it decides nothing", () => {
    expect(startText(settings, undefined, "x", "y")).not.toContain("seed")
  })
})

describe("what a run that ends says of an exchange that is closed to it", () => {
  const outage = { forMs: 5000, retryInMs: 3200 }

  it("is no promise to try again", () => {
    expect(heldLines({ heldMs: 0, outage: { ...outage, kind: "turned-away" } })).toEqual([
      "at its end the run had been turned away for 5 s, by the exchange or something before it",
    ])
    expect(heldLines({ heldMs: 4200, outage: { ...outage, kind: "asks-to-wait" } })).toEqual([
      "the run waited 4.2 s, because the exchange had asked it to",
      "at its end the run was still asked by the exchange to wait, for another 3.2 s",
    ])
  })
})

describe("what a run waits for at its start", () => {
  const key = { label: "key-1", heldMs: 0, rateLimitErrors: 0 }
  const perMinute = { rule: "log" as const, limit: 20, windowMs: 60_000, scope: "account" as const }
  const unknown = (...quietMs: ReadonlyArray<number>) =>
    quietMs.map((ms, n) => ({ spec: { ...perMinute, limit: 20 + n }, quietMs: ms }))

  it("names limits that are counted as used up, and for how long, but none that counts nothing any more", () => {
    const keys = [
      { ...key, unknownLimits: unknown(9000, 0, 59_000), quietMs: 59_000 },
      { ...key, unknownLimits: unknown(10_000), quietMs: 10_000 },
    ]
    expect(waitingLines(keys)[1]).toBe(
      "counted as used up, because a former run kept nothing of it: 20/1m@account for 10.0 s, 22/1m@account for 59.0 s",
    )
    expect(waitingLines([{ ...key, unknownLimits: unknown(0), quietMs: 0 }])).toEqual([])
  })
})
