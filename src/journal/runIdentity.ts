/**
 * What tells runs apart: a run's start and its seed. Orders that come from elsewhere need no seed, so runs of such orders that
 * began in the same millisecond have the same identity; only the rest of their headers may differ.
 */
import { Equal } from "effect"
import type { FormerLife, Header } from "./JournalRecord.ts"

/** A name that a run has in the journals of those that went on from it, and in its own. */
export const identityOf = ({ seed, startedAt }: Pick<FormerLife, "startedAt" | "seed">): string =>
  `${startedAt} ${seed}`

/** Whether these head the same journal, or copies of it. */
export const areSameHeader = (one: typeof Header.Type, other: typeof Header.Type): boolean =>
  Equal.equals(one, other)
