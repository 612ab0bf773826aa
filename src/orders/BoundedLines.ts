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
      (line, chunk) => {
        const lines: Array<RawLine> = []
        let current = line
        let from = 0
        for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
          lines.push(finish(extend(current, chunk.subarray(from, end), maxBytes), maxBytes))
          current = start(current.number + 1)
          from = end + 1
        }
        return [extend(current, chunk.subarray(from), maxBytes), lines] as const
      },
      { onHalt: (line) => (line.length === 0 ? [] : [finish(line, maxBytes)]) },
    )
