/**
 * A disk that outlives the client, as one of its lives sees it: keys' state, which is replaced as a whole, and a journal,
 * which grows. From the crash of that life on nothing reaches it.
 */
import { Duration, Effect, FileSystem } from "effect"
import { StateFiles } from "../../src/keys/StateFiles.ts"

/** How long the disk takes for a write: until it is there, and from then until it says so. */
export interface DiskTime {
  readonly writeMs: number
  readonly answerMs: number
}

export interface LifeDisk {
  readonly store: StateFiles["Service"]
  /** Opens the journal, whatever its name. */
  readonly fileSystem: FileSystem.FileSystem
  readonly isAlive: () => boolean
  /**
   * The life is over, and the journal is what it gives: all that had been written, and of the write that was under way
   * as much as `torn` says, from 0 to 1.
   */
  readonly crash: (torn: number) => string
}

export const lifeDisk = (options: {
  /** What is there of keys' state; it goes on to the next life. */
  readonly files: Map<string, string>
  readonly timeOf: (what: "state" | "journal") => DiskTime
  /** It says that it has written state before it has. */
  readonly answersFirst: boolean
}): LifeDisk => {
  const { answersFirst, files, timeOf } = options
  let alive = true
  let written = ""
  let underWay = ""

  const put = (key: string, value: string) =>
    Effect.sync(() => {
      if (alive) files.set(key, value)
    })
  const store = StateFiles.of({
    get: (key) => Effect.sync(() => files.get(key)),
    set: (key, value) =>
      Effect.suspend(() => {
        if (!alive) return Effect.void
        const { answerMs, writeMs } = timeOf("state")
        if (answersFirst) {
          const later = Effect.delay(put(key, value), Duration.millis(writeMs + answerMs))
          return Effect.asVoid(Effect.forkDetach(later))
        }
        return Effect.delay(put(key, value), Duration.millis(writeMs)).pipe(
          Effect.andThen(Effect.sleep(Duration.millis(answerMs))),
          Effect.uninterruptible,
        )
      }),
    list: Effect.sync(() => [...files.keys()]),
    remove: (key) => Effect.sync(() => void (alive && files.delete(key))),
  })

  const unused = Effect.die("a journal does not do this")
  const file: FileSystem.File = {
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    stat: unused,
    sync: unused,
    seek: () => unused,
    read: () => unused,
    readAlloc: () => unused,
    truncate: () => unused,
    write: () => unused,
    writeAll: (bytes) =>
      Effect.suspend(() => {
        const { answerMs, writeMs } = timeOf("journal")
        if (alive) underWay = new TextDecoder().decode(bytes)
        const arrive = Effect.sync(() => {
          if (!alive) return
          written += underWay
          underWay = ""
        })
        return Effect.andThen(
          Effect.delay(arrive, Duration.millis(writeMs)),
          Effect.sleep(Duration.millis(answerMs)),
        )
      }),
  }

  return {
    store,
    fileSystem: FileSystem.makeNoop({ open: () => Effect.succeed(file) }),
    isAlive: () => alive,
    crash: (torn) => {
      alive = false
      return written + underWay.slice(0, Math.floor(torn * (underWay.length + 1)))
    },
  }
}
