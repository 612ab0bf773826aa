/** What is wrong with a file, in a user's words. Only this file knows the system's error codes for files. */
import type { PlatformError } from "effect"

type Reason = PlatformError.PlatformError["reason"]

export const IS_DIRECTORY = "it is a directory"
export const DISK_FULL = "the disk is full"

/** What a code says, whatever was to be done with the file. */
const BY_CODE: ReadonlyMap<string, string> = new Map([
  ["EISDIR", IS_DIRECTORY],
  ["ENOTDIR", "a part of its path is not a directory"],
  ["ENAMETOOLONG", "its name is too long"],
  ["ELOOP", "its links lead in a circle"],
  ["ENOSPC", DISK_FULL],
  ["EDQUOT", "the disk quota is used up"],
  ["EROFS", "the file system is read-only"],
])

/** The system's code, such as ENOSPC; empty where there is none. */
export const codeOf = ({ cause }: Reason): string => /\bE[A-Z]{2,}\b/.exec(String(cause))?.[0] ?? ""

/** Words that depend on what was to be done. */
interface Words {
  readonly missing: string
  readonly denied: string
  /** The words for any other code. */
  readonly otherwise?: string
}

/** Says in a few words what is wrong: they complete "cannot read FILE: ...". */
export const problemOf = ({ reason }: PlatformError.PlatformError, words: Words): string => {
  if (reason._tag === "NotFound") return words.missing
  if (reason._tag === "PermissionDenied") return words.denied
  return BY_CODE.get(codeOf(reason)) ?? words.otherwise ?? `it failed (${reason._tag})`
}

export const fileProblem = (error: PlatformError.PlatformError): string =>
  problemOf(error, {
    missing: "there is no such file",
    denied: "no permission to read it",
    otherwise: "reading it failed",
  })

export const openProblem = (error: PlatformError.PlatformError): string =>
  problemOf(error, {
    missing: "there is no such directory",
    denied: "no permission to write there",
    otherwise: `opening it failed (${error.reason._tag})`,
  })
