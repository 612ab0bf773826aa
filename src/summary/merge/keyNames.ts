/**
 * What the keys of several journals are called where they are one: the same label may stand for the same key, or for two.
 */
import { basename } from "node:path"
import type { Settings } from "../../journal/LogEvent.ts"

/** Runs that have their keys in common, by the name of the first one's journal. */
export interface KeyOwner {
  readonly file: string
  readonly labels: ReadonlySet<string>
}

export interface KeyNames {
  /** All of them, each once. */
  readonly all: Settings["labels"]
  /** What an owner's key is called. */
  readonly nameOf: (owner: KeyOwner, label: string) => string
}

/** The files' own names, or all of their paths where two have the same. */
const shortNames = (files: ReadonlyArray<string>): ((file: string) => string) => {
  const isEachOnce = new Set(files.map((file) => basename(file))).size === files.length
  return isEachOnce ? (file) => basename(file) : (file) => file
}

export const makeKeyNames = (owners: ReadonlyArray<KeyOwner>): KeyNames => {
  const shortName = shortNames(owners.map(({ file }) => file))
  const isShared = (label: string): boolean => owners.filter(({ labels }) => labels.has(label)).length > 1
  const nameOf: KeyNames["nameOf"] = ({ file, labels }, label) =>
    // One that the header does not name may be anyone's.
    labels.has(label) && !isShared(label) ? label : `${shortName(file)}:${label}`
  const all = owners.flatMap((owner) => [...owner.labels].map((label) => nameOf(owner, label)))
  return { all, nameOf: owners.length === 1 ? (_, label) => label : nameOf }
}

/** The names that are meant by a label, or by a name itself; the label where there are none. */
export const namesMeant = (all: ReadonlyArray<string>, wanted: string): ReadonlyArray<string> => {
  const meant = all.filter((name) => name === wanted || name.endsWith(`:${wanted}`))
  return meant.length === 0 ? [wanted] : meant
}
