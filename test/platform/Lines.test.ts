import { describe, expect, it } from "vitest"
import { MAX_LINE_BYTES } from "../../src/journal/LogReader.ts"
import { makeLineCutter } from "../../src/platform/Lines.ts"

/** The lines that come of a text in pieces; undefined for one that was too long. */
const linesOf = (bytes: Uint8Array, pieceBytes: number, chunkBytes: number) => {
  const lines: Array<string | undefined> = []
  const cutter = makeLineCutter(
    {
      block: (buffer, from, to) => {
        const text = buffer.toString("utf8", from, to)
        expect(text.endsWith("\n")).toBe(true)
        lines.push(...text.slice(0, -1).split("\n"))
      },
      tooLong: () => lines.push(undefined),
    },
    MAX_LINE_BYTES,
    chunkBytes,
  )
  for (let from = 0; from < bytes.length; from += pieceBytes)
    cutter.push(bytes.subarray(from, from + pieceBytes))
  cutter.end()
  return lines
}

const show = (line: string | undefined) =>
  line === undefined ? undefined : `${line.length}:${line.slice(0, 5)}`

describe("a log's bytes", () => {
  it.each([1, 2, 3, 7, 100])("come out as the same lines, in pieces of %i", (piece) => {
    const text = "one\ntwo\r\n\n\nlänger als ein Stück\nno newline at the end"
    for (const chunk of [1, 2, 5, 64])
      expect(linesOf(Buffer.from(text), piece, chunk)).toEqual(text.split("\n"))
    expect(linesOf(Buffer.from(`${text}\n`), piece, 5)).toEqual(text.split("\n"))
  })

  it("may be none", () => {
    expect(linesOf(Buffer.from(""), 1, 8)).toEqual([])
    expect(linesOf(Buffer.from("\n"), 1, 8)).toEqual([""])
  })

  it("hold lines of up to 1 MiB, and pass over longer ones, wherever they stand", () => {
    const longest = "a".repeat(MAX_LINE_BYTES)
    const tooLong = "b".repeat(MAX_LINE_BYTES + 1)
    const lines = ["x", longest, "y", tooLong, "z", tooLong, tooLong, longest, tooLong]
    const expected = lines.map((line) => show(line === tooLong ? undefined : line))
    for (const chunk of [4096, 300_000, MAX_LINE_BYTES]) {
      for (const end of ["", "\n"]) {
        const read = linesOf(Buffer.from(lines.join("\n") + end), 65_536, chunk)
        expect(read.map(show)).toEqual(expected)
      }
    }
  })
})
