/**
 * Bytes that come one after the other: from a pipe, and out of what gzip has packed.
 */
import { createReadStream } from "node:fs"
import { createGunzip } from "node:zlib"
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Cause, Effect, Stream } from "effect"
import { CHUNK_BYTES, type LineTaker, makeLineBlocks } from "./LineBlocks.ts"

/** The first two bytes of what gzip has packed. */
export const GZIP_MAGIC_BYTES = 2

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** The bytes of a named pipe, or of another file that has no places to read at. */
export const pipeBytes = <E>(path: string, onError: (error: unknown) => E): Stream.Stream<Uint8Array, E> =>
  NodeStream.fromReadable({ evaluate: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }), onError })

/** What gzip has packed, several times in a row perhaps. */
export const gunzipped = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  onError: (error: unknown) => E,
  chunkBytes: number = CHUNK_BYTES,
): Stream.Stream<Uint8Array, E, R> =>
  NodeStream.pipeThroughDuplex(bytes, {
    evaluate: () => createGunzip({ chunkSize: chunkBytes }),
    onError,
    chunkSize: 1,
  })

/** The same bytes, unpacked where they begin as what gzip has packed. */
export const maybeGunzipped = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  onError: (error: unknown) => E,
): Stream.Stream<Uint8Array, E, R> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const pull = yield* Stream.toPull(bytes)
      const chunks: Array<Uint8Array> = []
      let length = 0
      let hasEnded = false
      while (length < GZIP_MAGIC_BYTES && !hasEnded) {
        const more = yield* Effect.catchIf(pull, Cause.isDone, () => Effect.succeed(undefined))
        for (const chunk of more ?? []) {
          chunks.push(chunk)
          length += chunk.length
        }
        hasEnded = more === undefined
      }
      const begun = Stream.fromIterable(chunks)
      const all = hasEnded ? begun : Stream.concat(begun, Stream.fromPull(Effect.succeed(pull)))
      return isGzip(Buffer.concat(chunks)) ? gunzipped(all, onError) : all
    }),
  )

/** Gives away the lines of a stream. After every few chunks `goesOn` is asked, which may also fail. */
export const readStreamLines = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  taker: LineTaker,
  goesOn: Effect.Effect<boolean, E>,
): Effect.Effect<void, E, R> =>
  Effect.suspend(() => {
    const blocks = makeLineBlocks(taker)
    return bytes.pipe(
      Stream.runForEachArray((chunks) =>
        Effect.suspend(() => {
          for (const chunk of chunks) blocks.push(chunk)
          return goesOn
        }),
      ),
      Effect.andThen(
        Effect.suspend(() => {
          blocks.end()
          return goesOn
        }),
      ),
      Effect.asVoid,
    )
  })
