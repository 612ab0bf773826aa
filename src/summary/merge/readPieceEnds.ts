/**
 * Looks at the beginning and the end of a file that is to be merged. What gzip has packed must be unpacked as a whole
 * for that; it is not decoded.
 */
import { Effect, FileSystem, type PlatformError } from "effect"
import { quote } from "../../platform/quote.ts"
import { UsageError } from "../../platform/errors.ts"
import { steadyYoungHeap } from "../../platform/steadyYoungHeap.ts"
import { GZIP_MAGIC_BYTES, isGzip } from "../reading/byteStreams.ts"
import type { LineTaker } from "../reading/LineBlocks.ts"
import { lineStartFrom, readFileLines, WHOLE } from "../reading/readFile.ts"
import { cannotRead, tooNew } from "../summariseFile.ts"
import type { LogPiece } from "./LogPiece.ts"
import { openPieces } from "./openPieces.ts"
import { type EndRecord, type FirstRecord, makeFirstRecord, makeLastRecord } from "./PieceEnds.ts"

/** Read at once: there may be many files, of which hardly more than a line is looked at. */
const CHUNK_BYTES = 16 * 1024
/** Where the last record is looked for first: more than any line that this program writes. */
const TAIL_BYTES = 16 * 1024

const both = (one: LineTaker, other: LineTaker): LineTaker => ({
  block: (bytes, from, to) => {
    one.block(bytes, from, to)
    other.block(bytes, from, to)
  },
  tooLong: () => {
    one.tooLong()
    other.tooLong()
  },
})

/** Reads the last lines, more and more of them, until there is a record among them. */
const lastOf = Effect.fnUntraced(function* (
  file: FileSystem.File,
  size: number,
  source: EndRecord["source"],
) {
  for (let length = TAIL_BYTES; ; length *= 4) {
    const last = makeLastRecord(() => source)
    const from = length >= size ? 0 : yield* lineStartFrom(file, size - length, CHUNK_BYTES)
    yield* readFileLines(file, { from, to: Infinity }, last, Effect.succeed(true), CHUNK_BYTES)
    if (last.found() !== undefined || from === 0) return last.found()
  }
})

const endsOfPacked = Effect.fnUntraced(function* (file: string) {
  const first = makeFirstRecord()
  const last = makeLastRecord(() => first.found()?.source)
  yield* steadyYoungHeap
  const readOn = yield* openPieces([{ file, isPacked: true }], both(first, last), CHUNK_BYTES)
  while (yield* readOn);
  return { first, last: last.found() }
})

const endsOf = Effect.fnUntraced(function* (
  opened: FileSystem.File,
  size: number,
): Effect.fn.Return<
  { readonly first: FirstRecord; readonly last: EndRecord | undefined },
  PlatformError.PlatformError
> {
  const first = makeFirstRecord()
  yield* readFileLines(
    opened,
    WHOLE,
    first,
    Effect.sync(() => first.found() === undefined),
    CHUNK_BYTES,
  )
  const begin = first.found()
  return { first, last: begin && (yield* lastOf(opened, size, begin.source)) }
})

const notAFile = (file: string): UsageError =>
  new UsageError({
    message: `--merge looks at each log before it reads it, and ${quote(file)} is not a file; give files`,
  })

/** It may be what a cut has left of a line: without a time nobody knows its place. */
const noRecord = (file: string, lines: number): UsageError =>
  new UsageError({
    message: `${quote(file)} holds no whole record in ${lines === 1 ? "its one line" : `its ${lines} lines`}, so it has no place among the others; give journals or Python clients' logs, cut at the ends of lines (split -l) or into pieces that each hold a whole line, or put the pieces together into one file`,
  })

/**
 * What a file's beginning and end tell; undefined for an empty one. Fails with one line for its user where it cannot be
 * read, holds no whole record, or begins as a journal of a newer version.
 */
export const readPieceEnds = Effect.fnUntraced(function* (
  file: string,
): Effect.fn.Return<LogPiece | undefined, UsageError, FileSystem.FileSystem> {
  const fileSystem = yield* FileSystem.FileSystem
  const info = yield* Effect.mapError(fileSystem.stat(file), cannotRead(file))
  if (info.type !== "File" && info.type !== "Directory") return yield* notAFile(file)
  const size = Number(info.size)
  return yield* Effect.gen(function* () {
    const opened = yield* Effect.mapError(fileSystem.open(file), cannotRead(file))
    const start = new Uint8Array(GZIP_MAGIC_BYTES)
    const count = yield* Effect.mapError(opened.read(start, { position: 0n }), cannotRead(file))
    if (count === 0) return undefined
    const isPacked = isGzip(start)
    const { first, last } = yield* isPacked
      ? endsOfPacked(file)
      : Effect.mapError(endsOf(opened, size), cannotRead(file))
    const begin = first.found()
    const version = first.newerVersion()
    if (version !== undefined) return yield* tooNew(file, version)
    if (begin === undefined) {
      if (first.lines() === 0) return undefined
      return yield* noRecord(file, first.lines())
    }
    const about = { file, isPacked, firstMs: begin.atMs, lastMs: (last ?? begin).atMs }
    if (begin.source === "python-client") return { ...about, source: begin.source }
    return {
      ...about,
      source: begin.source,
      header: begin.record.type === "header" ? begin.record : undefined,
      footer: last?.source === "journal" && last.record.type === "footer" ? last.record : undefined,
    }
  }).pipe(Effect.scoped)
})
