import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Path } from "effect"
import { commandLine } from "../../src/cli/shell.ts"
import { summarise } from "../../src/cli/summarise.ts"
import { UsageError } from "../../src/cli/errors.ts"
import { sampleRecords } from "./sample.ts"

const python = fileURLToPath(new URL("../fixtures/python-client-2x.log", import.meta.url))

const run = (...args: ReadonlyArray<string>) => commandLine(summarise, args)

const inDirectory = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fileSystem.makeTempDirectoryScoped()
  const journal = path.join(directory, "run.ndjson")
  yield* fileSystem.writeFileString(
    journal,
    sampleRecords()
      .map((_) => `${JSON.stringify(_)}\n`)
      .join(""),
  )
  return { fileSystem, journal, directory, html: path.join(directory, "report.html") }
})

const refused = (effect: ReturnType<typeof run>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.instanceOf(error, UsageError)
    return error.message
  })

describe("paceline summarise --html", () => {
  it.effect("writes a page of all logs, for its owner only", () =>
    Effect.gen(function* () {
      const { fileSystem, html, journal } = yield* inDirectory
      yield* run("--html", html, journal, python)
      const page = yield* fileSystem.readFileString(html)
      assert.match(page, /^<!doctype html>/)
      assert.include(page, "Run comparison")
      assert.include(page, "python-client-2x.log")
      assert.strictEqual((yield* fileSystem.stat(html)).mode & 0o777, 0o600)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("leaves what was there, and nothing beside it, where a log cannot be read", () =>
    Effect.gen(function* () {
      const { directory, fileSystem, html, journal } = yield* inDirectory
      yield* fileSystem.writeFileString(html, "before")
      yield* refused(run("--html", html, journal, `${journal}.none`))
      assert.strictEqual(yield* fileSystem.readFileString(html), "before")
      assert.deepStrictEqual((yield* fileSystem.readDirectory(directory)).toSorted(), [
        "report.html",
        "run.ndjson",
      ])
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("refuses to write over a log, into another output, or of a log that is followed", () =>
    Effect.gen(function* () {
      const { html, journal } = yield* inDirectory
      assert.match(yield* refused(run("--html", journal, journal)), /^--html .* would write into a log/)
      assert.match(yield* refused(run("--html", html, "--append", html, journal)), /name the same file/)
      assert.match(yield* refused(run("--html", html, "--follow", journal)), /--follow writes no report/)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("goes together with a table of intervals", () =>
    Effect.gen(function* () {
      const { fileSystem, html, journal } = yield* inDirectory
      yield* run("--every", "5s", "--html", html, journal)
      assert.include(yield* fileSystem.readFileString(html), "Orders per second")
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})
