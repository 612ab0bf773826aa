/**
 * Reads an open file's lines through one buffer.
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

/**
 * Gives away the lines. After every chunk `goesOn` is asked, which may also fail.
 */
export const readFileLines = Effect.fnUntraced(function* <E>(
  file: BytesAt,
  taker: LineTaker,
  goesOn: Effect.Effect<boolean, E>,
  chunkBytes: number = CHUNK_BYTES,
): Effect.fn.Return<void, PlatformError.PlatformError | E> {
  const blocks = makeLineBlocks(taker, chunkBytes)
  let position = 0
  while (true) {
    const count = yield* file.read(blocks.room(), { position: BigInt(position) })
    if (count === 0) break
    position += count
    blocks.filled(count)
    if (!(yield* goesOn)) return
  }
  blocks.end()
  yield* goesOn
})
