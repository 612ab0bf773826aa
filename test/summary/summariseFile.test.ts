import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Path, Schema, Stdio, Stream } from "effect"
import { inWords } from "../../src/cli/advice.ts"
import { STANDARD_INPUT } from "../../src/summary/logProblems.ts"
import { renderSummaries } from "../../src/summary/render.ts"
import { accepted, acceptedAt, header, sent, summaryOf, summaryOfFile } from "./records.ts"

const fixture = fileURLToPath(new URL("../fixtures/python-client-2x.log", import.meta.url))
const fixtureFigures = fileURLToPath(new URL("../fixtures/python-client-2x.expected.json", import.meta.url))
const defaults = { keys: 5, limit: 20 }

const decodeFigures = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)),
)

/** Writes a file for as long as the test lasts. */
const write = Effect.fnUntraced(function* (content: string | Uint8Array) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(yield* fileSystem.makeTempDirectoryScoped(), "a.log")
  yield* fileSystem.writeFile(file, Buffer.from(content))
  return file
})

const summaryOfText = (text: string) => Effect.flatMap(write(text), (file) => summaryOfFile(file, defaults))

const problemWith = (file: string) => Effect.map(Effect.flip(summaryOfFile(file, defaults)), inWords)

const text = (records: ReadonlyArray<unknown>) => records.map((record) => JSON.stringify(record)).join("\n")

