/**
 * Cuts a stream of bytes into lines without ever keeping more than one line's limit of them.
 */
import { Stream } from "effect"

/** A line without its newline. */
export interface RawLine {
  /** Counted from 1. */
  readonly number: number
  /** The line's bytes; `undefined` where it was longer than the limit, and was let go. */
  readonly bytes: Uint8Array | undefined
}

/** The line that is being read. */
interface Partial {
  readonly number: number
  /** What has been read of it. */
  readonly parts: ReadonlyArray<Uint8Array>
  readonly length: number
}

const NEWLINE = 0x0a

const start = (number: number): Partial => ({ number, parts: [], length: 0 })

const extend = (line: Partial, part: Uint8Array, maxBytes: number): Partial => {
  const length = line.length + part.length
  if (length > maxBytes) return { number: line.number, parts: [], length: maxBytes + 1 }
  return part.length === 0 ? line : { number: line.number, parts: [...line.parts, part], length }
}

const finish = (line: Partial, maxBytes: number): RawLine => ({
  number: line.number,
  bytes: line.length > maxBytes ? undefined : Buffer.concat(line.parts),
})

/** Takes the next bytes: the lines that end in them, and the line that is being read then. */
const cut = (
  line: Partial,
  chunk: Uint8Array,
  maxBytes: number,
): readonly [Partial, ReadonlyArray<RawLine>] => {
  const lines: Array<RawLine> = []
  let current = line
  let from = 0
  for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
    lines.push(finish(extend(current, chunk.subarray(from, end), maxBytes), maxBytes))
    current = start(current.number + 1)
    from = end + 1
  }
  return [extend(current, chunk.subarray(from), maxBytes), lines]
}

/** What is left at the end: a line without a newline. */
const rest = (line: Partial, maxBytes: number): ReadonlyArray<RawLine> =>
  line.length === 0 ? [] : [finish(line, maxBytes)]

/**
 * The lines of a stream of bytes, the last one with or without a newline at its end. A line of more than
 * `maxBytes` bytes comes without them.
 */
export const boundedLines =
  (maxBytes: number) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<RawLine, E, R> =>
    Stream.mapAccum(
      bytes,
      () => start(1),
      (line, chunk) => cut(line, chunk, maxBytes),
      { onHalt: (line) => rest(line, maxBytes) },
    )

/** The same for bytes that come now and then. */
export interface LineCutter {
  /** The lines that end in the next bytes. Bytes of a line that does not end in them must stay as they are. */
  readonly push: (chunk: Uint8Array) => ReadonlyArray<RawLine>
  /** There are no more: what is left, if anything is. The next bytes begin a line. */
  readonly end: () => ReadonlyArray<RawLine>
}

export const makeLineCutter = (maxBytes: number): LineCutter => {
  let line = start(1)
  return {
    push: (chunk) => {
      const [next, lines] = cut(line, chunk, maxBytes)
      line = next
      return lines
    },
    end: () => {
      const left = rest(line, maxBytes)
      line = start(line.number + left.length)
      return left
    },
  }
}
