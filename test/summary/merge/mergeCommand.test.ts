import { gzipSync } from "node:zlib"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Path, Schema } from "effect"
import { Command } from "effect/cli"
import { TestConsole } from "effect/testing"
import { summarise } from "../../../src/cli/summarise.ts"
import type { JournalRecord } from "../../../src/journal/JournalRecord.ts"
import { makeSeal } from "../../../src/journal/Seal.ts"
import { openMerge } from "../../../src/summary/merge/openMerge.ts"
import { summariseMerged } from "../../../src/summary/merge/summariseMerged.ts"
import { accepted, footer, header, sent, summaryOf } from "../records.ts"

/** Runs the command; gives what it has printed since the test began. */
const run = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  yield* Command.runWith(summarise, { version: "0" })(args)
  return `${(yield* TestConsole.logLines).join("\n")}\n`
})

/** What these tests ask of the JSON form. */
const decode = Schema.decodeUnknownEffect(
  Schema.fromJsonString(
    Schema.Struct({
      averageThroughput: Schema.Number,
      lowestThroughput: Schema.Number,
      totalTimeMs: Schema.Number,
      orders: Schema.Struct({ accepted: Schema.Number }),
      utilisation: Schema.Struct({ ceiling: Schema.Number }),
    }),
  ),
)

/** A folder to write files to, for as long as the test lasts; packed where their names say so. */
const inFolder = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* fileSystem.makeTempDirectoryScoped()
  return Effect.fnUntraced(function* (name: string, text: string) {
    const file = path.join(folder, name)
    yield* fileSystem.writeFile(file, name.endsWith(".gz") ? gzipSync(text) : new TextEncoder().encode(text))
    return file
  })
})

/** An order a second. */
const orders = (seconds: number): ReadonlyArray<JournalRecord> =>
  Array.from({ length: seconds }, (_, second) => [
    sent(String(second), second * 1000 + 1),
    accepted(String(second), second * 1000 + 20, { sent: second * 1000 + 1, createdAt: second * 1000 + 1 }),
  ]).flat()

const text = (records: ReadonlyArray<JournalRecord>): string => makeSeal()(records)

/** So many lines of a text, from a place on. */
const cut = (whole: string, from: number, to: number): string =>
  whole
    .split("\n")
    .slice(from, to)
    .map((line) => `${line}\n`)
    .join("")

const startedAt = (time: string, seed: number) => ({
  ...header({ keys: 1 }),
  seed,
  startedAt: `2026-11-24T${time}Z`,
})

