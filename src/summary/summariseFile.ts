/**
 * Summarises a file, or standard input, in one pass: no more of it is kept than a chunk and a line.
 */
import { join } from "node:path"
import { Effect, FileSystem, Option, type PlatformError, Stdio, Stream } from "effect"
import { UsageError } from "../platform/errors.ts"
import { quote } from "../platform/quote.ts"
import { fileProblem, IS_DIRECTORY } from "../platform/FileProblem.ts"
import { JOURNAL_VERSION } from "../journal/JournalRecord.ts"
import type { EventTaker } from "./EventTaker.ts"
import type { LogDefaults, LogOptions } from "./LogOptions.ts"
import { type LogReader, makeLogReader } from "./LogReader.ts"
import type { Missed } from "./LogSpans.ts"
import {
  GZIP_MAGIC_BYTES,
  gunzipped,
  isGzip,
  maybeGunzipped,
  pipeBytes,
  readStreamLines,
} from "./reading/byteStreams.ts"
import { CHUNK_BYTES } from "./reading/LineBlocks.ts"
import { readFileLines } from "./reading/readFile.ts"
import { clockText, offsetText, spanText } from "./Selection.ts"
import type { Summary } from "./Summary.ts"

/** The name that stands for standard input. */
export const STANDARD_INPUT = "-"

export const nameOf = (file: string): string => (file === STANDARD_INPUT ? "standard input" : quote(file))

const cannotReadBecause = (file: string, why: string): UsageError =>
  new UsageError({
    message: `cannot read ${nameOf(file)}: ${why}; give the path of a journal or of a Python client's log`,
  })

export const cannotRead =
  (file: string) =>
  (error: PlatformError.PlatformError): UsageError => {
    const why = fileProblem(error)
    return why === IS_DIRECTORY
      ? new UsageError({
          message: `cannot read ${nameOf(file)}: ${why}; give the logs in it, such as ${join(file, "*.ndjson")}`,
        })
      : cannotReadBecause(file, why)
  }

export const tooNew = (file: string, version: number): UsageError =>
  new UsageError({
    message: `${nameOf(file)} is a journal of version ${version}, and this paceline reads up to version ${JOURNAL_VERSION}; summarise it with a newer paceline`,
  })

export const nothingReadable = (file: string, lines: number): UsageError =>
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

/** From where to where a log goes, as those count who asked: by the clock or from the log's beginning. */
const extentText = ({ asked, has }: Missed): string => {
  if (has === undefined) return "it has no records at all"
  const { beginMs, clockMs, startMs, endMs } = has
  const isByClock = [asked.since, asked.until].some((moment) => moment && moment.type !== "offset")
  const text = (ms: number): string => {
    const rounded = Math.round(ms - beginMs)
    return isByClock && clockMs !== undefined ? clockText(clockMs + rounded) : offsetText(rounded)
  }
  return `it goes from ${text(startMs)} to ${text(endMs)}`
}

/** Fails where the log does not say what the time that was asked for is by its clock, or has nothing of it. */
export const refuseMissed = (
  file: string,
  log: Pick<EventTaker, "lacksBeginning" | "missed">,
): Effect.Effect<void, UsageError> =>
  Effect.suspend(() => {
    if (log.lacksBeginning()) return Effect.fail(noBeginning(file))
    const missed = log.missed()
    if (missed === undefined) return Effect.void
    const message = `${nameOf(file)} has nothing ${spanText(missed.asked)}: ${extentText(missed)}; give --since and --until such that something is between them`
    return Effect.fail(new UsageError({ message }))
  })

const refuse = (file: string, version: number | undefined): Effect.Effect<void, UsageError> =>
  version === undefined ? Effect.void : Effect.fail(tooNew(file, version))

/** Fails where the log is a journal that is too new to be read here. */
export const refuseNewer = (file: string, reader: LogReader): Effect.Effect<void, UsageError> =>
  refuse(file, reader.newerVersion())

/** The reading goes on, unless the log so far is none that can be read here. */
const goesOn = (file: string, reader: LogReader) =>
  Effect.suspend(() => Effect.as(refuseNewer(file, reader), true))

export const notGzip = (file: string) => (): UsageError =>
  new UsageError({
    message: `cannot read ${nameOf(file)}: what gzip has packed in it is damaged or not whole; give the whole file`,
  })

const summariseStream = Effect.fnUntraced(function* <R>(
  name: string,
  bytes: Stream.Stream<Uint8Array, UsageError, R>,
  defaults: LogDefaults,
  options: LogOptions,
) {
  const reader = makeLogReader(defaults, options)
  yield* readStreamLines(bytes, reader, goesOn(name, reader))
  reader.end()
  return yield* summaryOfReader(name, reader)
})

const summariseRegular = Effect.fnUntraced(function* (
  name: string,
  defaults: LogDefaults,
  options: LogOptions,
) {
  const fileSystem = yield* FileSystem.FileSystem
  const file = yield* Effect.mapError(fileSystem.open(name), cannotRead(name))
  const start = new Uint8Array(GZIP_MAGIC_BYTES)
  yield* Effect.mapError(file.read(start, { position: 0n }), cannotRead(name))
  if (isGzip(start)) {
    const packed = Stream.mapError(fileSystem.stream(name, { chunkSize: CHUNK_BYTES }), cannotRead(name))
    return yield* summariseStream(name, gunzipped(packed, notGzip(name)), defaults, options)
  }
  const reader = makeLogReader(defaults, options)
  yield* readFileLines(file, reader, goesOn(name, reader)).pipe(
    Effect.mapError((error) => (error._tag === "UsageError" ? error : cannotRead(name)(error))),
  )
  reader.end()
  return yield* summaryOfReader(name, reader)
})

/**
 * Summarises the log in `file`, or what comes on standard input where that is `-`. Either may be packed by gzip: their
 * first bytes tell.
 *
 * Fails with one line for its user where the file cannot be read, holds not a single line of a log, or is a
 * journal of a newer version.
 */
export const summariseFile = Effect.fn("summariseFile")(function* (
  file: string,
  defaults: LogDefaults,
  options: LogOptions = {},
): Effect.fn.Return<Summary, UsageError, FileSystem.FileSystem | Stdio.Stdio> {
  if (file === STANDARD_INPUT) {
    const { stdin } = yield* Stdio.Stdio
    const bytes = maybeGunzipped(Stream.mapError(stdin, cannotRead(file)), notGzip(file))
    return yield* summariseStream(file, bytes, defaults, options)
  }
  const fileSystem = yield* FileSystem.FileSystem
  const info = yield* Effect.mapError(fileSystem.stat(file), cannotRead(file))
  if (info.type !== "File" && info.type !== "Directory") {
    const bytes = pipeBytes(file, () => cannotReadBecause(file, "reading it failed"))
    return yield* summariseStream(file, maybeGunzipped(bytes, notGzip(file)), defaults, options)
  }
  return yield* Effect.scoped(summariseRegular(file, defaults, options))
})

/**
 * The summary of what a reader has read of `file`, unless that is not a single line of a log, or has nothing of the
 * time that was asked for.
 */
export const summaryOfReader = Effect.fnUntraced(function* (file: string, reader: LogReader) {
  yield* refuseMissed(file, reader)
  return yield* Option.match(reader.summary(), {
    onNone: () => Effect.fail(nothingReadable(file, reader.lines())),
    onSome: Effect.succeed,
  })
})
