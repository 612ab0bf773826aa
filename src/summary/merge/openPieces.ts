/**
 * Reads files one after the other as if they were one: their bytes follow one another, so that a line that a cut tears
 * is whole again. No more than one of them is open at a time.
 */
import { Cause, Effect, Exit, FileSystem, Scope, Stream } from "effect"
import type { UsageError } from "../../platform/errors.ts"
import { gunzipped } from "../reading/byteStreams.ts"
import { CHUNK_BYTES, type LineBlocks, type LineTaker, makeLineBlocks } from "../reading/LineBlocks.ts"
import { cannotRead, notGzip } from "../summariseFile.ts"
import type { LogPiece } from "./LogPiece.ts"

type Bytes = Pick<LogPiece, "file" | "isPacked">

/** Reads on: false at the end. */
type ReadOn = Effect.Effect<boolean, UsageError>

/** A piece's bytes, unpacked. */
export const pieceBytes = (
  fileSystem: FileSystem.FileSystem,
  { file, isPacked }: Bytes,
  chunkBytes: number = CHUNK_BYTES,
): Stream.Stream<Uint8Array, UsageError> => {
  const bytes = Stream.mapError(fileSystem.stream(file, { chunkSize: chunkBytes }), cannotRead(file))
  return isPacked ? gunzipped(bytes, notGzip(file), chunkBytes) : bytes
}

/** Opens a piece; puts its bytes into the blocks as far as they come at once. */
const openPiece = Effect.fnUntraced(function* (
  piece: Bytes,
  blocks: LineBlocks,
  chunkBytes: number,
): Effect.fn.Return<ReadOn, UsageError, FileSystem.FileSystem | Scope.Scope> {
  const fileSystem = yield* FileSystem.FileSystem
  if (piece.isPacked) {
    const pull = yield* Stream.toPull(pieceBytes(fileSystem, piece, chunkBytes))
    return pull.pipe(
      Effect.map((chunks) => {
        for (const chunk of chunks) blocks.push(chunk)
        return true
      }),
      Effect.catchIf(Cause.isDone, () => Effect.succeed(false)),
    )
  }
  const opened = yield* Effect.mapError(fileSystem.open(piece.file), cannotRead(piece.file))
  let position = 0
  return Effect.suspend(() => opened.read(blocks.room(), { position: BigInt(position) })).pipe(
    Effect.map((count) => {
      if (count === 0) return false
      position += count
      blocks.filled(count)
      return true
    }),
    Effect.mapError(cannotRead(piece.file)),
  )
})

/**
 * What gives a chunk more of the pieces' lines to the taker each time that it is run, and answers false when there are
 * no more. What is open is closed with the scope at the latest.
 */
export const openPieces = Effect.fnUntraced(function* (
  pieces: ReadonlyArray<Bytes>,
  taker: LineTaker,
  chunkBytes: number = CHUNK_BYTES,
): Effect.fn.Return<ReadOn, never, FileSystem.FileSystem | Scope.Scope> {
  const outer = yield* Effect.scope
  const fileSystem = yield* FileSystem.FileSystem
  const blocks = makeLineBlocks(taker, chunkBytes)
  const left = [...pieces]
  let open: { readonly readOn: ReadOn; readonly scope: Scope.Closeable } | undefined

  const openNext = Effect.fnUntraced(function* (piece: Bytes) {
    const scope = yield* Scope.fork(outer)
    const readOn = yield* openPiece(piece, blocks, chunkBytes).pipe(
      Scope.provide(scope),
      Effect.provideService(FileSystem.FileSystem, fileSystem),
    )
    return { readOn, scope }
  })

  return Effect.gen(function* () {
    while (true) {
      if (open === undefined) {
        const piece = left.shift()
        if (piece === undefined) {
          blocks.end()
          return false
        }
        open = yield* openNext(piece)
      }
      if (yield* open.readOn) return true
      yield* Scope.close(open.scope, Exit.void)
      open = undefined
    }
  })
})
