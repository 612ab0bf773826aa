/**
 * Finds out which pieces are of which run.
 */
import { Result } from "effect"
import { quote } from "../../platform/quote.ts"
import type { Header } from "../../journal/JournalRecord.ts"
import { areSameHeader } from "../../journal/runIdentity.ts"
import type { JournalPiece } from "./LogPiece.ts"
import { orderPieces } from "./orderPieces.ts"
import { isCalledAsPieceOf } from "./rotatedName.ts"

/** A run's journal, in one piece or more. */
export interface Run {
  readonly header: typeof Header.Type
  /** In the order of their times; never empty. */
  readonly pieces: ReadonlyArray<JournalPiece>
}

/** The file that has the run's header: its journal's name. */
export const nameOfRun = ({ pieces }: Run): string => pieces[0]?.file ?? ""

type Begun = JournalPiece & { readonly header: typeof Header.Type }
const begins = (piece: JournalPiece): piece is Begun => piece.header !== undefined

const headerTwice = (starts: ReadonlyArray<Begun>): string | undefined => {
  for (const [index, one] of starts.entries()) {
    const twin = starts.slice(0, index).find(({ header }) => areSameHeader(header, one.header))
    if (twin !== undefined)
      return `${quote(twin.file)} and ${quote(one.file)} begin with the same header: the run that began at ${one.header.startedAt} counts once; leave out one of them`
  }
  return undefined
}

/** The beginning of the run that a piece is of. */
const beginningOf = (piece: JournalPiece, starts: ReadonlyArray<Begun>): Result.Result<Begun, string> => {
  const alike =
    starts.length === 1 ? starts : starts.filter(({ file }) => isCalledAsPieceOf(file, piece.file))
  const [start] = alike
  return start === undefined || alike.length > 1
    ? Result.fail(
        `${quote(piece.file)} has no header, and may be a piece of any of ${(alike.length > 1 ? alike : starts).length} journals; call the pieces of each alike (run.ndjson, run.ndjson.1), or put them together into one file`,
      )
    : Result.succeed(start)
}

/**
 * Why a piece cannot be counted as one of this run, or undefined. A footer tells later whether all pieces are its run's; where
 * there is none, only their names can.
 */
const strangerAmong = (pieces: ReadonlyArray<JournalPiece>): string | undefined => {
  const [first] = pieces
  if (first === undefined || pieces.at(-1)?.footer !== undefined) return undefined
  const stranger = pieces.find(({ file }) => !isCalledAsPieceOf(first.file, file))
  return (
    stranger &&
    `${quote(stranger.file)} has no header, is not called as a piece of ${quote(first.file)} would be, and there is no footer that tells whether it is one; leave it out, or call the pieces of one journal alike (run.ndjson, run.ndjson.1)`
  )
}

/** The runs of these pieces, or in a line for the user why they do not fit together. */
export const groupRuns = (pieces: ReadonlyArray<JournalPiece>): Result.Result<ReadonlyArray<Run>, string> => {
  const starts = pieces.filter(begins)
  const [headless] = pieces
  if (starts.length === 0)
    return Result.fail(
      `${quote(headless?.file ?? "")} is a piece of a journal, and no log that is given begins with its header; give its first piece, too`,
    )
  const twice = headerTwice(starts)
  if (twice !== undefined) return Result.fail(twice)
  const members = new Map(starts.map((start): [Begun, Array<JournalPiece>] => [start, [start]]))
  return Result.gen(function* () {
    for (const piece of pieces) {
      if (!begins(piece)) members.get(yield* beginningOf(piece, starts))?.push(piece)
    }
    const runs: Array<Run> = []
    for (const [{ header }, own] of members) {
      const ordered = yield* orderPieces(own)
      const stranger = strangerAmong(ordered)
      if (stranger !== undefined) return yield* Result.fail(stranger)
      runs.push({ header, pieces: ordered })
    }
    return runs
  })
}
