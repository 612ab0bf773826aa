/** Clients that go on after a crash as everyday ones do. Each is wrong, and a law must say so. */
import { Effect } from "effect"
import { readJournalLine } from "../../src/journal/journalLine.ts"
import { outcomesIn, type LivesVariant } from "../support/playLives.ts"

/** Every order follows but those that have an outcome for which `ends` holds: a journal read carelessly. */
const readingOnly =
  (ends: (outcome: string) => boolean): NonNullable<LivesVariant["follows"]> =>
  (journals) => {
    const done = new Set<string>()
    for (const line of journals.flatMap((text) => text.split("\n"))) {
      const record = readJournalLine(line)
      if (record._tag === "Some" && record.value.type === "outcome" && ends(record.value.outcome)) {
        done.add(record.value.id)
      }
    }
    return (id) => !done.has(id)
  }

/** Sends again what was sent and has no outcome. */
export const sendsUnanswered: LivesVariant = { follows: readingOnly((outcome) => outcome !== "cancelled") }

/** Sends again what has ended as unknown. */
export const sendsUnknown: LivesVariant = {
  follows: (journals) => {
    const known = outcomesIn(journals)
    const outcomeUnknown = readingOnly((outcome) => outcome === "unknown")(journals)
    return (id) => known.of(id) === undefined || !outcomeUnknown(id)
  },
}

/** Sends before it is written down that it does. */
export const recordsAfterSending: LivesVariant = {
  log: ({ ready, record }) => ({ ready, record, committed: Effect.succeed(true) }),
}
