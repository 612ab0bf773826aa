/** Summarises a log that is being written, as it grows, until the run that writes it has ended. */
import { Effect, type FileSystem, Option } from "effect"
import { followFile } from "../journal/followFile.ts"
import { readJournalLine } from "../journal/journalLine.ts"
import { lineText, MAX_LINE_BYTES } from "../journal/LogReader.ts"
import { UnreadableLog } from "../journal/logBytes.ts"
import type { LogDefaults, LogOptions } from "./LogOptions.ts"
import { cannotRead, type LogUnusable, refuseNewer } from "./logProblems.ts"
import { type LogSummariser, makeLogSummariser } from "./LogSummariser.ts"

/** Hears how far a follower has come. */
export interface FollowListener {
  /** The file is not there yet: the follower waits for it. */
  readonly waiting: Effect.Effect<void>
  /** The file was replaced or emptied. `anew`: it holds a new run, so the figures start over. */
  readonly replaced: (anew: boolean) => Effect.Effect<void>
  /** The follower has read all that is there. */
  readonly looked: (log: LogSummariser) => Effect.Effect<void>
}

export interface Follower {
  /** Follows the log; ends once the run that writes it has ended. */
  readonly follow: Effect.Effect<void, LogUnusable, FileSystem.FileSystem>
  readonly log: () => LogSummariser
}

const NEWLINE = 0x0a

const isHeader = (line: Uint8Array): boolean =>
  Option.exists(readJournalLine(lineText(line)), (record) => record.type === "header")

export const makeFollower = (
  file: string,
  defaults: LogDefaults,
  options: LogOptions,
  listener: FollowListener,
): Follower => {
  let log = makeLogSummariser(defaults, options)
  /** The first line, so far, of a file that replaced another; undefined once the line is whole. */
  let first: Uint8Array | undefined

  const push = (bytes: Uint8Array) =>
    Effect.suspend(() => {
      log.push(bytes)
      return refuseNewer(file, log)
    })

  /** The first line tells whether the new file goes on with the old one's run. */
  const beginFile = Effect.fnUntraced(function* (bytes: Uint8Array, lineEnd: number) {
    first = undefined
    const anew = isHeader(bytes.subarray(0, lineEnd))
    if (anew) log = makeLogSummariser(defaults, options)
    yield* listener.replaced(anew)
    yield* push(bytes)
  })

  const take = Effect.fnUntraced(function* (bytes: Uint8Array) {
    if (first === undefined) return yield* push(bytes)
    first = Buffer.concat([first, bytes])
    const end = first.indexOf(NEWLINE)
    if (end !== -1 || first.length > MAX_LINE_BYTES) yield* beginFile(first, end === -1 ? 0 : end)
  })

  /** A torn end of the old file is a line. */
  const replace = Effect.gen(function* () {
    if (first !== undefined && first.length > 0) yield* beginFile(first, first.length)
    log.endLine()
    yield* refuseNewer(file, log)
    first = new Uint8Array()
  })

  const follow = followFile(file, {
    waiting: listener.waiting,
    bytes: take,
    replaced: replace,
    looked: Effect.suspend(() => Effect.as(listener.looked(log), log.hasEnded())),
  })

  const told = (error: UnreadableLog | LogUnusable) =>
    error instanceof UnreadableLog ? cannotRead(file)(error) : error
  return { follow: Effect.mapError(follow, told), log: () => log }
}
