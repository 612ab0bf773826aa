/**
 * Summarises a file, or standard input: no more of it is kept than a chunk and a line. A large file is read by two
 * threads, a part each.
 */
import { availableParallelism } from "node:os"
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
import { summaryOf } from "./PartialSummary.ts"
import {
  GZIP_MAGIC_BYTES,
  gunzipped,
  isGzip,
  maybeGunzipped,
  pipeBytes,
  readStreamLines,
} from "./reading/byteStreams.ts"
import { collectGarbage } from "./reading/collectGarbage.ts"
import { CHUNK_BYTES } from "./reading/LineBlocks.ts"
import { makeLogHead } from "./reading/LogHead.ts"
import { type BytesAt, readFileLines, WHOLE } from "./reading/readFile.ts"
import { readInParts } from "./reading/readInParts.ts"
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

/** How logs are read. */
export interface Reading {
  /** Threads that read one file together, this one among them. */
  readonly threads: number
  /** Only larger files are worth a second thread, in bytes. */
  readonly togetherFrom: number
}

export const defaultReading: Reading = {
  // Each thread costs memory, and two bring a day's log down to seconds.
  threads: Math.min(2, availableParallelism()),
  togetherFrom: 48 * 1024 * 1024,
}

/** A file's first bytes tell where it begins, unless it is very odd. */
const HEAD_BYTES = 4 * 1024 * 1024

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

/** Where the log begins, where its first bytes tell. */
const originOf = Effect.fnUntraced(function* (file: BytesAt, defaults: LogDefaults) {
  const head = makeLogHead(defaults)
  yield* readFileLines(
    file,
    { from: 0, to: HEAD_BYTES },
    head,
    Effect.sync(() => Option.isNone(head.origin())),
  )
  return head.origin()
})

/** A file, or several that are one. */
interface OpenFiles {
  readonly paths: ReadonlyArray<string>
  readonly bytes: BytesAt
  readonly size: number
}

/**
 * The summary of a large log that several threads read together: none where it is not large, somebody wants to be told its
 * events in their order, or it can only be read in one pass.
 */
export const summariseTogether = Effect.fnUntraced(function* (
  name: string,
  { paths, bytes: file, size }: OpenFiles,
  defaults: LogDefaults,
  options: LogOptions,
  { threads, togetherFrom }: Reading,
) {
  const isAboutAll = options.selection === undefined && options.listen === undefined
  if (!isAboutAll || threads < 2 || size < togetherFrom) return Option.none()
  const origin = yield* Effect.mapError(originOf(file, defaults), cannotRead(name))
  if (Option.isNone(origin)) return Option.none()
  const parts = yield* Effect.mapError(readInParts(paths, file, size, threads, origin.value), (error) =>
    typeof error === "string" ? cannotReadBecause(name, error) : cannotRead(name)(error),
  )
  yield* refuse(name, parts.newerVersion)
  return Option.map(parts.summary, (summary) => summaryOf(summary, origin.value))
})

const summariseStream = Effect.fnUntraced(function* <R>(
  name: string,
  bytes: Stream.Stream<Uint8Array, UsageError, R>,
  defaults: LogDefaults,
  options: LogOptions,
) {
  // How much will come nobody knows.
  yield* collectGarbage
  const reader = makeLogReader(defaults, options)
  yield* readStreamLines(bytes, reader, goesOn(name, reader))
  reader.end()
  return yield* summaryOfReader(name, reader)
})

const summariseRegular = Effect.fnUntraced(function* (
  name: string,
  size: number,
  defaults: LogDefaults,
  options: LogOptions,
  reading: Reading,
) {
  const fileSystem = yield* FileSystem.FileSystem
  const file = yield* Effect.mapError(fileSystem.open(name), cannotRead(name))
  const start = new Uint8Array(GZIP_MAGIC_BYTES)
  yield* Effect.mapError(file.read(start, { position: 0n }), cannotRead(name))
  if (isGzip(start)) {
    const packed = Stream.mapError(fileSystem.stream(name, { chunkSize: CHUNK_BYTES }), cannotRead(name))
    return yield* summariseStream(name, gunzipped(packed, notGzip(name)), defaults, options)
  }
  const files = { paths: [name], bytes: file, size }
  const summary = yield* summariseTogether(name, files, defaults, options, reading)
  if (Option.isSome(summary)) return summary.value
  if (size >= reading.togetherFrom) yield* collectGarbage
  const reader = makeLogReader(defaults, options)
  yield* readFileLines(file, WHOLE, reader, goesOn(name, reader)).pipe(
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
  reading: Reading = defaultReading,
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
  return yield* Effect.scoped(summariseRegular(file, Number(info.size), defaults, options, reading))
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
