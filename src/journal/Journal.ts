/**
 * Writes the journal: records go into a bounded buffer at once, and a fiber of its own brings them to the
 * file in batches, one write after another. A batch is whatever has gathered while the one before was written;
 * records that nobody waits for may gather for some time.
 *
 * Nothing is sent that is not written down: a request waits for `committed` before it leaves, and while the buffer
 * is full, or once the file cannot be written, `ready` holds the lanes back.
 */
import { dirname, join, parse } from "node:path"
import process from "node:process"
import {
  Context,
  Deferred,
  Effect,
  Exit,
  FileSystem,
  Latch,
  type PlatformError,
  Result,
  Schema,
  type Scope,
} from "effect"
import { codeOf, DISK_FULL, openProblem } from "../platform/FileProblem.ts"
import type { JournalRecord } from "./JournalRecord.ts"
import { makeSeal } from "./Seal.ts"

/** How long a record that nobody waits for may wait for its batch. */
const FLUSH_EVERY_MS = 100
/** Records in the buffer from which on no order is sent. In-flight requests may add a few more. */
export const BUFFER_RECORDS = 20_000

export class Journal extends Context.Service<
  Journal,
  {
    readonly path: string
    /** Waits while the buffer is full; for ever once the file cannot be written. */
    readonly ready: Effect.Effect<void>
    readonly write: (record: JournalRecord) => void
    /**
     * Waits until every record so far is written: handed to the operating system, which keeps it whatever becomes of
     * this process; and, where the journal is durable, on the disk, whatever becomes of the machine. Answers whether it
     * is: false once the file cannot be written. Who waits may be interrupted; the writing goes on.
     */
    readonly committed: Effect.Effect<boolean>
    /** Fails as soon as the file cannot be written; it never succeeds. */
    readonly failed: Effect.Effect<never, JournalUnwritable>
    /** Writes what is in the buffer, and fails where it cannot be written. */
    readonly flush: Effect.Effect<void, JournalUnwritable>
  }
>()("paceline/journal/Journal") {}

/** A journal that is kept nowhere: `write` takes its records. */
export const unwritten = (write: (record: JournalRecord) => void): Journal["Service"] => ({
  path: "",
  ready: Effect.void,
  write,
  committed: Effect.succeed(true),
  failed: Effect.never,
  flush: Effect.void,
})

/** No journal can be begun. Nothing was sent. */
export class JournalNotOpened extends Schema.TaggedError<JournalNotOpened>()("JournalNotOpened", {
  reason: Schema.Literals(["cannot-open", "directory", "not-empty"]),
  message: Schema.String,
}) {}

/** A journal cannot be gone on with: what would be sent from then on could not be told. */
export class JournalUnwritable extends Schema.TaggedError<JournalUnwritable>()("JournalUnwritable", {
  reason: Schema.Literals(["disk-full", "unwritable"]),
  message: Schema.String,
}) {}

const cannotOpen = (file: string) => (error: PlatformError.PlatformError) =>
  new JournalNotOpened({
    reason: "cannot-open",
    message: `cannot write the journal ${file}: ${openProblem(error)}`,
  })

const cannotWrite = (file: string) => (error: PlatformError.PlatformError) =>
  codeOf(error.reason) === "ENOSPC"
    ? new JournalUnwritable({
        reason: "disk-full",
        message: `the journal ${file} cannot be written: ${DISK_FULL}`,
      })
    : new JournalUnwritable({
        reason: "unwritable",
        message: `the journal ${file} cannot be written (${error.reason._tag})`,
      })

/** No file is there when it is made: of two runs that choose the same name at the same moment one is told so. */
const create = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.open(file, { flag: "ax", mode: 0o600 }))

const isTaken = ({ reason }: PlatformError.PlatformError): boolean => reason._tag === "AlreadyExists"

/** Opens a file that holds nothing yet: a journal is evidence, and is never written over. */
const openNew = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const made = yield* Effect.result(create(file))
  if (Result.isSuccess(made)) return made.success
  if (!isTaken(made.failure)) return yield* Effect.fail(cannotOpen(file)(made.failure))
  const info = yield* Effect.option(fs.stat(file))
  if (info._tag === "Some") {
    if (info.value.type === "Directory") {
      return yield* new JournalNotOpened({ reason: "directory", message: `${file} is a directory` })
    }
    if (info.value.type === "File" && info.value.size > 0n) {
      return yield* new JournalNotOpened({
        reason: "not-empty",
        message: `${file} exists and is not empty: a journal is never written over`,
      })
    }
  }
  return yield* Effect.mapError(fs.open(file, { flag: "a", mode: 0o600 }), cannotOpen(file))
})

/** As many runs may choose the same name. */
const MOST_NAMES = 1000

