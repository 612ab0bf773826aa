/**
 * What tells runs apart: a run's start and its seed. Orders that come from elsewhere need no seed, so runs of such orders that
 * began in the same millisecond have the same identity; only the rest of their headers may differ.
 */
import type { FormerLife } from "./JournalRecord.ts"

/** A name that a run has in the journals of those that went on from it, and in its own. */
export const identityOf = ({ seed, startedAt }: Pick<FormerLife, "startedAt" | "seed">): string =>
  `${startedAt} ${seed}`
