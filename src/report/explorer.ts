/** Reads the program for browsers that goes into a page: as it was built, or its source without the types. */
import { stripTypeScriptTypes } from "node:module"
import { fileURLToPath } from "node:url"
import { Effect, FileSystem } from "effect"

const isSource = import.meta.url.endsWith(".ts")
const file = new URL(`./browser/explore.${isSource ? "ts" : "js"}`, import.meta.url)

/** Its text, which can stand in a script element. It belongs to this program: where it cannot be read, that is a defect. */
export const readExplorer = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const text = yield* Effect.orDie(fileSystem.readFileString(fileURLToPath(file)))
  return isSource ? stripTypeScriptTypes(text) : text
})
