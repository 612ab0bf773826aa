/**
 * The bytes of a log, from a file, a pipe or standard input, unpacked where gzip has packed them: their first two tell.
 */
import { createReadStream } from "node:fs"
import { createGunzip } from "node:zlib"
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Cause, Effect, FileSystem, type PlatformError, Schema, Stdio, Stream } from "effect"
import { fileProblem, IS_DIRECTORY } from "../platform/FileProblem.ts"
import { CHUNK_BYTES } from "../platform/Lines.ts"

export class UnreadableLog extends Schema.TaggedError<UnreadableLog>()("UnreadableLog", {
  reason: Schema.Literals(["directory", "gzip", "not-a-file", "other"]),
  /** In words that go on from "cannot read FILE". */
  problem: Schema.String,
}) {}

export const unreadableLog = (error: PlatformError.PlatformError): UnreadableLog => {
  const problem = fileProblem(error)
  return new UnreadableLog({ reason: problem === IS_DIRECTORY ? "directory" : "other", problem })
}

const damagedGzip = (): UnreadableLog =>
  new UnreadableLog({
    reason: "gzip",
    problem: "what gzip has packed in it is damaged or not whole",
  })

type Bytes<R> = Stream.Stream<Uint8Array, UnreadableLog, R>

const MAGIC_BYTES = 2
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** What gzip has packed, several times in a row perhaps. */
const gunzipped = <R>(bytes: Bytes<R>): Bytes<R> =>
  NodeStream.pipeThroughDuplex(bytes, {
    evaluate: () => createGunzip({ chunkSize: CHUNK_BYTES }),
    onError: damagedGzip,
    chunkSize: 1,
  })

/** The same bytes, unpacked where they begin as what gzip has packed. */
const unpacked = <R>(bytes: Bytes<R>): Bytes<R> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const pull = yield* Stream.toPull(bytes)
      const chunks: Array<Uint8Array> = []
      let length = 0
      let hasEnded = false
      while (length < MAGIC_BYTES && !hasEnded) {
        const more = yield* Effect.catchIf(pull, Cause.isDone, () => Effect.succeed(undefined))
        for (const chunk of more ?? []) {
          chunks.push(chunk)
          length += chunk.length
        }
        hasEnded = more === undefined
      }
      const begun = Stream.fromIterable(chunks)
      const all = hasEnded ? begun : Stream.concat(begun, Stream.fromPull(Effect.succeed(pull)))
      return isGzip(Buffer.concat(chunks)) ? gunzipped(all) : all
    }),
  )

/** The bytes of a named pipe, or of another file that has no places to read at. */
const pipeBytes = (path: string): Bytes<never> =>
  NodeStream.fromReadable({
    evaluate: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }),
    onError: () => new UnreadableLog({ reason: "other", problem: "reading it failed" }),
  })

export const fileBytes = (path: string): Bytes<FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const { type } = yield* Effect.mapError(fileSystem.stat(path), unreadableLog)
      return unpacked(
        type === "File" || type === "Directory"
          ? Stream.mapError(fileSystem.stream(path, { chunkSize: CHUNK_BYTES }), unreadableLog)
          : pipeBytes(path),
      )
    }),
  )

export const standardInputBytes: Bytes<Stdio.Stdio> = Stream.unwrap(
  Effect.map(Stdio.Stdio, ({ stdin }) => unpacked(Stream.mapError(stdin, unreadableLog))),
)
