/**
 * Finds out which runs went on from one another (`--resume`): they have their keys and their orders in common.
 */
import type { Header } from "../../journal/JournalRecord.ts"
import { identityOf } from "../../journal/runIdentity.ts"

type Life = Pick<typeof Header.Type, "startedAt" | "seed" | "resumes">

/** Of each life the number of its lineage, counted from 0. Former lives connect others also where they are not given. */
export const lineagesOf = (lives: ReadonlyArray<Life>): ReadonlyArray<number> => {
  const resumed = new Set(lives.flatMap(({ resumes }) => (resumes ?? []).map(identityOf)))
  // Lives may share an identity. That connects them only where another went on from one of them: it may be from either.
  const names = lives.map((life, index) => (resumed.has(identityOf(life)) ? identityOf(life) : `${index}`))
  const formers = new Map<string, string>()
  const eldest = (name: string): string => {
    let at = name
    for (let former = formers.get(at); former !== undefined; former = formers.get(at)) at = former
    return at
  }
  for (const [index, life] of lives.entries()) {
    for (const former of life.resumes ?? []) {
      const [one, other] = [eldest(names[index] ?? ""), eldest(identityOf(former))]
      if (one !== other) formers.set(one, other)
    }
  }
  const found = names.map(eldest)
  const each = [...new Set(found)]
  return found.map((name) => each.indexOf(name))
}
