/**
 * Summarises a file, or standard input, in one pass: no more of it is kept than a line.
 */
import { Effect, FileSystem, Option, type PlatformError, Stdio, Stream } from "effect"
import { UsageError } from "../errors.ts"
import { quote } from "../cli/quote.ts"
import { fileProblem } from "../FileProblem.ts"
import { JOURNAL_VERSION } from "../journal/JournalRecord.ts"
import { boundedLines } from "../orders/BoundedLines.ts"
import { type LogDefaults, type LogOptions, type LogReader, makeLogReader } from "./LogReader.ts"
import type { Summary } from "./Summary.ts"

/** The name that stands for standard input. */
export const STANDARD_INPUT = "-"

/** A longer line is no line of a log: it counts as unrecognised, and is not kept. */
export const MAX_LINE_BYTES = 1024 * 1024

const nameOf = (file: string): string => (file === STANDARD_INPUT ? "standard input" : quote(file))

export const cannotRead =
  (file: string) =>
  (error: PlatformError.PlatformError): UsageError =>
    new UsageError({
      message: `cannot read ${nameOf(file)}: ${fileProblem(error)}; give the path of a journal or of a Python client's log`,
    })

const tooNew = (file: string, version: number): UsageError =>
  new UsageError({
    message: `${nameOf(file)} is a journal of version ${version}, and this paceline reads up to version ${JOURNAL_VERSION}; summarise it with a newer paceline`,
  })

/** Fails where the log is a journal that is too new to be read here. */
export const refuseNewer = (file: string, reader: LogReader): Effect.Effect<void, UsageError> => {
  const version = reader.newerVersion()
  return version === undefined ? Effect.void : Effect.fail(tooNew(file, version))
}

const nothingReadable = (file: string, lines: number): UsageError =>
  new UsageError({
    message:
      lines === 0
        ? `${nameOf(file)} is empty; give a journal or a Python client's log`
        : `${nameOf(file)} holds nothing readable in ${lines === 1 ? "its one line" : `its ${lines} lines`}; give a journal or a Python client's log`,
  })

const noBeginning = (file: string): UsageError =>
  new UsageError({
    message: `${nameOf(file)} does not say when it began; give --since and --until as times from its beginning, such as 10s`,
  })

/** Read at once: large enough for the reading not to be what takes the time. */
const CHUNK_BYTES = 512 * 1024

/** Text of a line's bytes: what is not UTF-8 is replaced, a byte order mark and a carriage return are left out. */
export const makeTextOf = (): ((bytes: Uint8Array) => string) => {
  const decoder = new TextDecoder()
  return (bytes) => {
    const text = decoder.decode(bytes)
    return text.endsWith("\r") ? text.slice(0, -1) : text
  }
}

const feed = (reader: LogReader, file: string, bytes: Stream.Stream<Uint8Array, UsageError>) => {
  const textOf = makeTextOf()
  return bytes.pipe(
    boundedLines(MAX_LINE_BYTES),
    Stream.runForEachArray((lines) =>
      Effect.suspend(() => {
        for (const line of lines) reader.line(line.bytes === undefined ? undefined : textOf(line.bytes))
        return refuseNewer(file, reader)
      }),
    ),
  )
}

/**
 * Summarises the log in `file`, or what comes on standard input where that is `-`.
 *
 * Fails with one line for its user where the file cannot be read, holds not a single line of a log, or is a
 * journal of a newer version.
 */
export const summariseFile = Effect.fn("summariseFile")(function* (
  file: string,
  defaults: LogDefaults,
  options: LogOptions = {},
): Effect.fn.Return<Summary, UsageError, FileSystem.FileSystem | Stdio.Stdio> {
  const stdio = yield* Stdio.Stdio
  const fileSystem = yield* FileSystem.FileSystem
  const bytes = file === STANDARD_INPUT ? stdio.stdin : fileSystem.stream(file, { chunkSize: CHUNK_BYTES })
  const reader = makeLogReader(defaults, options)
  yield* feed(reader, file, Stream.mapError(bytes, cannotRead(file)))
  reader.end()
  return yield* summaryOfReader(file, reader)
})

/**
 * The summary of what a reader has read of `file`, unless that is not a single line of a log, or is to be looked at by
 * a clock that it does not tell.
 */
export const summaryOfReader = Effect.fnUntraced(function* (file: string, reader: LogReader) {
  if (reader.lacksBeginning()) return yield* noBeginning(file)
  return yield* Option.match(reader.summary(), {
    onNone: () => Effect.fail(nothingReadable(file, reader.lines())),
    onSome: Effect.succeed,
  })
})
