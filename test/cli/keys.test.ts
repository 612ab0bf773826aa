import { inspect } from "node:util"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { ConfigProvider, Effect, FileSystem, Option, Redacted, Result } from "effect"
import { parseKeysFile, parseKeysList, resolveKeys } from "../../src/cli/keys.ts"
import type { ApiKey } from "../../src/domain/ApiKey.ts"
import { exerciseKeys } from "../../src/venues/exercise/exercise.ts"

const secrets = (keys: ReadonlyArray<ApiKey>) => keys.map((key) => Redacted.value(key.secret))
const labels = (keys: ReadonlyArray<ApiKey>) => keys.map((key) => key.label)
const messageOf = (result: Result.Result<unknown, { readonly message: string }>) =>
  Result.match(result, { onFailure: (error) => error.message, onSuccess: () => "no error" })

describe("a keys file", () => {
  it("holds one key a line, with blanks around it, comments, empty lines and CRLF", () => {
    const keys = Result.getOrThrow(parseKeysFile("# mine\r\n\r\n  AAA \r\nBBB\n  # more\nC,C", "keys.txt"))
    expect(secrets(keys)).toEqual(["AAA", "BBB", "C,C"])
    expect(labels(keys)).toEqual(["key-1", "key-2", "key-3"])
  })
  it.each([
    ["", "keys.txt holds no API key: give at least one"],
    ["# AAA\n\n", "keys.txt holds no API key: give at least one"],
    ["AAA\n\nBBB\nAAA", "keys.txt, line 4: the API key is the same as in line 1: remove one"],
    ["AAA\nSECRET 1", "keys.txt, line 2: the API key has blanks, control or non-ASCII characters in it"],
    ["SECRET\u0007", "keys.txt, line 1: the API key has blanks, control or non-ASCII characters in it"],
    ["SECRET".repeat(100), "keys.txt, line 1: the API key is longer than 256 characters"],
  ])("%j is refused in one line that never shows a key", (text, message) => {
    const said = messageOf(parseKeysFile(text, "keys.txt"))
    expect(said).toContain(message)
    expect(said).not.toMatch(/AAA|SECRET|\n/)
  })
})

describe("a list of keys", () => {
  it("is separated by commas, with blanks around", () => {
    expect(secrets(Result.getOrThrow(parseKeysList(" AAA, BBB ", "X")))).toEqual(["AAA", "BBB"])
  })
  it.each([
    ["", "X holds no API key"],
    ["AAA,,BBB", "X, key 2: the API key is empty"],
    ["AAA,BBB,AAA", "X, key 3: the API key is the same as in key 1"],
  ])("%j is refused", (text, message) => {
    expect(messageOf(parseKeysList(text, "X"))).toContain(message)
  })
})

it("keys print as labels only", () => {
  expect(JSON.stringify(exerciseKeys)).not.toContain("UT4NHL1J796WCHULA1750MXYF9F5JYA6")
  expect(inspect(exerciseKeys)).not.toContain("UT4NHL1J796WCHULA1750MXYF9F5JYA6")
})

const environment = (env: Record<string, string>) =>
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(env))

it.layer(NodeServices.layer)("which keys are used", (it) => {
  it.effect("the exercise's five where nothing else is said", () =>
    Effect.gen(function* () {
      expect(yield* resolveKeys(Option.none())).toBe(exerciseKeys)
      expect(exerciseKeys).toHaveLength(5)
    }).pipe(environment({})),
  )
  it.effect("those of the environment, if it names any", () =>
    Effect.gen(function* () {
      expect(secrets(yield* resolveKeys(Option.none()))).toEqual(["AAA", "BBB"])
    }).pipe(environment({ PACELINE_API_KEYS: "AAA,BBB" })),
  )
  it.effect("the exercise's where the environment's variable is empty: that is, unset", () =>
    Effect.gen(function* () {
      expect(yield* resolveKeys(Option.none())).toBe(exerciseKeys)
    }).pipe(environment({ PACELINE_API_KEYS: "" })),
  )
  it.effect("never silently the exercise's where the environment's are wrong", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(resolveKeys(Option.none()))
      expect(error.message).toBe("PACELINE_API_KEYS, key 2: the API key is empty")
    }).pipe(environment({ PACELINE_API_KEYS: "AAA," })),
  )
  it.effect("those of the file, if one is named, before the environment's", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.makeTempFileScoped()
      yield* fs.writeFileString(file, "CCC\n")
      expect(secrets(yield* resolveKeys(Option.some(file)))).toEqual(["CCC"])
    }).pipe(environment({ PACELINE_API_KEYS: "AAA,BBB" })),
  )
  it.effect("none, with the reason, where the file cannot be read", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const missing = yield* Effect.flip(resolveKeys(Option.some(`${directory}/none`)))
      expect(missing.message).toContain("there is no such file; name a file with one API key a line")
      const wrong = yield* Effect.flip(resolveKeys(Option.some(directory)))
      expect(wrong.message).toContain("it is a directory")
    }).pipe(environment({})),
  )
})
