/**
 * What a run goes on from: which orders its former lives have done, and which they left unknown. Neither is sent
 * again.
 */
import { Effect } from "effect"
import { quote } from "../platform/quote.ts"
import { type FormerLife, identityOf } from "../journal/JournalRecord.ts"
import type { FormerOutcome, FormerOutcomes, ResumeTerms } from "./FormerOutcomes.ts"
import { type FormerLives, readJournals } from "./readJournals.ts"
import { NotResumable } from "./RecoveryError.ts"

export interface Recovery {
  readonly outcomes: FormerOutcomes
  /** What the new journal says of the old ones. */
  readonly lives: ReadonlyArray<FormerLife>
}

/**
 * What is wrong with these journals as something to go on from; undefined where nothing is. One of orders made at
 * random has no orders to go on with. One that itself went on from others does not repeat what they say: without
 * them, their orders would be sent again. What a venue has only checked is not done, unless it is only to be checked again.
 */
export const problemOf = (
  { journals }: Pick<FormerLives, "journals">,
  checkOnly = false,
): NotResumable | undefined => {
  const given = new Set(journals.flatMap(({ header }) => (header === undefined ? [] : [identityOf(header)])))
  for (const { file, header } of journals) {
    if (header === undefined) continue
    if (header.settings.load !== null) {
      return new NotResumable({
        reason: "random",
        message: `${quote(file)} is of a run that made its orders at random`,
      })
    }
    if (header.settings.checkOnly === true && !checkOnly) {
      return new NotResumable({
        reason: "checked",
        message: `${quote(file)} is of a run that only had its orders checked: none was executed`,
      })
    }
    const missing = header.resumes?.find((life) => !given.has(identityOf(life)))
    if (missing !== undefined) {
      return new NotResumable({
        reason: "incomplete",
        message: `${quote(file)} goes on from ${quote(missing.file)}, of the run that began at ${missing.startedAt}`,
      })
    }
  }
  return undefined
}

/** Reads what a run goes on from, which may only have orders checked. Fails where that would not be safe. */
export const recover = Effect.fnUntraced(function* (
  paths: ReadonlyArray<string>,
  terms: ResumeTerms = { retryRejected: false },
  checkOnly: boolean = false,
) {
  const lives = yield* readJournals(paths, terms)
  const problem = problemOf(lives, checkOnly)
  if (problem !== undefined) return yield* problem
  return {
    outcomes: lives.outcomes,
    lives: lives.journals.flatMap(({ file, header }) =>
      header === undefined ? [] : [{ file, startedAt: header.startedAt, seed: header.seed }],
    ),
  } satisfies Recovery
})

export interface PassedOver {
  readonly accepted: number
  readonly rejected: number
  readonly expired: number
  readonly unknown: number
  /** The first of the unknown ones. */
  readonly firstUnknown: ReadonlyArray<string>
}

const MAX_SHOWN = 10

/** Tells which orders of a source remain to be sent, and counts the others. */
export const makeRemaining = (outcomes: FormerOutcomes) => {
  const counts: Record<FormerOutcome, number> = { accepted: 0, rejected: 0, expired: 0, unknown: 0 }
  const firstUnknown: Array<string> = []
  return {
    holds: ({ id }: { readonly id: string }): boolean => {
      const outcome = outcomes.of(id)
      if (outcome === undefined) return true
      counts[outcome] += 1
      if (outcome === "unknown" && firstUnknown.length < MAX_SHOWN) firstUnknown.push(id)
      return false
    },
    passedOver: (): PassedOver => ({ ...counts, firstUnknown }),
  }
}
