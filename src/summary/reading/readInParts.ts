/**
 * Summarises a large file with several threads: each reads a part of it, and this one the first.
 */
import { Worker } from "node:worker_threads"
import { Deferred, Effect, Exit, Option, type PlatformError, type Scope } from "effect"
import type { Origin } from "../Origin.ts"
import { mergeParts, type PartialSummary } from "../PartialSummary.ts"
import { collectGarbage } from "./collectGarbage.ts"
import { makePartReader, type PartRead } from "./PartReader.ts"
import type { PartAnswer, PartTask } from "./partThread.ts"
import { type ByteRange, type BytesAt, cutIntoRanges, readFileLines } from "./readFile.ts"

/** The thread's program: source beside source, and built beside built. */
const program = new URL(
  import.meta.url.endsWith(".ts") ? "./partThread.ts" : "./partThread.js",
  import.meta.url,
)

/**
 * What a line leaves behind is garbage at once: the place for it may be small. V8 would take three times 16 MB.
 */
const YOUNG_MB = 1

/**
 * Starts a thread that reads a part, and gives what it has to say: what came of its part, or in a few words why it
 * could not be read. It ends with the scope at the latest.
 */
const startThread = Effect.fnUntraced(function* (
  task: PartTask,
): Effect.fn.Return<Effect.Effect<PartRead, string>, never, Scope.Scope> {
  const read = yield* Deferred.make<PartRead, string>()
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const thread = new Worker(program, {
        workerData: task,
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      })
      thread.once("message", (answer: PartAnswer) => {
        Deferred.doneUnsafe(read, "read" in answer ? Exit.succeed(answer.read) : Exit.fail(answer.problem))
      })
      thread.once("error", (error) => {
        Deferred.doneUnsafe(read, Exit.die(error))
      })
      thread.once("exit", (status) => {
        const why = `a reading thread ended with status ${status} and no answer`
        Deferred.doneUnsafe(read, Exit.die(new Error(why)))
      })
      return thread
    }),
    (thread) => Effect.promise(() => thread.terminate()),
  )
  return Deferred.await(read)
})

const readHere = Effect.fnUntraced(function* (file: BytesAt, range: ByteRange, origin: Origin) {
  const part = makePartReader(origin, true)
  yield* readFileLines(file, range, part, Effect.succeed(true))
  return part.read()
})

const mergeAll = (parts: ReadonlyArray<PartialSummary>, origin: Origin): Option.Option<PartialSummary> => {
  const [first, ...others] = parts
  return others.reduce(
    (merged, part) => Option.flatMap(merged, (earlier) => mergeParts(earlier, part, origin)),
    Option.fromUndefinedOr(first),
  )
}

export interface ReadInParts {
  /** None where this log can only be read in one pass. */
  readonly summary: Option.Option<PartialSummary>
  /** The first header of a journal that is too new to be read here. */
  readonly newerVersion: number | undefined
}

/**
 * Summarises a regular file of `size` bytes, or several that are one, with as many threads, this one included. Fails as reading does; where
 * a thread could not read it, with the reason in a few words.
 */
export const readInParts = (
  paths: ReadonlyArray<string>,
  file: BytesAt,
  size: number,
  threads: number,
  origin: Origin,
): Effect.Effect<ReadInParts, PlatformError.PlatformError | string> =>
  Effect.gen(function* () {
    yield* collectGarbage
    const [first, ...others] = yield* cutIntoRanges(file, size, threads)
    if (first === undefined) return { summary: Option.none(), newerVersion: undefined }
    const answers = yield* Effect.forEach(others, (range) => startThread({ files: paths, ...range, origin }))
    const reads = yield* Effect.all([readHere(file, first, origin), ...answers], {
      concurrency: "unbounded",
    })
    return {
      summary: mergeAll(
        reads.map(({ summary }) => summary),
        origin,
      ),
      newerVersion: reads.find(({ newerVersion }) => newerVersion !== undefined)?.newerVersion,
    }
  }).pipe(Effect.scoped)
