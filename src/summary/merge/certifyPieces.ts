/** Certifies a journal that is in pieces: its bytes follow one another, and so do its lines. */
import { Effect, FileSystem } from "effect"
import { certifyBytes } from "../../certificate/certifyFile.ts"
import type { LogPiece } from "./LogPiece.ts"
import { pieceBytes } from "./openPieces.ts"

/** Fails as `certifyFile` does. */
export const certifyPieces = Effect.fn("certifyPieces")(function* (
  name: string,
  pieces: ReadonlyArray<LogPiece>,
) {
  const fileSystem = yield* FileSystem.FileSystem
  return yield* certifyBytes(
    name,
    pieces.map((piece) => ({ file: piece.file, bytes: pieceBytes(fileSystem, piece) })),
  )
})
