/**
 * Reads an open file's lines, all of them or those in a range, through one buffer.
 */
import { Effect, type PlatformError } from "effect"
import { CHUNK_BYTES, type LineTaker, makeLineBlocks } from "./LineBlocks.ts"

/** Bytes that can be read from any place. */
export interface BytesAt {
  /** Reads as many bytes as fit, or fewer; none only at the end. */
  readonly read: (
    buffer: Uint8Array,
    options: { readonly position: bigint },
  ) => Effect.Effect<number, PlatformError.PlatformError>
}

/** A range of a file's bytes that begins where a line does. */
export interface ByteRange {
  readonly from: number
  /** Where the next range begins; infinite for the file's end. */
  readonly to: number
}

/** All of a file. */
export const WHOLE: ByteRange = { from: 0, to: Infinity }

/**
 * Gives away the lines of a range. After every chunk `goesOn` is asked, which may also fail.
 */
export const readFileLines = Effect.fnUntraced(function* <E>(
  file: BytesAt,
  { from, to }: ByteRange,
  taker: LineTaker,
  goesOn: Effect.Effect<boolean, E>,
  chunkBytes: number = CHUNK_BYTES,
): Effect.fn.Return<void, PlatformError.PlatformError | E> {
  const blocks = makeLineBlocks(taker, chunkBytes)
  let position = from
  while (position < to) {
    const room = blocks.room()
    const bytes = room.subarray(0, Math.min(room.length, to - position))
    const count = yield* file.read(bytes, { position: BigInt(position) })
    if (count === 0) break
    position += count
    blocks.filled(count)
    if (!(yield* goesOn)) return
  }
  blocks.end()
  yield* goesOn
})

const NEWLINE = 0x0a

/** Where the first line begins that does not begin before `position`: perhaps at the file's end. */
export const lineStartFrom = Effect.fnUntraced(function* (
  file: BytesAt,
  position: number,
  chunkBytes: number = CHUNK_BYTES,
) {
  const buffer = Buffer.allocUnsafeSlow(chunkBytes)
  let at = position - 1
  while (true) {
    const count = yield* file.read(buffer, { position: BigInt(at) })
    const newline = buffer.subarray(0, count).indexOf(NEWLINE)
    if (newline !== -1) return at + newline + 1
    if (count === 0) return at
    at += count
  }
})

/** Cuts a file of `size` bytes at line ends into ranges of about the same size, as many or fewer. */
export const cutIntoRanges = Effect.fnUntraced(function* (
  file: BytesAt,
  size: number,
  count: number,
): Effect.fn.Return<ReadonlyArray<ByteRange>, PlatformError.PlatformError> {
  const starts = new Set([0])
  for (let part = 1; part < count; part += 1)
    starts.add(yield* lineStartFrom(file, Math.max(1, Math.floor((size * part) / count))))
  const froms = [...starts]
  return froms.map((from, index) => ({ from, to: froms[index + 1] ?? Infinity }))
})
