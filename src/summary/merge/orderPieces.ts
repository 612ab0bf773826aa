/**
 * Puts the pieces of one journal in order. Within a run times never run backwards, so that is the order of their times.
 */
import { Result } from "effect"
import { quote } from "../../platform/quote.ts"
import type { JournalPiece } from "./LogPiece.ts"

/** The piece with the header is first, the one with the footer last. */
const rank = ({ header, footer }: JournalPiece): number =>
  header === undefined ? (footer === undefined ? 0 : 1) : -1

const compare = (one: JournalPiece, other: JournalPiece): number =>
  rank(one) - rank(other) || one.firstMs - other.firstMs || one.lastMs - other.lastMs

const span = ({ firstMs, lastMs }: JournalPiece): string => `${firstMs} ms to ${lastMs} ms`

/** Why one piece cannot be followed by the other. */
const problemOf = (one: JournalPiece, other: JournalPiece): string | undefined => {
  const [earlier, later] = [quote(one.file), quote(other.file)]
  if (one.footer !== undefined)
    return `${earlier} ends with its run's footer, so ${later} is no piece of that run; leave out copies, and give the first piece of every run`
  if (compare(one, other) === 0 && one.firstMs === one.lastMs)
    return `${earlier} and ${later} hold nothing but the moment ${one.firstMs} ms, so which of them comes first cannot be told; put them together into one file`
  if (other.firstMs < one.lastMs)
    return `${earlier} tells of ${span(one)}, and ${later} of ${span(other)}: pieces of one journal do not overlap; leave out copies, and give the first piece of every run`
  return undefined
}

/** The pieces of a run in their order, or in a line for the user why they are none. */
export const orderPieces = (
  pieces: ReadonlyArray<JournalPiece>,
): Result.Result<ReadonlyArray<JournalPiece>, string> => {
  const ordered = pieces.toSorted(compare)
  for (const [index, other] of ordered.entries()) {
    const one = ordered[index - 1]
    const problem = one && problemOf(one, other)
    if (problem !== undefined) return Result.fail(problem)
  }
  return Result.succeed(ordered)
}
