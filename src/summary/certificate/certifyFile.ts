/** Certifies a journal from a file, or from standard input, in one pass. */
import { Effect, FileSystem, Option, Stdio, Stream } from "effect"
import { UsageError } from "../../errors.ts"
import { newerVersion, readJournalLine } from "../../journal/JournalReader.ts"
import { readPythonLine } from "../../journal/PythonLog.ts"
import { boundedLines } from "../../orders/BoundedLines.ts"
import { maybeGunzipped } from "../reading/byteStreams.ts"
import { CHUNK_BYTES, MAX_LINE_BYTES } from "../reading/LineBlocks.ts"
import { cannotRead, nameOf, notGzip, nothingReadable, STANDARD_INPUT, tooNew } from "../summariseFile.ts"
import { Certifier } from "./Certifier.ts"
import type { Certificate } from "./Certificate.ts"
import { FileDigest } from "./FileDigest.ts"

const pythonLog = (file: string): UsageError =>
  new UsageError({
    message: `${nameOf(file)} is a Python client's log, which does not say when requests left and with which nonces; only a journal can be certified`,
  })

/** Certifies the journal that is these bytes; `name` is how its user knows it. */
export const certifyBytes = Effect.fnUntraced(function* <R>(
  name: string,
  bytes: Stream.Stream<Uint8Array, UsageError, R>,
): Effect.fn.Return<Certificate, UsageError, R> {
  const certifier = new Certifier()
  const digest = new FileDigest()
  const decoder = new TextDecoder()
  let lines = 0
  let records = 0

  /** Takes a line, and answers why the file is refused as a whole. */
  const take = (text: string | undefined): UsageError | undefined => {
    lines += 1
    const record = text === undefined ? Option.none() : readJournalLine(text)
    if (Option.isSome(record)) {
      records += 1
      certifier.line(record.value)
      return undefined
    }
    if (text !== undefined) {
      if (records === 0 && readPythonLine(text) !== undefined) return pythonLog(name)
      const version = newerVersion(text)
      if (Option.isSome(version)) return tooNew(name, version.value)
    }
    certifier.line(text ?? `(more than ${MAX_LINE_BYTES} bytes)`)
    return undefined
  }

  yield* bytes.pipe(
    Stream.map((chunk) => {
      digest.add(chunk)
      return chunk
    }),
    boundedLines(MAX_LINE_BYTES),
    Stream.runForEachArray((some) =>
      Effect.suspend(() => {
        for (const line of some) {
          const problem = take(line.bytes === undefined ? undefined : decoder.decode(line.bytes))
          if (problem !== undefined) return Effect.fail(problem)
        }
        return Effect.void
      }),
    ),
  )
  if (records === 0) return yield* nothingReadable(name, lines)
  return certifier.finish(digest.end())
})

/**
 * Certifies the journal in `file`, or what comes on standard input where that is `-`. Either may be packed by gzip.
 *
 * Fails with one line for its user where the file cannot be read, holds not a single record, is a Python client's log or
 * a journal of a newer version. A journal that breaks a rule is no failure: the certificate says so.
 */
export const certifyFile = Effect.fn("certifyFile")(function* (
  file: string,
): Effect.fn.Return<Certificate, UsageError, FileSystem.FileSystem | Stdio.Stdio> {
  const stdio = yield* Stdio.Stdio
  const fileSystem = yield* FileSystem.FileSystem
  const bytes = file === STANDARD_INPUT ? stdio.stdin : fileSystem.stream(file, { chunkSize: CHUNK_BYTES })
  return yield* certifyBytes(file, maybeGunzipped(Stream.mapError(bytes, cannotRead(file)), notGzip(file)))
})
