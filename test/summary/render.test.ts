import { Result, Schema } from "effect"
import { describe, expect, it } from "vitest"
import { parseMoment } from "../../src/cli/moment.ts"
import { renderSummaries } from "../../src/summary/render.ts"
import { pythonFloat, pythonTimedelta } from "../../src/summary/renderClassic.ts"
import { intervalLines } from "../../src/summary/renderIntervals.ts"
import { momentText, type Selection } from "../../src/summary/Selection.ts"
import { accepted, acceptedAt, footer, header, returned, sent, summaryOf, unknown } from "./records.ts"

const empty = { name: "empty.ndjson", summary: summaryOf([header()]) }
const run = {
  name: "run.ndjson",
  summary: summaryOf([header(), ...acceptedAt(0, 1), accepted("b", 3500, { createdAt: 0, sent: 3400 })]),
}
const jsonOf = ({ summary }: typeof run) => {
  const { classic: _, ...figures } = summary
  return figures
}
const fromJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

describe("numbers as Python prints them", () => {
  it.each([
    [0, "0.0"],
    [100, "100.0"],
    [82.66666666666667, "82.66666666666667"],
    [0.0001, "0.0001"],
    [0.00005, "5e-05"],
    [1.5e-10, "1.5e-10"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
  ])("float %d is %s", (value, text) => {
    expect(pythonFloat(value)).toBe(text)
  })

  it.each([
    [0, "0:00:00"],
    [49_938, "0:00:49.938000"],
    [49_000, "0:00:49"],
    [0.001, "0:00:00.000001"],
    [59_999.9999, "0:01:00"],
    [36_061_000, "10:01:01"],
    [86_400_000, "1 day, 0:00:00"],
    [-10, "-1 day, 23:59:59.990000"],
    [2 * 86_400_000 + 3_723_004, "2 days, 1:02:03.004000"],
  ])("timedelta of %d ms is %s", (ms, text) => {
    expect(pythonTimedelta(ms)).toBe(text)
  })
})

describe("the classic form", () => {
  it("is ten lines", () => {
    expect(renderSummaries("classic", [run])).toBe(`Average Requests Rate: 0.6666666666666666
Max Possible Throughput: 0.6666666666666666
Average Throughput: 0.0
Lowest Throughput: 0
Average Ignored from Queue: 0.0
Average Limited by Limiter: 0.0
Exceeds: 0
Bans: 0
Nonce Errors: 0
Total Time: 0:00:03.500000
`)
  })

  it("of a run with no orders is zeros", () => {
    expect(renderSummaries("classic", [empty])).toBe(`Average Requests Rate: 0.0
Max Possible Throughput: 0.0
Average Throughput: 0.0
Lowest Throughput: 0
Average Ignored from Queue: 0.0
Average Limited by Limiter: 0.0
Exceeds: 0
Bans: 0
Nonce Errors: 0
Total Time: 0:00:00
`)
  })

  it("of several logs is a named block each, with an empty line between", () => {
    const blocks = renderSummaries("classic", [run, empty]).split("\n\n")
    expect(blocks.map((block) => block.split("\n")[0])).toEqual(["run.ndjson", "empty.ndjson"])
  })
})

describe("the JSON form", () => {
  it("of one log is its summary", () => {
    expect(fromJson(renderSummaries("json", [run]))).toEqual({ ...jsonOf(run), selection: null })
  })

  it("of several logs is an array that names each", () => {
    expect(fromJson(renderSummaries("json", [run, empty]))).toEqual([
      { file: "run.ndjson", ...jsonOf(run), selection: null },
      { file: "empty.ndjson", ...jsonOf(empty), selection: null },
    ])
  })
})

describe("comma-separated values", () => {
  it("have a line of names and one for each log, with as many fields, and end lines as RFC 4180 has them", () => {
    const odd = { ...empty, name: 'a, "b".ndjson' }
    const [names, first, second, ...rest] = renderSummaries("csv", [run, odd]).split("\r\n")
    expect(names).toMatch(
      /^file,averageRequestsRate,.*,orders.created,.*,roundTrip.max,.*,nonceJumps,.*selection.keys$/,
    )
    expect(first?.split(",").length).toBe(names?.split(",").length)
    expect(first).toMatch(/^run.ndjson,0.6666666666666666,/)
    expect(second).toMatch(/^"a, ""b"".ndjson",0,/)
    expect(second).toMatch(/,,/)
    expect(rest).toEqual([""])
  })
})

describe("which part of a log it is", () => {
  const offset = (ms: number) => ({ type: "offset", ms }) as const
  const all = { since: undefined, until: undefined, keys: [] }
  const part = { since: offset(10_000), until: offset(20_000), keys: ["key-1"] }
  const json = (selection: Selection) => fromJson(renderSummaries("json", [{ ...run, selection }]))
  const heading = (selection: Selection) => renderSummaries("text", [{ ...run, selection }]).split("\n")[0]

  it("stands in the text's heading, or above the names of several logs", () => {
    expect(heading(all)).toBe("run.ndjson")
    expect(heading(part)).toBe("run.ndjson, from 10s to 20s, key-1 only")
    expect(heading({ ...all, since: { type: "time-of-day", ms: 34_200_250 } })).toBe(
      "run.ndjson, from 09:30:00.250 on",
    )
    expect(heading({ ...all, until: { type: "date-time", ms: Date.UTC(2026, 10, 24, 9, 30) } })).toBe(
      "run.ndjson, before 2026-11-24T09:30:00",
    )
    expect(heading({ ...all, keys: ["a", "b", "c", "d", "e"] })).toBe("run.ndjson, a, b, c and 2 more only")
    const several = [run, empty].map((log) => ({ ...log, selection: part }))
    expect(renderSummaries("text", several)).toMatch(/^from 10s to 20s, key-1 only\n\n +run.ndjson  empty/)
  })

  it("stands above a table of intervals", () => {
    expect(intervalLines("text", "run.ndjson", true, part).heading).toMatch(
      /^run.ndjson, from 10s to 20s, key-1 only\n\n +from/,
    )
    expect(intervalLines("text", "run.ndjson", true, all).heading).toMatch(/^run.ndjson\n/)
  })

  it("is in JSON and comma-separated values as the flags have it, null or empty where it is all", () => {
    expect(json(all)).toMatchObject({ selection: null })
    expect(json(part)).toMatchObject({ selection: { since: "10s", until: "20s", keys: ["key-1"] } })
    expect(json({ ...all, since: offset(90_500) })).toMatchObject({
      selection: { since: "90.5s", until: null, keys: null },
    })
    const [names, all1, part1] = renderSummaries("csv", [run, { ...run, selection: part }]).split("\r\n")
    expect(names).toMatch(/,selection.since,selection.until,selection.keys$/)
    expect(all1).toMatch(/,,,$/)
    expect(part1).toMatch(/,10s,20s,key-1$/)
  })

  it("is said as the command takes it", () => {
    for (const text of [
      "0s",
      "1ms",
      "1500ms",
      "90s",
      "2m",
      "36h",
      "09:30:00",
      "23:59:59.999",
      "2026-11-24T00:00:00.5",
    ]) {
      const moment = Result.getOrThrow(parseMoment(text))
      expect(Result.getOrThrow(parseMoment(momentText(moment)))).toEqual(moment)
    }
  })
})

const lineOf = (text: string, label: string) =>
  text
    .split("\n")
    .find((line) => line.trim().startsWith(label))
    ?.trim()

const end = (line: string | undefined, text: string) => (line ?? "").lastIndexOf(text) + text.length

describe("the text form", () => {
  it("shows figures with their units, and a dash where nothing is known", () => {
    const text = renderSummaries("text", [run])
    expect(lineOf(text, "accepted share")).toMatch(/^accepted share +100\.00 %/)
    expect(lineOf(text, "throughput")).toMatch(/^throughput +0\.33 \/s +orders accepted$/)
    expect(lineOf(text, "order age max")).toMatch(/^order age max +3,400\.00 ms$/)
    expect(lineOf(text, "total time")).toMatch(/^total time +3\.50 s/)
  })

  it("says in one row that percentiles are not known, and in each where another log knows them", () => {
    const alone = renderSummaries("text", [empty])
    expect(lineOf(alone, "order age")).toMatch(/^order age +- +from/)
    expect(alone).not.toContain("order age p")
    const both = renderSummaries("text", [run, empty])
    expect(lineOf(both, "order age")).toMatch(/^order age p50 +[\d.,]+ +- ms/)
    expect(lineOf(both, "order age max")).toMatch(/ - ms$/)
  })

  it("says that a run has no end, and which keys' requests have none", () => {
    const killed = {
      name: "killed.ndjson",
      summary: summaryOf([header({ keys: 2 }), ...acceptedAt(0, 1), sent("a", 10), sent("b", 20)]),
    }
    const ended = { name: "ended.ndjson", summary: summaryOf([header(), footer(30)]) }
    const lines = renderSummaries("text", [killed]).split("\n")
    expect(lines[1]).toBe("no end: killed or still running, 2 orders sent without an outcome")
    expect(lineOf(renderSummaries("text", [killed]), "sent")).toMatch(/not sent +no end/)
    expect(renderSummaries("text", [ended])).not.toContain("no end")
    expect(renderSummaries("text", [killed, ended])).toContain("\nkilled.ndjson: no end: killed or")
  })

  it("leaves out causes of loss that no log has", () => {
    const lossy = { name: "lossy.ndjson", summary: summaryOf([header(), unknown("a", 0, "timeout")]) }
    expect(renderSummaries("text", [run])).not.toContain("Orders lost")
    const text = renderSummaries("text", [run, lossy])
    expect(lineOf(text, "unknown: timeout")).toMatch(/ 0 +1$/)
    expect(text).not.toContain("unknown: undecodable")
  })

  it("has a row for each key of a log", () => {
    const text = renderSummaries("text", [run])
    expect(lineOf(text, "sent")).toMatch(/^sent +accepted +rate limit/)
    expect(lineOf(text, "key-1")).toMatch(/^key-1 +0 +2 +0/)
    expect(lineOf(text, "key-5")).toMatch(/^key-5 +0 +0 +0/)
  })

  it("gives what is not known no unit", () => {
    const { safeOptimum } = empty.summary.utilisation
    expect(safeOptimum).toBeNull()
    expect(lineOf(renderSummaries("text", [empty]), "safe optimum")).toMatch(
      /^safe optimum +- {5}accepted at best/,
    )
  })

  it("names logs side by side without the folder that all of them share", () => {
    const headingOf = (...names: ReadonlyArray<string>) =>
      renderSummaries(
        "text",
        names.map((name) => ({ ...run, name })),
      )
        .split("\n")[0]
        ?.trim()
        .split(/ +/)
    expect(headingOf("/logs/a/run.ndjson", "/logs/b/run.ndjson")).toEqual(["a/run.ndjson", "b/run.ndjson"])
    expect(headingOf("logs/ab.ndjson", "logs/abc.ndjson")).toEqual(["ab.ndjson", "abc.ndjson"])
    expect(headingOf("logs/a.ndjson", "b.ndjson")).toEqual(["logs/a.ndjson", "b.ndjson"])
    expect(headingOf("logs/a.ndjson")).toEqual(["logs/a.ndjson"])
  })

  it("counts a refusal for a wrong clock as one of a key's other refusals", () => {
    const summary = summaryOf([
      header(),
      returned("a", 10, "clock"),
      returned("b", 20, "exchange"),
      footer(30),
    ])
    const text = renderSummaries("text", [{ name: "run.ndjson", summary }])
    // Its name, sent, accepted, rate limit, blocked, nonce, other.
    expect(lineOf(text, "key-1")?.split(/ +/)[6]).toBe("2")
  })

  it("puts logs side by side in aligned columns", () => {
    const lines = renderSummaries("text", [run, empty]).split("\n")
    const heading = lines[0]
    const created = lines.find((line) => line.startsWith("  created"))
    expect(created).toMatch(/created +2 +0$/)
    expect(end(created, " 2")).toBe(end(heading, "run.ndjson"))
    expect(end(created, " 0")).toBe(end(heading, "empty.ndjson"))
  })
})
