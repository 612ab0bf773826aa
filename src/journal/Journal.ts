/**
 * Writes the journal: records go into a bounded buffer at once, and a fiber of its own brings them to the
 * file in batches, so that the hot path never waits for the disk.
 *
 * Nothing is sent that is not written down: while the buffer is full, or once the file cannot be written,
 * `ready` holds the lanes back.
 */
import {
  Deferred,
  Effect,
  Exit,
  FileSystem,
  Latch,
  type PlatformError,
  Schema,
  type Scope,
  Semaphore,
} from "effect"
import { CommandFailed, UsageError } from "../errors.ts"
import { pathProblem } from "../FileProblem.ts"
import { JournalLine, type JournalRecord } from "./JournalRecord.ts"

/** How long a record may wait for its batch. */
const FLUSH_EVERY_MS = 100
/** Records in the buffer from which on no order is sent. In-flight requests may add a few more. */
const BUFFER_RECORDS = 20_000

export interface Journal {
  /** Waits while the buffer is full; for ever once the file cannot be written. */
  readonly ready: Effect.Effect<void>
  /** Puts a record into the buffer. */
  readonly write: (record: JournalRecord) => void
  /** Fails as soon as the file cannot be written; it never succeeds. */
  readonly failed: Effect.Effect<never, CommandFailed>
  /** Writes what is in the buffer. */
  readonly flush: Effect.Effect<void, CommandFailed>
}

const encode = Schema.encodeSync(JournalLine)

const whyNotOpen = ({ reason }: PlatformError.PlatformError): string => {
  if (reason._tag === "NotFound") return "there is no such directory"
  if (reason._tag === "PermissionDenied") return "no permission to write there"
  return pathProblem(reason) ?? `opening it failed (${reason._tag})`
}

const cannotOpen = (file: string) => (error: PlatformError.PlatformError) =>
  new UsageError({
    message: `cannot write the journal ${file}: ${whyNotOpen(error)}. Choose another file with --log`,
  })

const cannotWrite = (file: string) => (error: PlatformError.PlatformError) => {
  const full = /ENOSPC/.test(String(error.reason.cause))
  return new CommandFailed({
    message: full
      ? `the journal ${file} cannot be written: the disk is full. The run was stopped; free space or choose another file with --log`
      : `the journal ${file} cannot be written (${error.reason._tag}). The run was stopped; choose another file with --log`,
  })
}

/** Opens a file that holds nothing yet: a journal is evidence, and is never written over. */
const openNew = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const info = yield* Effect.option(fs.stat(file))
  if (info._tag === "Some") {
    if (info.value.type === "Directory") {
      return yield* new UsageError({ message: `--log ${file} is a directory: name a file in it` })
    }
    if (info.value.type === "File" && info.value.size > 0n) {
      return yield* new UsageError({
        message: `--log ${file} exists and is not empty: a journal is never written over. Choose another file, or remove it`,
      })
    }
  }
  return yield* Effect.mapError(fs.open(file, { flag: "a", mode: 0o600 }), cannotOpen(file))
})

/** Opens a journal. It stays open as long as the scope; flush it before, to learn whether all was written. */
export const openJournal = (
  path: string,
): Effect.Effect<Journal, UsageError, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const file = yield* openNew(path)
    const failure = Deferred.makeUnsafe<never, CommandFailed>()
    const room = Latch.makeUnsafe(true)
    let buffer: Array<JournalRecord> = []

    const writeBatch = Effect.suspend(() => {
      if (buffer.length === 0) return Effect.void
      const batch = buffer
      buffer = []
      const text = batch.map((record) => `${encode(record)}\n`).join("")
      return Effect.mapError(file.writeAll(new TextEncoder().encode(text)), cannotWrite(path))
    }).pipe(
      Effect.tap(() => Effect.sync(() => room.openUnsafe())),
      Effect.tapCause((cause) =>
        Effect.sync(() => {
          room.closeUnsafe()
          Deferred.doneUnsafe(failure, Exit.failCause(cause))
        }),
      ),
      // What follows a hole is no journal: after the first failure nothing more is written.
      (write) => Effect.suspend(() => (Deferred.isDoneUnsafe(failure) ? Deferred.await(failure) : write)),
    )
    // Batches leave one after another, whoever asks for them, and each is written to its end.
    const oneAtATime = yield* Semaphore.make(1)
    const flush = Effect.uninterruptible(oneAtATime.withPermit(writeBatch))

    yield* Effect.forkScoped(
      Effect.ignore(Effect.forever(Effect.andThen(Effect.sleep(FLUSH_EVERY_MS), flush))),
    )

    return {
      ready: room.await,
      write: (record) => {
        buffer.push(record)
        if (buffer.length >= BUFFER_RECORDS) room.closeUnsafe()
      },
      failed: Deferred.await(failure),
      flush,
    }
  })
