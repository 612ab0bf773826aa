/** Where a command's API keys come from: a file, the environment, or the exercise. */
import { Config, Effect, FileSystem, Option, type PlatformError, Redacted, Result, Stream } from "effect"
import { type ApiKey, labelKeys } from "../domain/ApiKey.ts"
import { refuse, UsageError } from "./errors.ts"
import { fileProblem } from "../platform/FileProblem.ts"
import { exerciseKeys } from "../venues/exercise/exercise.ts"
import { file } from "./files.ts"

/** The environment variable that holds API keys, separated by commas. */
export const API_KEYS_VARIABLE = "PACELINE_API_KEYS"

/** The flag of every command that needs API keys; {@link resolveKeys} reads what it names. */
export const keysFileFlag = (ofVenues: string) =>
  file(
    "keys-file",
    `A file with one API key a line; a venue's with its secret and, where it has one, its passphrase, with blanks between, and open to nobody but its owner (default: the keys in ${API_KEYS_VARIABLE}, separated by commas, or else the exercise's five; ${ofVenues})`,
  )

export const MAX_KEYS = 1000
const MAX_KEY_LENGTH = 256
const MAX_FILE_BYTES = 1024 * 1024

/** A key and where it stood, such as `line 3`. */
export interface Entry {
  readonly where: string
  readonly text: string
}

export const fail = (message: string) => Result.fail(new UsageError({ message }))

const readEntries = (
  entries: ReadonlyArray<Entry>,
  source: string,
): Result.Result<ReadonlyArray<ApiKey>, UsageError> => {
  if (entries.length === 0) return fail(`${source} holds no API key: give at least one`)
  if (entries.length > MAX_KEYS)
    return fail(`${source} holds ${entries.length} API keys: at most ${MAX_KEYS} fit`)
  const places = new Map<string, string>()
  for (const { text, where } of entries) {
    const at = `${source}, ${where}`
    if (text === "") return fail(`${at}: the API key is empty`)
    if (text.length > MAX_KEY_LENGTH) {
      return fail(`${at}: the API key is longer than ${MAX_KEY_LENGTH} characters`)
    }
    if (!/^[\x21-\x7e]+$/.test(text)) {
      return fail(`${at}: the API key has blanks, control or non-ASCII characters in it: put one key there`)
    }
    const first = places.get(text)
    if (first !== undefined) return fail(`${at}: the API key is the same as in ${first}: remove one`)
    places.set(text, where)
  }
  return Result.succeed(labelKeys(entries.map((entry) => entry.text)))
}

export const entriesOf = (text: string): ReadonlyArray<Entry> =>
  text
    .split("\n")
    .map((line, index) => ({ where: `line ${index + 1}`, text: line.trim() }))
    .filter((entry) => entry.text !== "" && !entry.text.startsWith("#"))

export const listedEntries = (text: string): ReadonlyArray<Entry> =>
  text.split(",").map((item, index) => ({ where: `key ${index + 1}`, text: item.trim() }))

/**
 * Reads a keys file: one key a line. Blank lines and lines that start with `#` do not count. `source` names
 * the file in errors, which give line numbers and never a key.
 */
export const parseKeysFile = (
  text: string,
  source: string,
): Result.Result<ReadonlyArray<ApiKey>, UsageError> => readEntries(entriesOf(text), source)

/** Reads keys separated by commas. `source` names their place in errors, which give positions, never a key. */
export const parseKeysList = (
  text: string,
  source: string,
): Result.Result<ReadonlyArray<ApiKey>, UsageError> =>
  readEntries(text.trim() === "" ? [] : listedEntries(text), source)

export const unreadable = (path: string) => (error: PlatformError.PlatformError) =>
  new UsageError({
    message: `cannot read the keys file ${path}: ${fileProblem(error)}; name a file with one API key a line`,
  })

export const readSmallFile = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  // Not by its size: that of a pipe or a device says nothing of what comes out of it.
  const bytes = yield* fs.stream(path, { bytesToRead: MAX_FILE_BYTES + 1 }).pipe(
    Stream.runFold(
      () => new Array<Uint8Array>(),
      (parts, part) => {
        parts.push(part)
        return parts
      },
    ),
    Effect.mapBoth({ onSuccess: (parts) => Buffer.concat(parts), onFailure: unreadable(path) }),
  )
  if (bytes.length > MAX_FILE_BYTES) {
    return yield* refuse(`the keys file ${path} is larger than 1 MiB: is it the right file?`)
  }
  return bytes.toString("utf8")
})

const readKeysFile = Effect.fnUntraced(function* (path: string) {
  return yield* Effect.fromResult(parseKeysFile(yield* readSmallFile(path), path))
})

/** What a variable holds; undefined where it is unset or empty. */
export const listedKeys = Effect.map(
  Effect.mapError(
    Config.option(Config.Redacted(API_KEYS_VARIABLE)),
    () => new UsageError({ message: `cannot read ${API_KEYS_VARIABLE}: separate API keys by commas` }),
  ),
  Option.map(Redacted.value),
)

/**
 * The API keys to use: those of the keys file if one is named, else those of `PACELINE_API_KEYS` (an empty
 * variable counts as unset), else the exercise's five. Fails with a `UsageError` where the chosen place holds
 * anything but distinct keys: it never falls back to the next place.
 */
export const resolveKeys = Effect.fnUntraced(function* (keysFile: Option.Option<string>) {
  if (Option.isSome(keysFile)) return yield* readKeysFile(keysFile.value)
  const listed = yield* listedKeys
  if (Option.isNone(listed)) return exerciseKeys
  return yield* Effect.fromResult(parseKeysList(listed.value, API_KEYS_VARIABLE))
})