describe("a log in a file", () => {
  it.effect("of the exercise's Python client gives exactly the figures that are known of it", () =>
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const expected = yield* decodeFigures(yield* fileSystem.readFileString(fixtureFigures))
      const summary = yield* summaryOfFile(fixture, defaults)
      const { orders, ...figures } = expected
      for (const [name, value] of Object.entries(figures)) {
        assert.deepStrictEqual(Object.entries(summary).find(([key]) => key === name)?.[1], value, name)
      }
      const { created, unknown, cancelled, ...rest } = summary.orders
      assert.deepStrictEqual(rest, orders)
      // The log's numbers run from 0 to 4398. Of requests without an answer it would say nothing.
      assert.deepStrictEqual([created, unknown, cancelled], [4399, null, null])
      assert.deepStrictEqual(summary.losses.unknown, {
        timeout: null,
        "broken-connection": null,
        undecodable: 0,
        "server-error": 0,
        unfinished: null,
      })
      assert.isNull(summary.losses.cancelled)
      const shown = renderSummaries("text", [{ name: "python", summary }])
      assert.match(shown, /^ +unknown +- +no usable answer/m)
      assert.match(shown, /^ +cancelled +- +still queued/m)
      assert.isNull(summary.orderAge)
      assert.isNull(summary.roundTrip)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("is read the same with Windows line ends, a byte order mark, and no newline at its end", () =>
    Effect.gen(function* () {
      const records = [header(), ...acceptedAt(0, 3), accepted("b", 1200)]
      const summary = yield* summaryOfText(`\uFEFF${text(records).replaceAll("\n", "\r\n")}`)
      assert.deepStrictEqual(summary, summaryOf(records))
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("may hold a line of many megabytes, which counts as unrecognised", () =>
    Effect.gen(function* () {
      const records = text([header(), accepted("a", 0)])
      const summary = yield* summaryOfText(
        `${records}\n${"x".repeat(5_000_000)}\n${text([accepted("b", 1)])}\n`,
      )
      assert.strictEqual(summary.unrecognisedLines, 1)
      assert.strictEqual(summary.orders.accepted, 2)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("may be a journal in which no order was made", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* summaryOfText(text([header()])), summaryOf([header()]))
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("that cannot be summarised is answered with a line that names it", () =>
    Effect.gen(function* () {
      const path = yield* Path.Path
      const empty = yield* write("")
      const prose = yield* write("Dear diary,\ntoday nothing happened.\n")
      const newer = yield* write(`${text([{ type: "header", version: 9 }, accepted("a", 0)])}\n`)
      const missing = path.join(path.dirname(empty), "missing.log")
      const directory = path.dirname(empty)
      const advice = "give the path of a journal or of a Python client's log"
      assert.strictEqual(
        yield* problemWith(missing),
        `cannot read "${missing}": there is no such file; ${advice}`,
      )
      assert.strictEqual(
        yield* problemWith(directory),
        `cannot read "${directory}": it is a directory; give the logs in it, such as ${path.join(directory, "*")}`,
      )
      assert.strictEqual(
        yield* problemWith(empty),
        `"${empty}" is empty; give a journal or a Python client's log`,
      )
      assert.strictEqual(
        yield* problemWith(prose),
        `"${prose}" holds nothing readable in its 2 lines; give a journal or a Python client's log`,
      )
      assert.strictEqual(
        yield* problemWith(newer),
        `"${newer}" is a journal of version 9, and this paceline reads up to version 3; summarise it with a newer paceline`,
      )
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})

/** A journal of so many seconds, with orders that are sent in one part of it and end in another. */
const longJournal = (seconds: number) =>
  Array.from({ length: seconds }, (_, second) => [
    sent(`s${second}`, second * 1000),
    ...acceptedAt(second * 1000 + 1, 3 + (second % 5)),
    accepted(`s${second}`, second * 1000 + 999, { createdAt: second * 1000, sent: second * 1000 }),
  ]).flat()

describe("a long log", () => {
  it.effect("is refused where a header far down is of a newer version", () =>
    Effect.gen(function* () {
      const records = [header(), ...longJournal(100), { type: "header", version: 9 }, ...longJournal(50)]
      assert.match(yield* problemWith(yield* write(text(records))), /is a journal of version 9/)
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})

describe("a log that gzip has packed", () => {
  const records = [header(), ...longJournal(30)]
  const [one, other] = [records.slice(0, 70), records.slice(70)]
  const packed = Buffer.concat([gzipSync(`${text(one)}\n`), gzipSync(text(other))])
  const pieces = Array.from({ length: packed.length }, (_, index) => packed.subarray(index, index + 1))

  it.effect("is told by its first bytes, and may have been packed piece by piece", () =>
    Effect.gen(function* () {
      const file = yield* write(packed)
      assert.deepStrictEqual(yield* summaryOfFile(file, defaults), summaryOf(records))
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("may come on standard input, byte by byte", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* summaryOfFile(STANDARD_INPUT, defaults), summaryOf(records))
    }).pipe(
      Effect.provide(
        Layer.merge(NodeServices.layer, Stdio.layerTest({ stdin: Stream.fromIterable(pieces) })),
      ),
    ),
  )

  it.effect("is answered with a line where it is not whole", () =>
    Effect.gen(function* () {
      const file = yield* write(packed.subarray(0, packed.length - 9))
      assert.strictEqual(
        yield* problemWith(file),
        `cannot read "${file}": what gzip has packed in it is damaged or not whole; give the whole file`,
      )
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})

describe("a log on standard input", () => {
  it.effect("is read in whatever pieces it comes", () => {
    const records = [header(), ...acceptedAt(0, 3), accepted("b", 1200)]
    const bytes = new TextEncoder().encode(`${text(records)}\n`)
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) =>
      bytes.subarray(index * 7, index * 7 + 7),
    )
    const stdin = Stdio.layerTest({ stdin: Stream.fromIterable(pieces) })
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* summaryOfFile(STANDARD_INPUT, defaults), summaryOf(records))
    }).pipe(Effect.provide(Layer.merge(NodeServices.layer, stdin)))
  })

  it.effect("that is empty is answered with a line that says so", () =>
    Effect.gen(function* () {
      assert.match(yield* problemWith(STANDARD_INPUT), /^standard input is empty/)
    }).pipe(Effect.provide(Layer.merge(NodeServices.layer, Stdio.layerTest({ stdin: Stream.empty })))),
  )
})