/** Makes a new file of this name, or of one as like it as possible that nobody has taken: `log.ndjson`, `log-2.ndjson`. */
const openAnother = Effect.fnUntraced(function* (wanted: string) {
  const { dir, ext, name } = parse(wanted)
  for (let n = 1; ; n++) {
    const path = n === 1 ? wanted : join(dir, `${name}-${n}${ext}`)
    const made = yield* Effect.result(create(path))
    if (Result.isSuccess(made)) return { path, file: made.success }
    if (!isTaken(made.failure) || n === MOST_NAMES) return yield* Effect.fail(cannotOpen(path)(made.failure))
  }
})

export interface JournalOptions {
  /** Whether `committed` waits for the disk itself: the promise then holds when the machine fails, too. */
  readonly durable?: boolean
  /** Whether it may be called something else where there is such a file already: the name was not the user's. */
  readonly orAnother?: boolean
}

interface Batch {
  readonly records: Array<JournalRecord>
  readonly written: Deferred.Deferred<boolean>
}

const emptyBatch = (): Batch => ({ records: [], written: Deferred.makeUnsafe() })

/** A new file is only sure to be found again once its folder is on the disk. Windows has no such thing to ask for. */
const syncFolder = (file: string) =>
  process.platform === "win32"
    ? Effect.void
    : Effect.scoped(
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const folder = yield* fs.open(dirname(file), { flag: "r" })
          yield* folder.sync
        }),
      )

/** Brings one batch after another to the file, each sealed; where it is durable, to the disk itself. */
const makeStore = (file: FileSystem.File, durable: boolean) => {
  const seal = makeSeal()
  return ({ records }: Batch) =>
    Effect.suspend(() => {
      const writing = file.writeAll(new TextEncoder().encode(seal(records)))
      return durable ? Effect.andThen(writing, file.sync) : writing
    })
}

/** Opens a journal. It stays open as long as the scope; flush it before, to learn whether all was written. */
export const openJournal = (
  name: string,
  { durable = false, orAnother = false }: JournalOptions = {},
): Effect.Effect<Journal["Service"], JournalNotOpened, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const { file, path } = orAnother ? yield* openAnother(name) : { file: yield* openNew(name), path: name }
    if (durable) yield* Effect.mapError(syncFolder(path), cannotOpen(path))
    const failure = Deferred.makeUnsafe<never, JournalUnwritable>()
    const room = Latch.makeUnsafe(true)
    const wanted = Latch.makeUnsafe(false)
    const store = makeStore(file, durable)
    let gathering = emptyBatch()
    let underWay: Batch | undefined

    const settle = (batch: Batch, exit: Exit.Exit<void, JournalUnwritable>): void => {
      underWay = undefined
      if (Exit.isSuccess(exit)) {
        if (gathering.records.length < BUFFER_RECORDS) room.openUnsafe()
      } else {
        // What follows a hole is no journal: after the first failure nothing more is written.
        room.closeUnsafe()
        Deferred.doneUnsafe(failure, Exit.failCause(exit.cause))
        Deferred.doneUnsafe(gathering.written, Exit.succeed(false))
      }
      Deferred.doneUnsafe(batch.written, Exit.succeed(Exit.isSuccess(exit)))
    }

    const writeBatch = Effect.suspend(() => {
      const batch = gathering
      gathering = emptyBatch()
      underWay = batch
      wanted.closeUnsafe()
      return Effect.onExit(Effect.mapError(store(batch), cannotWrite(path)), (exit) =>
        Effect.sync(() => settle(batch, exit)),
      )
    })
    // Begun is written to its end: half a batch would look like a crash.
    const writer = Effect.forever(Effect.andThen(wanted.await, Effect.uninterruptible(writeBatch)), {
      disableYield: true,
    })
    yield* Effect.forkScoped(writer, { startImmediately: true })
    const now = Effect.sync(() => {
      if (gathering.records.length > 0) wanted.openUnsafe()
    })
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(FLUSH_EVERY_MS), now)))

    const committed = Effect.suspend(() => {
      if (Deferred.isDoneUnsafe(failure)) return Effect.succeed(false)
      if (gathering.records.length === 0) {
        return underWay === undefined ? Effect.succeed(true) : Deferred.await(underWay.written)
      }
      // The writer may begin at once, and gather the next batch.
      const { written } = gathering
      wanted.openUnsafe()
      return Deferred.await(written)
    })

    return {
      path,
      ready: room.await,
      write: (record) => {
        if (Deferred.isDoneUnsafe(failure)) return
        gathering.records.push(record)
        if (gathering.records.length >= BUFFER_RECORDS) room.closeUnsafe()
      },
      committed,
      failed: Deferred.await(failure),
      flush: Effect.flatMap(committed, (written) => (written ? Effect.void : Deferred.await(failure))),
    }
  })
