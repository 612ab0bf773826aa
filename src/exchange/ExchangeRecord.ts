/**
 * The exchange's own record of what it judged, to compare with its clients' journals: NDJSON, a line a request, appended
 * to what an exchange before it has written.
 *
 * A line reaches the file before its answer leaves: every order that was executed and answered is in it, even when the
 * process is killed.
 */
import { DateTime, Deferred, Effect, Exit, FileSystem, type PlatformError, Schema, Semaphore } from "effect"
import { openProblem, problemOf } from "../platform/FileProblem.ts"
import type { RejectReason } from "../domain/Outcome.ts"

/** One judged request. The file says when as `at`, in ISO 8601 and UTC. */
export interface RecordEntry {
  /** The key's label. */
  readonly key: string
  readonly id: string
  /** As it was sent; null where it was missing. */
  readonly nonce: string | null
  readonly verdict: "accepted" | RejectReason
  /** Of the wall clock, when it was judged. */
  readonly atEpochMs: number
}

export interface ExchangeRecord {
  readonly add: (entry: RecordEntry) => void
  /** Brings everything added so far to the file: true, or false once the file cannot be written. */
  readonly flush: Effect.Effect<boolean>
  /** Fails as soon as the file cannot be written; it never succeeds. */
  readonly failed: Effect.Effect<never, RecordUnwritable>
}

/** No record can be begun. */
export class RecordNotOpened extends Schema.TaggedError<RecordNotOpened>()("RecordNotOpened", {
  message: Schema.String,
}) {}

/** A record cannot be gone on with: nothing is answered any more. */
export class RecordUnwritable extends Schema.TaggedError<RecordUnwritable>()("RecordUnwritable", {
  message: Schema.String,
}) {}

export const noRecord: ExchangeRecord = {
  add: () => {},
  flush: Effect.succeed(true),
  failed: Effect.never,
}

const toLine = ({ atEpochMs, ...entry }: RecordEntry): string =>
  `${JSON.stringify({ ...entry, at: DateTime.formatIso(DateTime.makeUnsafe(atEpochMs)) })}\n`

const NEWLINE = 10

/** Whether a file's last line is torn: its process was killed while it wrote. */
const isTorn = Effect.fnUntraced(function* (file: FileSystem.File) {
  const { size } = yield* file.stat
  if (size === 0n) return false
  const last = yield* file.readAlloc(1, { position: size - 1n })
  return last._tag === "Some" && last.value[0] !== NEWLINE
})

/** Opens a record, for its owner only, until the scope closes; by then everything added is in the file. */
export const openRecord = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const cannotOpen = (error: PlatformError.PlatformError) =>
    new RecordNotOpened({ message: `cannot write the record ${path}: ${openProblem(error)}` })
  const file = yield* Effect.mapError(fs.open(path, { flag: "a+", mode: 0o600 }), cannotOpen)
  let buffer = (yield* Effect.mapError(isTorn(file), cannotOpen)) ? "\n" : ""
  const failure = Deferred.makeUnsafe<never, RecordUnwritable>()
  const oneAtATime = yield* Semaphore.make(1)

  const writeBatch = Effect.suspend(() => {
    // What follows a hole is no record.
    if (Deferred.isDoneUnsafe(failure)) return Effect.succeed(false)
    if (buffer === "") return Effect.succeed(true)
    const batch = new TextEncoder().encode(buffer)
    buffer = ""
    return Effect.as(file.writeAll(batch), true).pipe(
      Effect.catch((error) => {
        const tag = error.reason._tag
        const why = problemOf(error, { missing: tag, denied: tag, otherwise: tag })
        const message = `the record ${path} cannot be written: ${why}`
        Deferred.doneUnsafe(failure, Exit.fail(new RecordUnwritable({ message })))
        return Effect.succeed(false)
      }),
    )
  })
  const flush = Effect.uninterruptible(oneAtATime.withPermit(writeBatch))
  yield* Effect.addFinalizer(() => flush)

  return {
    add: (entry: RecordEntry) => {
      buffer += toLine(entry)
    },
    flush,
    failed: Deferred.await(failure),
  } satisfies ExchangeRecord
})
