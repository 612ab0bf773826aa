/**
 * Finds out which runs went on from one another (`--resume`): they have their keys and their orders in common.
 */
import type { Header } from "../../journal/JournalRecord.ts"

type Life = Pick<typeof Header.Type, "startedAt" | "seed" | "resumes">

/** A run's start and its seed tell it from every other. */
const nameOf = ({ seed, startedAt }: Pick<Life, "startedAt" | "seed">): string => `${startedAt} ${seed}`

/** Of each life the number of its lineage, counted from 0. Former lives connect others also where they are not given. */
export const lineagesOf = (lives: ReadonlyArray<Life>): ReadonlyArray<number> => {
  const formers = new Map<string, string>()
  const eldest = (name: string): string => {
    let at = name
    for (let former = formers.get(at); former !== undefined; former = formers.get(at)) at = former
    return at
  }
  for (const life of lives) {
    for (const former of life.resumes ?? []) {
      const [one, other] = [eldest(nameOf(life)), eldest(nameOf(former))]
      if (one !== other) formers.set(one, other)
    }
  }
  const found = lives.map((life) => eldest(nameOf(life)))
  const each = [...new Set(found)]
  return found.map((name) => each.indexOf(name))
}
