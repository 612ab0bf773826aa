/** Certifies a journal that is in pieces: its bytes follow one another, and so do its lines. */
import { Effect, FileSystem, Stream } from "effect"
import { certifyBytes } from "../certificate/certifyFile.ts"
import type { LogPiece } from "./LogPiece.ts"
import { pieceBytes } from "./openPieces.ts"

/** Fails as `certifyFile` does. */
export const certifyPieces = Effect.fn("certifyPieces")(function* (
  name: string,
  pieces: ReadonlyArray<LogPiece>,
) {
  const fileSystem = yield* FileSystem.FileSystem
  const bytes = Stream.flatMap(Stream.fromIterable(pieces), (piece) => pieceBytes(fileSystem, piece))
  return yield* certifyBytes(name, bytes)
})
