/** The least spare of each limit in summaries. */
import { Option, Result } from "effect"
import { describe, expect, it } from "vitest"
import { parseLimit } from "../../src/cli/limitSpec.ts"
import type { JournalRecord } from "../../src/journal/JournalRecord.ts"
import { makeLogSummariser } from "../../src/summary/LogSummariser.ts"
import { renderSummaries } from "../../src/summary/render.ts"
import type { Selection } from "../../src/summary/Selection.ts"
import { acceptedAt, header, pushLine, summaryOf } from "./records.ts"

const headOf = (...limits: ReadonlyArray<string>): JournalRecord => {
  const plain = header({ keys: 2 })
  const specs = limits.map((text) => Result.getOrThrow(parseLimit(text)))
  return { ...plain, version: 3, settings: { ...plain.settings, boundMs: null, limits: specs } }
}

/** A request that is answered 10 ms later, or lost. */
const request = (
  id: string,
  t: number,
  {
    isLost = false,
    key = "key-1",
    ...counts
  }: {
    readonly key?: string
    readonly cost?: number
    readonly scope?: string
    readonly isLost?: boolean
  } = {},
): ReadonlyArray<JournalRecord> => {
  const about = { id, createdAt: 0, key, nonce: t + 1, attempt: 1 }
  const way = { ...about, t: t + 10, sent: t, written: t, settled: t + 10 }
  return [
    { type: "sent", t, ...about, ...counts },
    isLost
      ? { type: "outcome", outcome: "unknown", cause: "timeout", ...way }
      : { type: "outcome", outcome: "accepted", ...way },
  ]
}

const run = [
  headOf("3/100ms", "bucket:20,decay=1/s,cancel=8@account", "9/1s,place=0@account+pair"),
  ...request("a", 0),
  ...request("b", 20, { key: "key-2" }),
  ...request("c", 40, { scope: "action=cancel" }),
  ...request("d", 60, { cost: 2 }),
  ...request("e", 500),
]

const selected = (selection: Selection, records: ReadonlyArray<JournalRecord>) => {
  const reader = makeLogSummariser({ keys: 5, limit: 20 }, { selection })
  for (const record of records) pushLine(reader, JSON.stringify(record))
  return Option.getOrThrow(reader.summary()).limits
}
const all: Selection = { since: undefined, until: undefined, keys: [] }

describe("the limits of a run", () => {
  it("are told with the least that was spared of each, in its own unit", () => {
    expect(summaryOf(run).limits).toEqual([
      { limit: "3/100ms@key", of: 3, spare: -1 },
      { limit: "bucket:20,decay=1/s,cancel=8@account", of: 20, spare: 7.489 },
      { limit: "9/1s,place=0@account+pair", of: 9, spare: 8 },
    ])
  })

  it("count what is on its way, until it is known to have arrived", () => {
    const sparedBy = (...records: ReadonlyArray<JournalRecord>) =>
      summaryOf([headOf("5/100ms"), ...records]).limits?.[0]?.spare
    expect(sparedBy(...request("a", 0), ...request("b", 900))).toBe(4)
    expect(sparedBy(...request("a", 0, { isLost: true }), ...request("b", 900))).toBe(3)
    const ping: JournalRecord = { type: "ping", t: 700, begun: 690, cleared: 700 }
    expect(sparedBy(...request("a", 0, { isLost: true }), ping, ...request("b", 900))).toBe(4)
    expect(sparedBy()).toBe(null)
  })

  it("count all keys and all times, where a part is looked at", () => {
    expect(selected(all, run)).toEqual(summaryOf(run).limits)
    expect(selected({ ...all, keys: ["key-2"] }, run)?.map(({ spare }) => spare)).toEqual([2, 18.009, null])
    const since = { type: "offset", ms: 55 } as const
    expect(selected({ ...all, since }, run)?.map(({ spare }) => spare)).toEqual([-1, 7.489, null])
  })

  it("are a table of the text, fields of the JSON, and columns of the CSV", () => {
    const log = { name: "run.ndjson", summary: summaryOf(run) }
    const text = renderSummaries("text", [log])
    expect(text).toContain(
      `
Least spare of each limit
  3/100ms@key                           -1 of 3
  bucket:20,decay=1/s,cancel=8@account  7.489 of 20
  9/1s,place=0@account+pair             8 of 9
`,
    )
    expect(renderSummaries("json", [log])).toContain(
      JSON.stringify(log.summary.limits, null, 2).replaceAll("\n", "\n  "),
    )
    const plain = { name: "plain.ndjson", summary: summaryOf([header(), ...acceptedAt(0, 1)]) }
    const rows = renderSummaries("csv", [plain, log]).split("\r\n")
    expect(rows[0]).toMatch(
      /,limits\.1\.limit,limits\.1\.of,limits\.1\.spare,limits\.2\.limit,.*,limits\.3\.spare,selection/,
    )
    expect(rows[1]).toMatch(/,,,,,,,,,,,,$/)
    expect(rows[2]).toMatch(
      /,3\/100ms@key,3,-1,"bucket:20,decay=1\/s,cancel=8@account",20,7\.489,"9\/1s,place=0@account\+pair",9,8,,,$/,
    )
    expect(renderSummaries("text", [plain, log])).toContain("Least spare of each limit: run.ndjson\n")
  })

  it("are nowhere where a key's window is all", () => {
    const log = { name: "run.ndjson", summary: summaryOf([header(), ...acceptedAt(0, 1)]) }
    for (const format of ["text", "json", "csv"] as const)
      expect(renderSummaries(format, [log])).not.toMatch(/spare|limits/)
  })
})
