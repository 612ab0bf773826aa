/**
 * Summarises a file, or standard input, in one pass: no more of it is kept than a chunk and a line.
 */
import { Effect, type FileSystem, type Stdio, Stream } from "effect"
import { fileBytes, standardInputBytes } from "../journal/logBytes.ts"
import type { LogDefaults, LogOptions } from "./LogOptions.ts"
import {
  cannotRead,
  type LogUnusable,
  nothingReadable,
  refuseMissed,
  refuseNewer,
  STANDARD_INPUT,
} from "./logProblems.ts"
import { type LogRun, type LogSummariser, makeLogSummariser } from "./LogSummariser.ts"

/** The bytes of the log in `file`, or of standard input where that is `-`. */
export const logBytes = (
  file: string,
): Stream.Stream<Uint8Array, LogUnusable, FileSystem.FileSystem | Stdio.Stdio> =>
  file === STANDARD_INPUT
    ? Stream.mapError(standardInputBytes, cannotRead(file))
    : Stream.mapError(fileBytes(file), cannotRead(file))

export interface LogFigures {
  /** Its runs that have something of the chosen part: one at least. */
  readonly runs: ReadonlyArray<LogRun>
  readonly lines: number
  readonly unrecognisedLines: number
}

/**
 * Summarises the log in `file`, or what comes on standard input where that is `-`. Either may be packed by gzip: their
 * first bytes tell. Several runs in it are summarised one by one.
 *
 * Fails where the file cannot be read, holds not a single line of a log, or is a
 * journal of a newer version.
 */
export const summariseFile = Effect.fn("summariseFile")(function* (
  file: string,
  defaults: LogDefaults,
  options: LogOptions = {},
): Effect.fn.Return<LogFigures, LogUnusable, FileSystem.FileSystem | Stdio.Stdio> {
  const log = makeLogSummariser(defaults, options)
  yield* Stream.runForEachArray(logBytes(file), (chunks) => {
    for (const chunk of chunks) log.push(chunk)
    return refuseNewer(file, log)
  })
  return yield* figuresOfLog(file, log)
})

/**
 * The figures of what was read of `file`, of which no more is to come. Fails where that is not a single line of a log, or
 * has nothing of the time that was asked for.
 */
export const figuresOfLog = Effect.fnUntraced(function* (
  file: string,
  log: LogSummariser,
): Effect.fn.Return<LogFigures, LogUnusable> {
  log.end()
  yield* refuseNewer(file, log)
  yield* refuseMissed(file, log)
  const runs = log.runs()
  if (runs.length === 0) return yield* nothingReadable(file, log.lines())
  return { runs, lines: log.lines(), unrecognisedLines: log.unrecognisedLines() }
})
