import { Result } from "effect"
import { describe, expect, it } from "vitest"
import type { Header } from "../../../src/journal/JournalRecord.ts"
import { groupRuns, type Run } from "../../../src/summary/merge/groupRuns.ts"
import { namesMeant } from "../../../src/summary/merge/keyNames.ts"
import { planRuns } from "../../../src/summary/merge/planRuns.ts"
import { header } from "../records.ts"

const runOf = (
  file: string,
  startedAt: string,
  seconds: number,
  more: Partial<typeof Header.Type> = {},
): Run => {
  const first = { ...header({ keys: 2 }), startedAt: `2026-11-24T${startedAt}.000Z`, ...more }
  const lastMs = seconds * 1000
  return {
    header: first,
    pieces: [
      {
        source: "journal",
        file,
        isPacked: false,
        firstMs: 0,
        lastMs,
        header: first,
        footer: undefined,
      },
    ],
  }
}

const planOf = (...runs: ReadonlyArray<Run>) =>
  Result.getOrThrowWith(planRuns(runs), (message) => new Error(message))

describe("the keys of several runs", () => {
  it("are the same where the runs follow one another", () => {
    const plan = planOf(runOf("a", "10:00:00", 60), runOf("b", "10:01:00", 60))
    expect(plan.settings.labels).toEqual(["key-1", "key-2"])
    expect(plan.settings.keys).toBe(2)
  })

  it("are called by their files where runs overlap, but for labels that only one has", () => {
    const other = runOf("logs/b.ndjson", "10:00:59", 60, { keys: ["key-1", "spare"] })
    const plan = planOf(runOf("logs/a.ndjson", "10:00:00", 60), other)
    expect(plan.settings.labels).toEqual(["a.ndjson:key-1", "key-2", "b.ndjson:key-1", "spare"])
    expect(plan.runs.map(({ keyName }) => keyName("spare"))).toEqual(["a.ndjson:spare", "spare"])
    expect(namesMeant(plan.settings.labels, "key-1")).toEqual(["a.ndjson:key-1", "b.ndjson:key-1"])
    expect(namesMeant(plan.settings.labels, "b.ndjson:key-1")).toEqual(["b.ndjson:key-1"])
    expect(namesMeant(plan.settings.labels, "key-9")).toEqual(["key-9"])
  })

  it("are called by their paths where files have the same name", () => {
    const plan = planOf(runOf("one/run", "10:00:00", 60), runOf("two/run", "10:00:00", 60, { seed: 2 }))
    expect(plan.settings.labels).toEqual(["one/run:key-1", "one/run:key-2", "two/run:key-1", "two/run:key-2"])
  })

  it("are the same where one run went on from another, also beside a third, and so are the orders", () => {
    const first = runOf("a", "10:00:00", 60)
    const { startedAt, seed } = first.header
    const heir = runOf("c", "10:02:00", 60, { seed: 3, resumes: [{ file: "elsewhere/a", startedAt, seed }] })
    const plan = planOf(heir, runOf("b", "10:00:30", 600, { seed: 2 }), first)
    expect(plan.runs.map(({ keyName }) => keyName("key-1"))).toEqual(["a:key-1", "b:key-1", "a:key-1"])
    expect(new Set(plan.runs.map(({ idPrefix }) => idPrefix)).size).toBe(2)
    expect(plan.runs[0]?.idPrefix).toBe(plan.runs[2]?.idPrefix)
  })
})

describe("runs without a seed that began in the same millisecond", () => {
  const { settings } = header({ keys: 2 })
  const from = (file: string, source: string) =>
    runOf(file, "10:00:00", 60, { seed: null, settings: { ...settings, source } })
  const [a, b] = [from("a", "a.orders"), from("b", "b.orders")]
  const groupsOf = (...runs: ReadonlyArray<Run>) => groupRuns(runs.flatMap(({ pieces }) => pieces))

  it("are two where their headers differ, and so are their keys and orders", () => {
    expect(Result.getOrThrow(groupsOf(a, b))).toHaveLength(2)
    const plan = planOf(a, b)
    expect(plan.runs.map(({ keyName }) => keyName("key-1"))).toEqual(["a:key-1", "b:key-1"])
    expect(new Set(plan.runs.map(({ idPrefix }) => idPrefix)).size).toBe(2)
  })

  it("are copies where their headers are equal", () => {
    expect(Result.getOrThrow(Result.flip(groupsOf(a, from("b", "a.orders"))))).toMatch(
      /^"a" and "b" begin with the same header/,
    )
  })

  it("are one lineage where another went on from one of them: from which cannot be told", () => {
    const resumes = [{ file: "a", startedAt: a.header.startedAt, seed: null }]
    const plan = planOf(a, b, runOf("c", "10:02:00", 60, { seed: 3, resumes }))
    expect(new Set(plan.runs.map(({ idPrefix }) => idPrefix)).size).toBe(1)
  })
})

describe("what several runs ran with", () => {
  it("is the widest bound, margin and request timeout", () => {
    const { settings } = header({ keys: 2 })
    const other = { seed: 2, settings: { ...settings, boundMs: 80, marginMs: null, requestTimeoutMs: 100 } }
    const plan = planOf(runOf("a", "10:00:00", 60), runOf("b", "10:00:00", 60, other))
    expect(plan.settings).toMatchObject({ boundMs: 80, marginMs: 2, requestTimeoutMs: 5000, limit: 20 })
    const unbound = { seed: 3, settings: { ...settings, boundMs: null } }
    expect(planOf(runOf("a", "10:00:00", 60), runOf("b", "10:00:00", 60, unbound)).settings.boundMs).toBe(
      undefined,
    )
  })

  it("begins with the first of them", () => {
    const plan = planOf(runOf("b", "10:00:02", 60), runOf("a", "10:00:00", 60))
    expect(plan.runs.map(({ offsetMs }) => offsetMs)).toEqual([0, 2000])
    expect(plan.settings.startedAtMs).toBe(Date.UTC(2026, 10, 24, 10))
  })
})
