/**
 * The program of a thread that summarises a part of a file: it sends what came of it, or why it could not be read.
 */
import { isMainThread, parentPort, workerData } from "node:worker_threads"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect } from "effect"
import { fileProblem } from "../../platform/FileProblem.ts"
import type { Origin } from "../Origin.ts"
import { collectGarbage } from "./collectGarbage.ts"
import { openInARow } from "./FilesInARow.ts"
import { makePartReader, type PartRead } from "./PartReader.ts"
import { type ByteRange, readFileLines } from "./readFile.ts"

/** What a thread is told: which lines to read, and where their log begins. */
export interface PartTask extends ByteRange {
  /** One, or several that are one. */
  readonly files: ReadonlyArray<string>
  readonly origin: Origin
}

/** Nobody but `readInParts` starts this program. */
const isTask = (value: unknown): value is PartTask =>
  typeof value === "object" && value !== null && "files" in value && "origin" in value

/** What it answers. */
export type PartAnswer = { readonly read: PartRead } | { readonly problem: string }

const readPart = Effect.fnUntraced(function* ({ files, from, to, origin }: PartTask) {
  yield* collectGarbage
  const part = makePartReader(origin, false)
  yield* readFileLines(yield* openInARow(files), { from, to }, part, Effect.succeed(true))
  return part.read()
})

if (!isMainThread && isTask(workerData)) {
  const answer: PartAnswer = await readPart(workerData).pipe(
    Effect.match({
      onSuccess: (read): PartAnswer => ({ read }),
      onFailure: (error): PartAnswer => ({ problem: fileProblem(error) }),
    }),
    Effect.scoped,
    Effect.provide(NodeFileSystem.layer),
    Effect.runPromise,
  )
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a browser's window
  parentPort?.postMessage(answer)
}
