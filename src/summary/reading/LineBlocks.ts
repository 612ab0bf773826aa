/**
 * Puts a log's bytes together to blocks of whole lines, in one buffer that is used again and again: no more of a log is
 * kept than a chunk and the line that is being read.
 */

/** A longer line is no line of a log: it is not kept. Without its newline. */
export const MAX_LINE_BYTES = 1024 * 1024

/** Read at once: large enough for the reading not to be what takes the time. */
export const CHUNK_BYTES = 256 * 1024

/** Who is given the lines. */
export interface LineTaker {
  /** Takes the lines from `from` to `to`, each with a newline at its end. The bytes are valid during the call alone. */
  readonly block: (bytes: Buffer, from: number, to: number) => void
  /** A line was too long to be kept. */
  readonly tooLong: () => void
}

export interface LineBlocks {
  /** Where to put the next bytes of the log, as many as there are or fewer; never empty. */
  readonly room: () => Uint8Array
  /** So many bytes were put into the room. */
  readonly filled: (count: number) => void
  /** Takes the next bytes of the log, copying them. */
  readonly push: (bytes: Uint8Array) => void
  /** There are no more bytes: what is left is a line without its newline. */
  readonly end: () => void
}

const NEWLINE = 0x0a

export const makeLineBlocks = (taker: LineTaker, chunkBytes = CHUNK_BYTES): LineBlocks => {
  // One more for the newline that the last line may lack.
  let buffer = Buffer.allocUnsafeSlow(2 * chunkBytes + 1)
  /** Bytes of the line that is being read, at the buffer's start. */
  let held = 0
  let isTooLong = false

  const room = (): Buffer => {
    if (buffer.length - 1 - held < chunkBytes) {
      const larger = Buffer.allocUnsafeSlow(2 * buffer.length)
      buffer.copy(larger, 0, 0, held)
      buffer = larger
    }
    return buffer.subarray(held, held + chunkBytes)
  }

  /** Gives the lines away that lie between `from` and `to`: of them only the first may be too long. */
  const give = (from: number, to: number): void => {
    const firstEnd = to - from <= MAX_LINE_BYTES ? -1 : buffer.indexOf(NEWLINE, from)
    if (firstEnd - from <= MAX_LINE_BYTES) return taker.block(buffer, from, to)
    taker.tooLong()
    if (firstEnd + 1 < to) taker.block(buffer, firstEnd + 1, to)
  }

  const filled = (count: number): void => {
    const to = held + count
    const last = buffer.subarray(held, to).lastIndexOf(NEWLINE)
    let rest = 0
    if (last !== -1) {
      rest = held + last + 1
      let from = 0
      if (isTooLong) {
        taker.tooLong()
        isTooLong = false
        from = buffer.indexOf(NEWLINE) + 1
      }
      if (from < rest) give(from, rest)
    }
    if (isTooLong || to - rest > MAX_LINE_BYTES) {
      isTooLong = true
      held = 0
      return
    }
    buffer.copyWithin(0, rest, to)
    held = to - rest
  }

  return {
    room,
    filled,
    push: (bytes) => {
      for (let from = 0; from < bytes.length; from += chunkBytes) {
        const piece = bytes.subarray(from, from + chunkBytes)
        room().set(piece)
        filled(piece.length)
      }
    },
    end: () => {
      if (isTooLong) taker.tooLong()
      else if (held > 0) {
        buffer[held] = NEWLINE
        taker.block(buffer, 0, held + 1)
      }
      held = 0
      isTooLong = false
    },
  }
}
