/**
 * Summarises a file, or standard input, in one pass: no more of it is kept than a chunk and a line.
 */
import { Effect, type FileSystem, Option, type Stdio, Stream } from "effect"
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
import { type LogSummariser, makeLogSummariser } from "./LogSummariser.ts"
import type { Summary } from "./Summary.ts"

/** The bytes of the log in `file`, or of standard input where that is `-`. */
export const logBytes = (
  file: string,
): Stream.Stream<Uint8Array, LogUnusable, FileSystem.FileSystem | Stdio.Stdio> =>
  file === STANDARD_INPUT
    ? Stream.mapError(standardInputBytes, cannotRead(file))
    : Stream.mapError(fileBytes(file), cannotRead(file))

/**
 * Summarises the log in `file`, or what comes on standard input where that is `-`. Either may be packed by gzip: their
 * first bytes tell.
 *
 * Fails where the file cannot be read, holds not a single line of a log, or is a
 * journal of a newer version.
 */
export const summariseFile = Effect.fn("summariseFile")(function* (
  file: string,
  defaults: LogDefaults,
  options: LogOptions = {},
): Effect.fn.Return<Summary, LogUnusable, FileSystem.FileSystem | Stdio.Stdio> {
  const log = makeLogSummariser(defaults, options)
  yield* Stream.runForEachArray(logBytes(file), (chunks) => {
    for (const chunk of chunks) log.push(chunk)
    return refuseNewer(file, log)
  })
  log.end()
  yield* refuseNewer(file, log)
  return yield* summaryOfLog(file, log)
})

/** The summary of what was read of `file`, unless that is not a single line of a log, or has nothing of the time that was asked for. */
export const summaryOfLog = Effect.fnUntraced(function* (file: string, log: LogSummariser) {
  yield* refuseMissed(file, log)
  return yield* Option.match(log.summary(), {
    onNone: () => Effect.fail(nothingReadable(file, log.lines())),
    onSome: Effect.succeed,
  })
})
