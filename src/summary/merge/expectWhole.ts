/**
 * Whether a run's pieces are all of its journal: its footer says how many orders ended how.
 */
import { Effect } from "effect"
import { UsageError } from "../../platform/errors.ts"
import { quote } from "../../platform/quote.ts"
import { createdOf, type OutcomeCounts } from "../OutcomeCounts.ts"
import { type LogPiece, nameOfPieces } from "./LogPiece.ts"

const outcomes = ["accepted", "rejected", "expired", "unknown", "cancelled"] as const

/**
 * Fails with one line for the user where the pieces hold other outcomes than their footer has counted: one is missing, or is
 * of another run. Without a footer nobody can tell, and of a journal in one piece nothing can have been left out.
 *
 * @param found outcomes in all of the pieces
 */
export const expectWhole = (
  pieces: ReadonlyArray<LogPiece>,
  found: OutcomeCounts,
): Effect.Effect<void, UsageError> => {
  const last = pieces.at(-1)
  if (pieces.length < 2 || last?.source !== "journal" || last.footer === undefined) return Effect.void
  const { footer } = last
  const wrong = outcomes.filter((name) => footer[name] !== found[name])
  if (wrong.length === 0) return Effect.void
  const counted = [`${footer.created} orders created`, ...wrong.map((name) => `${footer[name]} ${name}`)]
  const there = [`${createdOf(found)} created`, ...wrong.map((name) => `${found[name]} ${name}`)]
  return Effect.fail(
    new UsageError({
      message: `${quote(nameOfPieces(pieces))} are not one whole journal: the footer in ${quote(last.file)} counted ${counted.join(", ")}, and in the pieces there are ${there.join(", ")}; give every piece of that run, undamaged, and none of another, or summarise them side by side, without --merge`,
    }),
  )
}
