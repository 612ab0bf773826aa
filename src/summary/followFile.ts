/**
 * Reads a log that is being written, as it grows, until the run that writes it has ended.
 *
 * The file is looked at five times a second. That costs next to nothing, and it works where being told of changes
 * does not: on network file systems, in containers, and for a file that is not there yet.
 */
import { Duration, Effect, FileSystem, Option, type PlatformError } from "effect"
import { quote } from "../platform/quote.ts"
import { UsageError } from "../platform/errors.ts"
import { readJournalLine } from "../journal/JournalReader.ts"
import { makeLineCutter, type RawLine } from "../platform/BoundedLines.ts"
import type { LogDefaults, LogOptions } from "./LogOptions.ts"
import { type LogReader, makeLogReader } from "./LogReader.ts"
import { MAX_LINE_BYTES } from "./reading/LineBlocks.ts"
import { cannotRead, refuseNewer } from "./summariseFile.ts"
import { lineText } from "./Writer.ts"

const LOOK_EVERY = Duration.millis(200)
const CHUNK_BYTES = 256 * 1024

/** What a follower tells. */
export interface FollowListener {
  /** The file is not there yet, and is waited for. */
  readonly waiting: Effect.Effect<void>
  /** The file was replaced or emptied: `anew` says whether a new run is in it, whose figures begin at nothing. */
  readonly replaced: (anew: boolean) => Effect.Effect<void>
  /** All that is there so far was read. */
  readonly looked: (reader: LogReader) => Effect.Effect<void>
}

export interface Follower {
  /** Follows the log; ends once the run that writes it has ended. */
  readonly follow: Effect.Effect<void, UsageError, FileSystem.FileSystem>
  /** What was read so far. */
  readonly reader: () => LogReader
}

const isHeader = (line: string): boolean =>
  Option.exists(readJournalLine(line), (record) => record.type === "header")

const notAFile = (file: string) =>
  new UsageError({ message: `--follow: ${quote(file)} is not a file; give one that a log is written to` })

const isNotThere = (error: PlatformError.PlatformError): boolean => error.reason._tag === "NotFound"

export const makeFollower = (
  file: string,
  defaults: LogDefaults,
  options: LogOptions,
  listener: FollowListener,
): Follower => {
  const cutter = makeLineCutter(MAX_LINE_BYTES)
  let reader = makeLogReader(defaults, options)
  /** Whether the next line is the first of a file that has taken another's place. */
  let isFresh = false

  const take = Effect.fnUntraced(function* (lines: ReadonlyArray<RawLine>) {
    for (const { bytes } of lines) {
      const text = bytes === undefined ? undefined : lineText(bytes)
      if (isFresh) {
        isFresh = false
        const anew = text !== undefined && isHeader(text)
        if (anew) reader = makeLogReader(defaults, options)
        yield* listener.replaced(anew)
      }
      reader.line(text)
    }
    yield* refuseNewer(file, reader)
  })

  /** Reads from a place on to the end; gives the place of the end. A line that is torn there waits for its rest. */
  const readOn = Effect.fnUntraced(function* (opened: FileSystem.File, from: bigint) {
    let at = from
    while (true) {
      const chunk = yield* Effect.mapError(opened.readAlloc(CHUNK_BYTES, { position: at }), cannotRead(file))
      if (Option.isNone(chunk)) return at
      at += BigInt(chunk.value.length)
      yield* take(cutter.push(chunk.value))
    }
  })

  /** Follows the file that has the name now, until another has it, it was emptied, or the run has ended. */
  const followOne = Effect.fnUntraced(function* (opened: FileSystem.File) {
    const fileSystem = yield* FileSystem.FileSystem
    const own = yield* Effect.mapError(opened.stat, cannotRead(file))
    if (own.type !== "File") return yield* notAFile(file)
    let at = yield* readOn(opened, 0n)
    while (true) {
      yield* listener.looked(reader)
      if (reader.hasEnded()) return
      yield* Effect.sleep(LOOK_EVERY)
      // What has no name any more may still be written to.
      const named = yield* Effect.option(fileSystem.stat(file))
      const isOther =
        Option.isSome(named) &&
        (named.value.dev !== own.dev ||
          Option.getOrUndefined(named.value.ino) !== Option.getOrUndefined(own.ino))
      const isShorter = Option.isSome(named) && !isOther && BigInt(named.value.size) < at
      if (!isShorter) at = yield* readOn(opened, at)
      if (isOther || isShorter) break
    }
    yield* take(cutter.end())
    isFresh = true
  })

  const open = Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    // A named pipe must not be opened: that would wait for its writer.
    const info = yield* fileSystem.stat(file)
    if (info.type !== "File") return yield* notAFile(file)
    return yield* fileSystem.open(file)
  })

  const follow = Effect.gen(function* () {
    let hasWaited = false
    while (!reader.hasEnded()) {
      const isThere = yield* Effect.flatMap(open, followOne).pipe(
        Effect.scoped,
        Effect.as(true),
        Effect.catchTag("PlatformError", (error) =>
          isNotThere(error) ? Effect.succeed(false) : Effect.fail(cannotRead(file)(error)),
        ),
      )
      if (isThere) continue
      if (!hasWaited) yield* listener.waiting
      hasWaited = true
      yield* Effect.sleep(LOOK_EVERY)
    }
  })

  return { follow, reader: () => reader }
}
