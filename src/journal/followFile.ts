/**
 * Reads a file that is being written, as it grows.
 *
 * The file is looked at five times a second. That costs next to nothing, and it works where being told of changes
 * does not: on network file systems, in containers, and for a file that is not there yet.
 */
import { Duration, Effect, FileSystem, Option, type PlatformError } from "effect"
import { CHUNK_BYTES } from "../platform/Lines.ts"
import { UnreadableLog, unreadableLog } from "./logBytes.ts"

const LOOK_EVERY = Duration.millis(200)

/** Who is told of a file that is followed. */
export interface FileFollower<E> {
  /** The file is not there yet, and is waited for. */
  readonly waiting: Effect.Effect<void>
  /** The file's next bytes. A line that is torn at their end waits for its rest. */
  readonly bytes: (bytes: Uint8Array) => Effect.Effect<void, E>
  /** The file was replaced or emptied: the bytes that follow are those of the new one, from its beginning. */
  readonly replaced: Effect.Effect<void, E>
  /** All that is there so far was read; answers whether no more is awaited. */
  readonly looked: Effect.Effect<boolean>
}

const notAFile = new UnreadableLog({ reason: "not-a-file", problem: "it is not a file" })

const isNotThere = (error: PlatformError.PlatformError): boolean => error.reason._tag === "NotFound"

/** Opens the file; undefined where there is none. */
const open = Effect.fnUntraced(
  function* (file: string) {
    const fileSystem = yield* FileSystem.FileSystem
    // A named pipe must not be opened: that would wait for its writer.
    const { type } = yield* fileSystem.stat(file)
    return type === "File" ? yield* fileSystem.open(file) : notAFile
  },
  Effect.catchIf(isNotThere, () => Effect.undefined),
  Effect.mapError(unreadableLog),
)

/** Follows the file of this name until no more is awaited. Fails where it cannot be read, and as its follower does. */
export const followFile = Effect.fnUntraced(function* <E>(
  file: string,
  follower: FileFollower<E>,
): Effect.fn.Return<void, UnreadableLog | E, FileSystem.FileSystem> {
  const fileSystem = yield* FileSystem.FileSystem

  /** Reads from a place on to the end; gives the place of the end. */
  const readOn = Effect.fnUntraced(function* (opened: FileSystem.File, from: bigint) {
    let at = from
    while (true) {
      const chunk = yield* Effect.mapError(opened.readAlloc(CHUNK_BYTES, { position: at }), unreadableLog)
      if (Option.isNone(chunk)) return at
      at += BigInt(chunk.value.length)
      yield* follower.bytes(chunk.value)
    }
  })

  /** Follows the file that has the name now, until another has it, or it was emptied; whether more is awaited. */
  const followOne = Effect.fnUntraced(function* (opened: FileSystem.File) {
    const own = yield* Effect.mapError(opened.stat, unreadableLog)
    let at = yield* readOn(opened, 0n)
    while (true) {
      if (yield* follower.looked) return false
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
    yield* follower.replaced
    return true
  })

  /** Undefined where there is no such file. */
  const followNamed = Effect.scoped(
    Effect.gen(function* () {
      const opened = yield* open(file)
      if (opened instanceof UnreadableLog) return yield* opened
      return opened === undefined ? undefined : yield* followOne(opened)
    }),
  )

  for (let isAwaited: boolean | undefined = true, hasWaited = false; isAwaited !== false;) {
    isAwaited = yield* followNamed
    if (isAwaited !== undefined) continue
    if (!hasWaited) yield* follower.waiting
    hasWaited = true
    yield* Effect.sleep(LOOK_EVERY)
  }
})
