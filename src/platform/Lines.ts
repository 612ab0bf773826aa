/**
 * Cuts bytes into lines, in one buffer that is used again and again. It keeps no more than a chunk and the line that is being
 * read, and nothing of a line that is too long.
 */
import { Stream } from "effect"

/** Bytes that are read at once: so many that reading costs little. */
export const CHUNK_BYTES = 256 * 1024

const NEWLINE = 0x0a

export interface LineTaker {
  /** Takes the lines from `from` to `to`, each with a newline at its end. The bytes are valid during the call alone. */
  readonly block: (bytes: Buffer, from: number, to: number) => void
  readonly tooLong: () => void
}

export interface LineCutter {
  readonly push: (bytes: Uint8Array) => void
  /** There are no more bytes: the rest is a line without its newline. Answers whether the last line had its newline. */
  readonly end: () => boolean
}

/** @param maxBytes of a line, without its newline */
export const makeLineCutter = (
  taker: LineTaker,
  maxBytes: number,
  chunkBytes: number = CHUNK_BYTES,
): LineCutter => {
  let buffer = Buffer.alloc(0)
  /** How many bytes of the unfinished line are at the buffer's start. */
  let begun = 0
  /** The unfinished line is too long, and its bytes were dropped. */
  let isTooLong = false

  const makeRoom = (bytes: number): void => {
    // One more for the newline that the last line may lack.
    const needed = begun + bytes + 1
    if (buffer.length >= needed) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * buffer.length))
    buffer.copy(larger, 0, 0, begun)
    buffer = larger
  }

  /** Gives the whole lines away that lie between `from` and `to`, in as few blocks as possible. */
  const give = (from: number, to: number): void => {
    let start = from
    for (let at = from; to - at > maxBytes;) {
      const end = buffer.indexOf(NEWLINE, at)
      if (end - at > maxBytes) {
        if (start < at) taker.block(buffer, start, at)
        taker.tooLong()
        start = end + 1
      }
      at = end + 1
    }
    if (start < to) taker.block(buffer, start, to)
  }

  const take = (bytes: Uint8Array): void => {
    makeRoom(bytes.length)
    buffer.set(bytes, begun)
    const to = begun + bytes.length
    const wholeTo = buffer.subarray(begun, to).lastIndexOf(NEWLINE) + begun + 1
    let from = 0
    if (wholeTo > begun && isTooLong) {
      taker.tooLong()
      isTooLong = false
      from = buffer.indexOf(NEWLINE) + 1
    }
    if (wholeTo > begun) give(from, wholeTo)
    const rest = wholeTo > begun ? wholeTo : 0
    isTooLong ||= to - rest > maxBytes
    begun = isTooLong ? 0 : to - rest
    if (begun > 0 && rest > 0) buffer.copyWithin(0, rest, to)
  }

  return {
    push: (bytes) => {
      for (let from = 0; from < bytes.length; from += chunkBytes)
        take(bytes.subarray(from, from + chunkBytes))
    },
    end: () => {
      const isTerminated = begun === 0 && !isTooLong
      if (isTooLong) taker.tooLong()
      else if (begun > 0) {
        buffer[begun] = NEWLINE
        taker.block(buffer, 0, begun + 1)
      }
      begun = 0
      isTooLong = false
      return isTerminated
    },
  }
}

export interface RawLine {
  /** Counted from 1. */
  readonly number: number
  /** The line's bytes; `undefined` if it was longer than the limit and was dropped. */
  readonly bytes: Uint8Array | undefined
}

/**
 * The lines of a stream of bytes, the last one with or without a newline at its end. A line of more than
 * `maxBytes` bytes comes without them.
 */
export const boundedLines =
  (maxBytes: number) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<RawLine, E, R> =>
    Stream.mapAccum(
      bytes,
      () => {
        let number = 0
        let lines: Array<RawLine> = []
        const add = (line: Uint8Array | undefined): void => {
          lines.push({ number: (number += 1), bytes: line })
        }
        const cutter = makeLineCutter(
          {
            block: (buffer, from, to) => {
              for (let start = from; start < to;) {
                const end = buffer.indexOf(NEWLINE, start)
                add(Uint8Array.prototype.slice.call(buffer, start, end))
                start = end + 1
              }
            },
            tooLong: () => {
              add(undefined)
            },
          },
          maxBytes,
        )
        const taken = (): ReadonlyArray<RawLine> => {
          const given = lines
          lines = []
          return given
        }
        return { ...cutter, taken }
      },
      (cutter, chunk) => {
        cutter.push(chunk)
        return [cutter, cutter.taken()] as const
      },
      {
        onHalt: (cutter) => {
          cutter.end()
          return cutter.taken()
        },
      },
    )
