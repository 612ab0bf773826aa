import { describe, expect, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { boundedLines } from "../../src/platform/Lines.ts"

const lines = (...chunks: ReadonlyArray<string>) =>
  Stream.fromIterable(chunks.map((chunk) => Buffer.from(chunk))).pipe(
    boundedLines(4),
    Stream.map((line) => [line.number, line.bytes && Buffer.from(line.bytes).toString()] as const),
    Stream.runCollect,
  )

describe("lines", () => {
  it.effect.each([
    {
      chunks: ["a\nb\n"],
      expected: [
        [1, "a"],
        [2, "b"],
      ],
    },
    {
      chunks: ["a\nb"],
      expected: [
        [1, "a"],
        [2, "b"],
      ],
    },
    {
      chunks: ["a", "b\n", "\nc"],
      expected: [
        [1, "ab"],
        [2, ""],
        [3, "c"],
      ],
    },
    { chunks: ["", ""], expected: [] },
    { chunks: ["\n"], expected: [[1, ""]] },
    {
      chunks: ["abcd\nabcde\nf"],
      expected: [
        [1, "abcd"],
        [2, undefined],
        [3, "f"],
      ],
    },
    {
      chunks: ["abc", "def", "gh\nij"],
      expected: [
        [1, undefined],
        [2, "ij"],
      ],
    },
    { chunks: ["abcdefgh"], expected: [[1, undefined]] },
  ])("of $chunks are $expected", ({ chunks, expected }) =>
    Effect.gen(function* () {
      expect(yield* lines(...chunks)).toEqual(expected)
    }),
  )
  it.effect("are the same however the bytes are cut", () =>
    Effect.gen(function* () {
      const text = "ab\n\nabcdefg\nxyz\n12"
      expect(yield* lines(...text.split(""))).toEqual(yield* lines(text))
    }),
  )
})
