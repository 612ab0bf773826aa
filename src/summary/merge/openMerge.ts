/**
 * Looks at logs that are to be one, and finds out what they amount to.
 */
import { Effect, FileSystem, Option } from "effect"
import { quote } from "../../platform/quote.ts"
import { UsageError } from "../../platform/errors.ts"
import { cannotRead, nothingReadable, STANDARD_INPUT } from "../summariseFile.ts"
import type { LogPiece } from "./LogPiece.ts"
import { type MergePlan, planMerge } from "./planMerge.ts"
import { readPieceEnds } from "./readPieceEnds.ts"

const readsTwice = new UsageError({
  message:
    '--merge looks at each log before it reads it, which standard input does not allow; give files instead of "-"',
})

/** Fails where two names mean the same file: its records would count twice. */
const refuseTwice = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
  const fileSystem = yield* FileSystem.FileSystem
  const known = new Map<string, string>()
  for (const file of files) {
    const { dev, ino } = yield* Effect.mapError(fileSystem.stat(file), cannotRead(file))
    if (Option.isNone(ino)) continue
    const identity = `${dev} ${ino.value}`
    const former = known.get(identity)
    if (former !== undefined) {
      const both =
        former === file
          ? `${quote(file)} is given twice`
          : `${quote(former)} and ${quote(file)} are the same file`
      return yield* new UsageError({ message: `${both}, and would count twice; give it once` })
    }
    known.set(identity, file)
  }
})

/**
 * The plan by which these files become one. Fails with one line for their user where one cannot be read, or where they do not
 * fit together.
 */
export const openMerge = Effect.fn("openMerge")(function* (
  files: ReadonlyArray<string>,
): Effect.fn.Return<MergePlan, UsageError, FileSystem.FileSystem> {
  if (files.includes(STANDARD_INPUT)) return yield* readsTwice
  yield* refuseTwice(files)
  const pieces: Array<LogPiece> = []
  for (const file of files) {
    const piece = yield* readPieceEnds(file)
    if (piece !== undefined) pieces.push(piece)
  }
  if (pieces.length === 0) return yield* nothingReadable(files[0] ?? "", 0)
  return yield* Effect.mapError(
    Effect.fromResult(planMerge(pieces)),
    (message) => new UsageError({ message }),
  )
})
