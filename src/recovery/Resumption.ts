/**
 * What a run goes on from: which orders its former lives have done, and which they left unknown. Neither is sent
 * again.
 */
import { Effect } from "effect"
import { UsageError } from "../platform/errors.ts"
import { quote } from "../platform/quote.ts"
import type { FormerLife } from "../journal/JournalRecord.ts"
import { identityOf } from "../journal/runIdentity.ts"
import type { Fate, Fates } from "./Fates.ts"
import { type FormerLives, readJournals } from "./readJournals.ts"

export interface Resumption {
  readonly fates: Fates
  /** What the new journal says of the old ones. */
  readonly lives: ReadonlyArray<FormerLife>
}

/**
 * What is wrong with these journals as something to go on from; undefined where nothing is. One of orders made at
 * random has no orders to go on with. One that itself went on from others does not repeat what they say: without
 * them, their orders would be sent again.
 */
export const problemOf = ({ journals }: Pick<FormerLives, "journals">): string | undefined => {
  const given = new Set(journals.flatMap(({ header }) => (header === undefined ? [] : [identityOf(header)])))
  for (const { file, header } of journals) {
    if (header === undefined) continue
    if (header.settings.load !== null) {
      return `${quote(file)} is of a run that made its orders at random: only orders that came from --orders can go on`
    }
    const missing = header.resumes?.find((life) => !given.has(identityOf(life)))
    if (missing !== undefined) {
      return `${quote(file)} goes on from ${quote(missing.file)}, of the run that began at ${missing.startedAt}: give that journal too, or its orders would be sent again`
    }
  }
  return undefined
}

/** Reads what a run goes on from. Fails with one line for the user where that would not be safe. */
export const readResumption = Effect.fnUntraced(function* (paths: ReadonlyArray<string>) {
  const lives = yield* readJournals(paths)
  const problem = problemOf(lives)
  if (problem !== undefined) return yield* new UsageError({ message: `--resume: ${problem}` })
  return {
    fates: lives.fates,
    lives: lives.journals.flatMap(({ file, header }) =>
      header === undefined ? [] : [{ file, startedAt: header.startedAt, seed: header.seed }],
    ),
  } satisfies Resumption
})

/** Orders of a source that were not sent again. */
export interface PassedOver {
  readonly accepted: number
  readonly rejected: number
  readonly expired: number
  readonly unknown: number
  /** The first of the unknown ones. */
  readonly firstUnknown: ReadonlyArray<string>
}

const MAX_SHOWN = 10

/** Tells which orders of a source follow, and counts the others. */
export const makeSieve = (fates: Fates) => {
  const counts: Record<Fate, number> = { accepted: 0, rejected: 0, expired: 0, unknown: 0 }
  const firstUnknown: Array<string> = []
  return {
    follows: ({ id }: { readonly id: string }): boolean => {
      const fate = fates.of(id)
      if (fate === undefined) return true
      counts[fate] += 1
      if (fate === "unknown" && firstUnknown.length < MAX_SHOWN) firstUnknown.push(id)
      return false
    },
    passedOver: (): PassedOver => ({ ...counts, firstUnknown }),
  }
}

/** How many orders of the source were not sent again; none where a run began anew. */
export const countPassedOver = (passed: PassedOver | undefined): number =>
  passed === undefined ? 0 : passed.accepted + passed.rejected + passed.expired + passed.unknown

/** What a run that went on says at its end, in one line; `followed` counts the orders that it took. */
export const showPassedOver = (passed: PassedOver, followed: number): string => {
  const { accepted, expired, firstUnknown, rejected, unknown } = passed
  const done = `${accepted + rejected + expired} orders were done before (${accepted} accepted, ${rejected} rejected, ${expired} expired)`
  const more = unknown > firstUnknown.length ? ` and ${unknown - firstUnknown.length} more` : ""
  const doubts =
    unknown === 0
      ? "none is unknown from before"
      : `${unknown} ${unknown === 1 ? "is" : "are"} unknown from before and ${unknown === 1 ? "was" : "were"} not sent again: ${firstUnknown.map(quote).join(", ")}${more} ("paceline reconcile" lists them)`
  return `resumed: ${done}; ${doubts}; ${followed} followed`
}
