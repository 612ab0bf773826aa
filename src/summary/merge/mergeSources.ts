/**
 * Reads several logs at once, and gives their events away in the order of their times. Of each no more is kept than a
 * chunk and a line, and none is open before its time has come or after its end.
 */
import { Effect, type FileSystem, type Scope } from "effect"
import { quote } from "../../platform/quote.ts"
import { UsageError } from "../../platform/errors.ts"
import type { LogEvent } from "../../journal/LogEvent.ts"
import { collectGarbage } from "../reading/collectGarbage.ts"
import { makeOutcomeCounter } from "../OutcomeCounts.ts"
import { tooNew } from "../summariseFile.ts"
import { type LogListener, readLines, writerOf } from "../Writer.ts"
import { expectWhole } from "./expectWhole.ts"
import { type LogPiece, nameOfPieces } from "./LogPiece.ts"
import { type EventQueue, makeTimeMerger } from "./mergeByTime.ts"
import { openPieces } from "./openPieces.ts"
import type { Translate } from "./runEvents.ts"

/** Smaller than for one log: there are several, and events that wait should not grow old. */
const CHUNK_BYTES = 16 * 1024

/** One of the logs that are read at once. */
export interface Source {
  readonly pieces: ReadonlyArray<LogPiece>
  /** When it begins, by the clock of all. */
  readonly beginMs: number
  readonly translate: Translate
}

interface OpenSource {
  /** Reads on until there are events, which are put into the queue; false at the log's end. */
  readonly fill: Effect.Effect<boolean, UsageError>
  /** Its end, once all of it was read. */
  readonly end: () => LogEvent
}

const secondJournal = (file: string): UsageError =>
  new UsageError({
    message: `${quote(file)} holds the journals of several runs; give each in a file of its own`,
  })

const openSource = Effect.fnUntraced(function* (
  source: Source,
  queue: EventQueue,
): Effect.fn.Return<OpenSource, never, FileSystem.FileSystem | Scope.Scope> {
  const writer = writerOf(source.pieces[0]?.source ?? "journal")
  const outcomes = makeOutcomeCounter()
  let events: Array<LogEvent> = []
  let end: LogEvent = { type: "ended" }
  let headers = 0
  let newer: number | undefined
  const listener: LogListener = {
    event: (event) => {
      // What all runs together ran with is told already, and a run's end when all of its log was read.
      if (event.type === "settings") headers += 1
      else if (event.type === "ended") end = source.translate(event)
      else events.push(source.translate(event))
      outcomes.add(event)
    },
    unrecognised: () => events.push({ type: "unrecognised", lines: 1 }),
    newer: (version) => {
      newer ??= version
    },
  }
  const readOn = yield* openPieces(
    source.pieces,
    {
      block: (bytes, from, to) => {
        readLines(writer, bytes, from, to, listener)
      },
      tooLong: listener.unrecognised,
    },
    CHUNK_BYTES,
  )
  const fill = Effect.gen(function* () {
    events = []
    let goesOn = true
    while (goesOn && events.length === 0) {
      goesOn = yield* readOn
      if (newer !== undefined) return yield* tooNew(nameOfPieces(source.pieces), newer)
      if (headers > 1) return yield* secondJournal(nameOfPieces(source.pieces))
    }
    if (!goesOn) yield* expectWhole(source.pieces, outcomes.counts())
    queue.events = events
    queue.given = 0
    return events.length > 0
  })
  return { fill, end: () => end }
})

/**
 * Reads the sources, whose events `give` is given with the numbers of their sources; the last of each is its end, also where
 * its run was killed. Fails with one line for the user where one cannot be read.
 */
export const mergeSources = (
  sources: ReadonlyArray<Source>,
  give: (event: LogEvent, source: number) => void,
): Effect.Effect<void, UsageError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    yield* collectGarbage
    const merger = makeTimeMerger(give)
    const opened = new Map<number, OpenSource>()
    for (const [order, { beginMs }] of sources.entries())
      merger.add({ order, nextMs: beginMs, events: [], given: 0 })
    while (true) {
      const queue = merger.run()
      const source = queue && sources[queue.order]
      if (queue === undefined || source === undefined) return
      const open = opened.get(queue.order) ?? (yield* openSource(source, queue))
      opened.set(queue.order, open)
      if (yield* open.fill) merger.add(queue)
      else {
        opened.delete(queue.order)
        give(open.end(), queue.order)
      }
    }
  }).pipe(Effect.scoped)
