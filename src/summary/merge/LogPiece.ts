/**
 * A file that is merged with others, as far as its first record and its last tell: all of a log, or a piece of one.
 */
import type { Footer, Header } from "../../journal/JournalRecord.ts"

interface Piece {
  readonly file: string
  /** Whether gzip has packed it. */
  readonly isPacked: boolean
  /** The times of its first record and of its last, in milliseconds by its own clock. */
  readonly firstMs: number
  readonly lastMs: number
}

export interface JournalPiece extends Piece {
  readonly source: "journal"
  /** Where it is its first record. */
  readonly header: typeof Header.Type | undefined
  /** Where it is its last record. */
  readonly footer: typeof Footer.Type | undefined
}

export interface PythonPiece extends Piece {
  readonly source: "python-client"
}

export type LogPiece = JournalPiece | PythonPiece

/** What pieces are called together: their first one's file, and how many more there are. */
export const nameOfPieces = (pieces: ReadonlyArray<LogPiece>): string => {
  const first = pieces[0]?.file ?? ""
  return pieces.length > 1 ? `${first} and ${pieces.length - 1} more` : first
}