describe("the pieces of a rotated journal", () => {
  const records = [header(), ...orders(300), footer(300_000, { created: 300, accepted: 300 })]
  const whole = text(records)
  const pieces = Effect.gen(function* () {
    const write = yield* inFolder
    return [
      yield* write("run.ndjson", cut(whole, 401, 602)),
      yield* write("run.ndjson.1", cut(whole, 250, 401)),
      yield* write("run.ndjson.2.gz", cut(whole, 0, 250)),
      yield* write("run.ndjson.3", ""),
    ]
  })

  it.effect("give the figures of the whole, one name, and one table of intervals", () =>
    Effect.gen(function* () {
      const [newest = "", ...others] = yield* pieces
      const json = yield* run("--merge", "--format", "json", newest, ...others)
      assert.deepStrictEqual(
        JSON.parse(json),
        JSON.parse(JSON.stringify({ ...summaryOf(records), selection: null })),
      )
      const csv = yield* run("--merge", "--every", "100s", "--format", "csv", newest, ...others)
      assert.strictEqual(csv.match(/run.ndjson.2.gz and 2 more,\d+,2026-11-23T16:/g)?.length, 3)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("are read by several threads, also where cuts tear lines", () =>
    Effect.gen(function* () {
      const write = yield* inFolder
      const at = [0, 7000, 20_001, 40_000, whole.length]
      const files = yield* Effect.forEach(at.slice(1), (end, index) =>
        write(`p${index}`, whole.slice(at[index], end)),
      )
      const plan = yield* openMerge(files)
      for (const threads of [1, 2, 3]) {
        const summary = yield* summariseMerged(plan, { keys: 5, limit: 20 }, {}, { threads, togetherFrom: 0 })
        assert.deepStrictEqual(summary, summaryOf(records))
      }
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("are refused where one is left out, however many threads read them", () =>
    Effect.gen(function* () {
      const [newest = "", , oldest = ""] = yield* pieces
      const write = yield* inFolder
      const unpacked = yield* write("run.ndjson.2", cut(whole, 0, 250))
      for (const [files, threads] of [
        [[newest, oldest], 1],
        [[newest, unpacked], 1],
        [[newest, unpacked], 2],
      ] as const) {
        const plan = yield* openMerge(files)
        const reading = { threads, togetherFrom: 0 }
        const refused = yield* Effect.flip(summariseMerged(plan, { keys: 5, limit: 20 }, {}, reading))
        assert.match(refused.message, /counted 300 orders created, 300 accepted, .* there are 2\d\d created/)
      }
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("are those of a run that was killed, as split calls them", () =>
    Effect.gen(function* () {
      const write = yield* inFolder
      const files = [
        yield* write("xab.gz", cut(whole, 250, 401)),
        yield* write("xac", cut(whole, 401, 500)),
        yield* write("xaa", cut(whole, 0, 250)),
      ]
      const json = yield* run("--merge", "--format", "json", ...files)
      assert.deepStrictEqual(
        JSON.parse(json),
        JSON.parse(JSON.stringify({ ...summaryOf(records.slice(0, 500)), selection: null })),
      )
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("certify as the one journal, with the digest of all of their bytes", () =>
    Effect.gen(function* () {
      const [newest = "", ...others] = yield* pieces
      const printed = yield* Effect.exit(run("--merge", "--certify", "--format", "json", newest, ...others))
      const said = (yield* TestConsole.logLines).join("\n")
      assert.match(said, /"digest": "verified"/)
      assert.match(said, new RegExp(`"lines": ${records.length},`))
      // These records' books do not add up, so all that is asked here is what is read.
      assert.strictEqual(printed._tag, "Failure")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("certify with lines that can be opened: a piece, and its own line", () =>
    Effect.gen(function* () {
      const write = yield* inFolder
      const torn = whole.split("\n").with(300, "nothing").join("\n")
      const files = [
        yield* write("run.ndjson", cut(torn, 250, 602)),
        yield* write("run.ndjson.1", cut(torn, 0, 250)),
      ]
      const failure = yield* Effect.flip(run("--merge", "--certify", ...files))
      const said = (yield* TestConsole.logLines).join("\n")
      assert.match(said, /run\.ndjson\.1 \(lines 1 to 250\), \S+run\.ndjson \(lines 251 to 602\)/)
      assert.match(said, /\n {2}\S+run\.ndjson:51: nothing\n/)
      assert.match(String(failure), /not certified: \S+run\.ndjson(?:\.1)?:\d+: /)
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})

describe("the report of runs that are one", () => {
  const LIMIT = 2
  const spareTimes = /The smallest spare time is [^<"]*|There is no spare time[^<"]*/

  /** Orders by one key, none of which left before its window had room; the last ones have no end if there is a cut. */
  const runText = (seed: number, time: string, boundMs: number | null, cutOff: number) => {
    const first = { ...startedAt(time, seed), keys: ["key-1"] }
    const records = Array.from({ length: 40 }, (_, order): ReadonlyArray<JournalRecord> => {
      const at = Math.floor(order / LIMIT) * 1100 + (order % LIMIT)
      const times = { createdAt: at, sent: at, written: at }
      return [sent(`${seed}-${order}`, at), accepted(`${seed}-${order}`, at + 60, times)]
    })
      .flat()
      .toSorted((one, other) => one.t - other.t)
    const settings = { ...first.settings, limit: LIMIT, boundMs }
    return text([{ ...first, settings }, ...records.slice(0, records.length - cutOff)])
  }

  const spareTimeOf = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
    const fileSystem = yield* FileSystem.FileSystem
    const html = yield* (yield* inFolder)("report.html", "")
    yield* run("--html", html, ...args)
    return spareTimes.exec(yield* fileSystem.readFileString(html))?.[0]
  })

  it.effect("judges each by itself: by its own bound, and not by what a killed one left behind", () =>
    Effect.gen(function* () {
      const write = yield* inFolder
      const killed = yield* write("killed.ndjson", runText(1, "10:00:00.000", 55, 2))
      const next = yield* write("next.ndjson", runText(2, "10:01:00.000", 55, 0))
      const unbounded = yield* write("unbounded.ndjson", runText(3, "10:02:00.000", null, 0))
      const alone = "The smallest spare time is 44.0 ms: no window could have been exceeded."
      assert.strictEqual(yield* spareTimeOf(killed), alone)
      assert.strictEqual(yield* spareTimeOf(next), alone)
      assert.strictEqual(
        yield* spareTimeOf(unbounded),
        "The smallest spare time is 39.0 ms: no window could have been exceeded.",
      )
      assert.strictEqual(
        yield* spareTimeOf("--merge", killed, next),
        "The smallest spare time is 44.0 ms: no window could have been exceeded within a run.",
      )
      assert.strictEqual(
        yield* spareTimeOf("--merge", killed, next, unbounded),
        "The smallest spare time is 39.0 ms: no window could have been exceeded within a run.",
      )
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})

describe("runs that are one", () => {
  const twoRuns = Effect.gen(function* () {
    const write = yield* inFolder
    return [
      yield* write("a.ndjson", text([startedAt("10:00:00.000", 1), ...orders(10)])),
      yield* write("b.ndjson.gz", text([startedAt("10:00:00.500", 2), ...orders(10)])),
    ]
  })

  it.effect("have the windows of both", () =>
    Effect.gen(function* () {
      const files = yield* twoRuns
      const { averageThroughput, lowestThroughput, totalTimeMs, utilisation } = yield* decode(
        yield* run("--merge", "--format", "json", ...files),
      )
      assert.deepStrictEqual([averageThroughput, lowestThroughput, totalTimeMs], [2, 2, 9500])
      assert.closeTo(utilisation.ceiling, 40 / 1.001, 1e-9)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("are looked at by key, by time and by the clock", () =>
    Effect.gen(function* () {
      const files = yield* twoRuns
      const accepted = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        const before = (yield* TestConsole.logLines).length
        yield* run("--merge", "--format", "json", ...args, ...files)
        const printed = (yield* TestConsole.logLines).slice(before).join("\n")
        return (yield* decode(printed)).orders.accepted
      })
      assert.strictEqual(yield* accepted("--key", "key-1"), 20)
      assert.strictEqual(yield* accepted("--key", "a.ndjson:key-1"), 10)
      assert.strictEqual(yield* accepted("--since", "2s", "--until", "4s"), 4)
      assert.strictEqual(yield* accepted("--since", "10:00:09", "--key", "b.ndjson.gz:key-1"), 1)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("say how many of them have no end", () =>
    Effect.gen(function* () {
      const write = yield* inFolder
      const ended = [startedAt("10:00:00", 1), ...orders(2), footer(3000, { created: 2, accepted: 2 })]
      const killed = [startedAt("11:00:00", 2), ...orders(2), sent("last", 2500)]
      const files = [yield* write("a.ndjson", text(ended)), yield* write("b.ndjson", text(killed))]
      const printed = yield* run("--merge", ...files)
      assert.include(printed, "no end: 1 of 2 runs killed or still running, 1 order sent without an outcome")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("make one report, and one block of the classic form", () =>
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const files = yield* twoRuns
      const write = yield* inFolder
      const html = yield* write("report.html", "")
      const throughputs = yield* write("throughputs.txt", "")
      yield* run("--merge", "--html", html, "--append", throughputs, ...files)
      const page = yield* fileSystem.readFileString(html)
      assert.include(page, "a.ndjson:key-1")
      // Beside the chart's bars, in each of its sizes.
      for (const label of ["a.ndjson:key-1", "b.ndjson.gz:key-1"])
        assert.strictEqual(page.match(new RegExp(`<text[^>]*>${label}</text>`, "g"))?.length, 3)
      assert.match(yield* fileSystem.readFileString(throughputs), /^Average Requests Rate: 2\.0\n(.+\n){9}$/)
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})
