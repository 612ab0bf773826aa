/** Certifies a journal from a file, or from standard input, in one pass. */
import { Effect, FileSystem, Stdio, Stream } from "effect"
import { UsageError } from "../platform/errors.ts"
import { maybeGunzipped } from "../summary/reading/byteStreams.ts"
import { CHUNK_BYTES } from "../summary/reading/LineBlocks.ts"
import {
  cannotRead,
  nameOf,
  notGzip,
  nothingReadable,
  STANDARD_INPUT,
  tooNew,
} from "../summary/summariseFile.ts"
import { ByteCertifier, type Refusal } from "./ByteCertifier.ts"
import type { CertifiedPiece, NamedCertificate } from "./Certificate.ts"

const refusalOf = (name: string, refusal: Refusal): UsageError => {
  switch (refusal.type) {
    case "python-log":
      return new UsageError({
        message: `${nameOf(name)} is a Python client's log, which does not say when requests left and with which nonces; only a journal can be certified`,
      })
    case "newer":
      return tooNew(name, refusal.version)
    case "nothing":
      return nothingReadable(name, refusal.lines)
  }
}

/** A file's bytes. */
export interface Bytes<R> {
  readonly file: string
  readonly bytes: Stream.Stream<Uint8Array, UsageError, R>
}

/** Certifies the journal that is the bytes of these files, one after the other; `name` is how its user knows it. */
export const certifyBytes = Effect.fnUntraced(function* <R>(
  name: string,
  files: ReadonlyArray<Bytes<R>>,
): Effect.fn.Return<NamedCertificate, UsageError, R> {
  const certifier = new ByteCertifier()
  const pieces: Array<CertifiedPiece> = []
  for (const { bytes, file } of files) {
    const linesBefore = certifier.lines
    yield* Stream.runForEachArray(bytes, (chunks) =>
      Effect.suspend(() => {
        for (const chunk of chunks) {
          const refusal = certifier.add(chunk)
          if (refusal !== undefined) return Effect.fail(refusalOf(name, refusal))
        }
        return Effect.void
      }),
    )
    pieces.push({ file, lines: certifier.lines - linesBefore })
  }
  const certificate = yield* Effect.mapError(Effect.fromResult(certifier.end()), (refusal) =>
    refusalOf(name, refusal),
  )
  return pieces.length > 1 ? { name, certificate, pieces } : { name, certificate }
})

/**
 * Certifies the journal in `file`, or what comes on standard input where that is `-`. Either may be packed by gzip.
 *
 * Fails with one line for its user where the file cannot be read, holds not a single record, is a Python client's log or
 * a journal of a newer version. A journal that breaks a rule is no failure: the certificate says so.
 */
export const certifyFile = Effect.fn("certifyFile")(function* (
  file: string,
): Effect.fn.Return<NamedCertificate, UsageError, FileSystem.FileSystem | Stdio.Stdio> {
  const stdio = yield* Stdio.Stdio
  const fileSystem = yield* FileSystem.FileSystem
  const bytes = file === STANDARD_INPUT ? stdio.stdin : fileSystem.stream(file, { chunkSize: CHUNK_BYTES })
  const unpacked = maybeGunzipped(Stream.mapError(bytes, cannotRead(file)), notGzip(file))
  return yield* certifyBytes(file, [{ file, bytes: unpacked }])
})
