import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, FileSystem, Result, Stdio, Stream } from "effect"
import { TestClock } from "effect/testing"
import { fromFile, fromStdin, showBadLine, validateFile } from "../../../src/run/sources/NdjsonSource.ts"

const withFile = Effect.fnUntraced(function* (content: string | Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const path = `${yield* fs.makeTempDirectoryScoped()}/orders.ndjson`
  yield* typeof content === "string" ? fs.writeFileString(path, content) : fs.writeFile(path, content)
  return path
})

it.layer(NodeServices.layer)("a file of orders", (it) => {
  it.effect("is found good, and streamed in order", () =>
    Effect.gen(function* () {
      const path = yield* withFile('{"id":"a"}\r\n\n  {"id":"b","params":{"x":1}}\n\t\n{"id":"c"}')
      expect(yield* validateFile(path)).toBe(3)
      const orders = yield* Stream.runCollect(fromFile(path))
      expect(orders).toEqual([
        { id: "a", params: {} },
        { id: "b", params: { x: "1" } },
        { id: "c", params: {} },
      ])
    }),
  )
  it.effect("may be larger than what is read at a time", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 20_000 }, (_, index) => String(index))
      const path = yield* withFile(
        ids.map((id) => `{"id":"${id}","params":{"note":"${"n".repeat(20)}"}}\n`).join(""),
      )
      expect(yield* validateFile(path)).toBe(20_000)
      expect((yield* Stream.runCollect(fromFile(path))).map((order) => order.id)).toEqual(ids)
    }),
  )
  it.effect("dates an order that says when it was made", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("10 seconds")
      const path = yield* withFile('{"id":"a","createdAt":9250}')
      expect(yield* Stream.runCollect(fromFile(path))).toEqual([{ id: "a", params: {}, createdMs: 9250 }])
    }),
  )
  it.effect("with bad lines is refused with their numbers and what is wrong", () =>
    Effect.gen(function* () {
      const path = yield* withFile('{"id":"a"}\nnonsense\n\n{"id":"a"}\n')
      const error = yield* Effect.flip(validateFile(path))
      expect(error.message).toBe(
        `${path} has 2 bad lines, nothing was sent: line 2: the line is not JSON: write one object a line; line 4: the id "a" was there before: ids must be unique in a run`,
      )
    }),
  )
  it.effect("with many bad lines is refused with the first three", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(validateFile(yield* withFile("x\n".repeat(25))))
      expect(error.message).toMatch(
        /^\S+ has 25 bad lines, nothing was sent: (line \d+: [^;]+; ){3}and 22 more$/,
      )
    }),
  )
  it.effect.each([
    { content: Buffer.from([0x7b, 0xff, 0x7d]), said: "line 1: the line is not UTF-8" },
    { content: `{"id":"${"x".repeat(70_000)}"}`, said: "line 1: the line is longer than 64 KiB" },
  ])("with unreadable bytes is refused (%#)", ({ content, said }) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(validateFile(yield* withFile(content)))
      expect(error.message).toContain(said)
    }),
  )
  it.effect("that is missing, or a directory, is refused", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      expect((yield* Effect.flip(validateFile(`${directory}/none`))).message).toBe(
        `cannot read ${directory}/none: there is no such file`,
      )
      expect((yield* Effect.flip(validateFile(directory))).message).toBe(
        `cannot read ${directory}: it is a directory`,
      )
    }),
  )
  it.effect("that is no regular file is refused, since it could not be read twice", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(validateFile("/dev/null"))).reason).toBe("not-a-file")
    }),
  )
  it.effect("that went bad after it was checked fails the stream at that line", () =>
    Effect.gen(function* () {
      const path = yield* withFile('{"id":"a"}\n{"id":"a"}\n')
      const error = yield* Effect.flip(Stream.runDrain(fromFile(path)))
      expect(error.message).toContain(`${path}, line 2: the id "a" was there before`)
    }),
  )
})

describe("orders on standard input", () => {
  it.effect("go on after a bad line, which is reported", () =>
    Effect.gen(function* () {
      const read = yield* Stream.runCollect(fromStdin())
      expect(read.filter(Result.isSuccess).map(({ success }) => success.id)).toEqual(["a", "b"])
      expect(read.filter(Result.isFailure).map(({ failure }) => showBadLine(failure))).toEqual([
        'standard input, line 2: "id": must be text: put quotes around it',
        'standard input, line 4: the id "a" was there before: ids must be unique in a run',
      ])
    }).pipe(
      Effect.provide(
        Stdio.layerTest({
          stdin: Stream.fromIterable(
            ['{"id":"a"}\n{"id"', ':7}\n\n{"id":"a"}\n{"id":"b"}'].map((text) => Buffer.from(text)),
          ),
        }),
      ),
    ),
  )
})
