/** Why a store's file cannot be read or written: a few words that complete "cannot ... FILE: ...". */
import { PlatformError } from "effect"
import type { KeyValueStore } from "effect/persistence"
import { problemOf } from "../platform/FileProblem.ts"

export const storeProblem = ({ cause }: KeyValueStore.KeyValueStoreError): string =>
  cause instanceof PlatformError.PlatformError
    ? problemOf(cause, { missing: "it is not there any more", denied: "no permission" })
    : "it failed"
