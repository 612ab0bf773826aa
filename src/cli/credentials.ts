/** Where a command's credentials for a venue come from: a file that nobody else may read, or the environment. */
import process from "node:process"
import { Effect, FileSystem, Option, Redacted, Result } from "effect"
import { type ApiKey, type Credentials, labelCredentials } from "../domain/ApiKey.ts"
import { areCredentials, credentialsInWords } from "../venues/credentials.ts"
import type { Venue } from "../venues/Venue.ts"
import { refuse, type UsageError } from "./errors.ts"
import {
  API_KEYS_VARIABLE,
  entriesOf,
  type Entry,
  fail,
  listedEntries,
  listedKeys,
  MAX_KEYS,
  readSmallFile,
  resolveKeys,
  unreadable,
} from "./keys.ts"

/** Others than a file's owner may read, write or run it. */
const OTHERS = 0o077

const wordsOf = ({ credentials }: Venue): string => `${credentialsInWords(credentials)}, with blanks between`

/** An entry's parts, where there are as many as any venue has. */
const partsOf = (text: string): Credentials | undefined => {
  const [key = "", secret = "", passphrase, ...more] = text.split(/\s+/)
  if (more.length > 0) return undefined
  return {
    key: Redacted.make(key),
    secret: Redacted.make(secret),
    ...(passphrase === undefined ? {} : { passphrase: Redacted.make(passphrase) }),
  }
}

/** Errors give lines and places, never a part of what stands there. */
const readCredentials = (
  entries: ReadonlyArray<Entry>,
  source: string,
  venue: Venue,
): Result.Result<ReadonlyArray<ApiKey>, UsageError> => {
  if (entries.length === 0) return fail(`${source} holds no API key: give at least one`)
  if (entries.length > MAX_KEYS)
    return fail(`${source} holds ${entries.length} API keys: at most ${MAX_KEYS} fit`)
  const read: Array<Credentials> = []
  const places = new Map<string, string>()
  for (const { text, where } of entries) {
    const at = `${source}, ${where}`
    const parts = partsOf(text)
    if (parts === undefined || !areCredentials(venue.credentials, parts))
      return fail(`${at}: there are no credentials for ${venue.name}; write ${wordsOf(venue)}`)
    const [key = ""] = text.split(/\s/)
    const first = places.get(key)
    if (first !== undefined) return fail(`${at}: the API key is the same as in ${first}: remove one`)
    places.set(key, where)
    read.push(parts)
  }
  return Result.succeed(labelCredentials(read))
}

const readCredentialsFile = Effect.fnUntraced(function* (path: string, venue: Venue) {
  const fs = yield* FileSystem.FileSystem
  const { mode } = yield* Effect.mapError(fs.stat(path), unreadable(path))
  // Windows knows no such modes.
  if ((mode & OTHERS) !== 0 && process.platform !== "win32")
    return yield* refuse(
      `the keys file ${path} is open to others than its owner; close it to them (chmod 600)`,
    )
  return yield* Effect.fromResult(readCredentials(entriesOf(yield* readSmallFile(path)), path, venue))
})

/**
 * The credentials for a venue: those of the keys file, one key a line, or those of `PACELINE_API_KEYS`. Nobody has any besides, so
 * it fails with a `UsageError` where there are none. Without a venue they are for the exercise ({@link resolveKeys}).
 */
export const resolveCredentials = Effect.fnUntraced(function* (
  keysFile: Option.Option<string>,
  venue: Venue | undefined,
) {
  if (venue === undefined) return yield* resolveKeys(keysFile)
  if (Option.isSome(keysFile)) return yield* readCredentialsFile(keysFile.value, venue)
  const listed = yield* listedKeys
  if (Option.isNone(listed) || listed.value.trim() === "")
    return yield* refuse(
      `--venue ${venue.name}: give API keys with --keys-file or in ${API_KEYS_VARIABLE}, each as ${wordsOf(venue)}`,
    )
  return yield* Effect.fromResult(readCredentials(listedEntries(listed.value), API_KEYS_VARIABLE, venue))
})
