/** Why a store's file cannot be read or written, in a user's words. */
import { PlatformError } from "effect"
import type { KeyValueStore } from "effect/persistence"

const SAID: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "the disk is full"],
  ["EDQUOT", "the disk quota is used up"],
  ["EROFS", "the file system is read-only"],
  ["EISDIR", "it is a directory"],
  ["ENOTDIR", "it is not in a directory"],
])

/** Says it in a few words that complete "cannot ... FILE: ...". */
export const storeProblem = ({ cause }: KeyValueStore.KeyValueStoreError): string => {
  if (!(cause instanceof PlatformError.PlatformError)) return "it failed"
  const code = /\bE[A-Z]+\b/.exec(String(cause.reason.cause))?.[0] ?? ""
  const said = SAID.get(code)
  if (said !== undefined) return said
  if (cause.reason._tag === "PermissionDenied") return "no permission"
  return cause.reason._tag === "NotFound" ? "it is not there any more" : `it failed (${cause.reason._tag})`
}
