/** At most once, over any number of lives: the client is killed at any moment and goes on where its journals end. */
import { Effect } from "effect"
import { assert, describe, it } from "vitest"
import { readJournalLine } from "../src/journal/JournalReader.ts"
import { catches, holds, RUNS, SEED } from "./support/law.ts"
import {
  fatesIn,
  type Lives,
  type LivesSeen,
  type LivesVariant,
  manyLives,
  playLives,
} from "./support/resumedLives.ts"

type LivesLaw = (seen: LivesSeen) => void

const executions = ({ arrivals }: LivesSeen): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { id, verdict } of arrivals) {
    if (verdict === "accepted") counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

const atMostOnce: LivesLaw = (seen) => {
  for (const [id, count] of executions(seen))
    assert.strictEqual(count, 1, `${id} was executed ${count} times`)
}

/** Final outcomes in all journals, and doubts that a death has left. */
const everyOrderOnce: LivesLaw = (seen) => {
  const ends = seen.ids.map(
    (id) => seen.journals.filter((text) => fatesIn([text]).of(id) !== undefined).length,
  )
  ends.forEach((count, n) =>
    assert.strictEqual(count, 1, `${seen.ids[n] ?? ""} is accounted for in ${count} lives`),
  )
}

const fatesAreTrue: LivesLaw = (seen) => {
  const fates = fatesIn(seen.journals)
  const executed = executions(seen)
  for (const id of seen.ids) {
    const fate = fates.of(id)
    if (executed.has(id)) assert.include(["accepted", "unknown"], fate, `${id} was executed`)
    else assert.notStrictEqual(fate, "accepted", `${id} was not executed`)
  }
}

/** Every order follows but those that have an outcome for which `ends` holds: a journal read carelessly. */
const readingOnly =
  (ends: (line: string) => boolean): NonNullable<LivesVariant["follows"]> =>
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

const sendsUnanswered: LivesVariant = { follows: readingOnly((outcome) => outcome !== "cancelled") }
const sendsUnknown: LivesVariant = {
  follows: (journals) => {
    const known = fatesIn(journals)
    const outcomeUnknown = readingOnly((outcome) => outcome === "unknown")(journals)
    return (id) => known.of(id) === undefined || !outcomeUnknown(id)
  },
}
const recordsAfterSending: LivesVariant = {
  log: ({ ready, record }) => ({ ready, record, committed: Effect.succeed(true) }),
}

const laws: ReadonlyArray<{
  readonly law: string
  readonly check: LivesLaw
  readonly broken: Readonly<Record<string, LivesVariant>>
}> = [
  {
    law: "killed at any moment, any number of times, no order is executed twice",
    check: atMostOnce,
    broken: {
      "a resume that sends the unanswered again": sendsUnanswered,
      "a resume that sends the unknown again": sendsUnknown,
      "a record that is written after its request left": recordsAfterSending,
    },
  },
  {
    law: "every order is accounted for in exactly one life",
    check: everyOrderOnce,
    broken: { "a resume that sends the unanswered again": sendsUnanswered },
  },
  {
    law: "no life's journal denies what the exchange executed, or claims what it did not",
    check: fatesAreTrue,
    broken: { "a record that is written after its request left": recordsAfterSending },
  },
]

const trying = (check: LivesLaw, variant: LivesVariant) => async (world: Lives) =>
  check(await playLives(world, variant))

describe(`lives (seed ${SEED}, ${RUNS} a law)`, () => {
  for (const { broken, check, law } of laws) {
    it(law, () => holds(manyLives, trying(check, {})))
    for (const [name, variant] of Object.entries(broken)) {
      it(`${law}: catches ${name}`, () => catches(manyLives, trying(check, variant)))
    }
  }
})
