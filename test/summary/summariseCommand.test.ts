import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { TestConsole } from "effect/testing"
import { commandLine } from "../../src/cli/shell.ts"
import { summarise } from "../../src/cli/summarise.ts"
import { accepted, header } from "./records.ts"
import { inFolder } from "../run/journalFile.ts"

const fixture = fileURLToPath(new URL("../fixtures/python-client-2x.log", import.meta.url))

const classic = `Average Requests Rate: 184.54166666666666
Max Possible Throughput: 100
Average Throughput: 67.08333333333333
Lowest Throughput: 63
Average Ignored from Queue: 30.166666666666668
Average Limited by Limiter: 47.458333333333336
Exceeds: 10
Bans: 787
Nonce Errors: 4
Total Time: 0:00:24.826000
`

/** Runs the command; gives what it has printed since the test began. */
const run = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  yield* commandLine(summarise, args)
  return `${(yield* TestConsole.logLines).join("\n")}\n`
})

describe("paceline summarise", () => {
  it.effect("prints the classic form as the exercise's own analysis does", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* run("--format", "classic", fixture), classic)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("takes keys and limit for a log that does not say them", () =>
    Effect.gen(function* () {
      const printed = yield* run("--format", "classic", "--keys", "2", "--limit", "10", fixture)
      assert.include(printed, "Max Possible Throughput: 20\n")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("prints a table unless told otherwise, with a column for each log", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      const fileSystem = yield* FileSystem.FileSystem
      yield* fileSystem.writeFileString(file("run.ndjson"), JSON.stringify(header()))
      const printed = yield* run(fixture, file("run.ndjson"))
      assert.match(printed, /throughput +67\.13 +0\.00 \/s +orders accepted\n/)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("appends the classic form to a file, with an empty line between blocks", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      const fileSystem = yield* FileSystem.FileSystem
      yield* run("--format", "json", "--append", file("throughputs.txt"), fixture)
      assert.strictEqual(yield* fileSystem.readFileString(file("throughputs.txt")), classic)
      yield* run("--append", file("throughputs.txt"), fixture)
      assert.strictEqual(yield* fileSystem.readFileString(file("throughputs.txt")), `${classic}\n${classic}`)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  const acceptedLine = (seconds: number, id: number | string) =>
    `2026-11-23 16:${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")},000 - root - INFO - API response: status 200, resp {'req_id': '${id}', 'status': 'OK'}\n`

  it.effect("tells the runs that were appended to one log one by one", () =>
    Effect.gen(function* () {
      const log = (yield* inFolder)("async-debug.log")
      const fileSystem = yield* FileSystem.FileSystem
      const ids = [0, 1, 2, 3]
      const lines = [
        ...ids.map((id) => acceptedLine(id, id)),
        ...ids.map((id) => acceptedLine(600 + 2 * id, id)),
      ]
      yield* fileSystem.writeFileString(log, lines.join(""))
      const printed = yield* run("--format", "classic", log)
      assert.deepStrictEqual(printed.match(/^(?:\/.*|Total Time.*)$/gm), [
        `${log} (run 1)`,
        "Total Time: 0:00:03",
        `${log} (run 2)`,
        "Total Time: 0:00:06",
      ])
      const rows = yield* run("--every", "1h", "--format", "csv", log)
      assert.deepStrictEqual(
        rows
          .split("file,")
          .at(-1)
          ?.match(/^\/[^,]*/gm)
          ?.map((name) => name.slice(log.length)),
        ["", " (run 2)"],
      )
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  const warningsOf = Effect.fnUntraced(function* (text: string | Uint8Array) {
    const log = (yield* inFolder)("some.log")
    const fileSystem = yield* FileSystem.FileSystem
    yield* fileSystem.writeFile(log, Buffer.from(text))
    const printed = yield* run("--format", "json", log)
    return { printed, warnings: (yield* TestConsole.errorLines).join("\n").replaceAll(log, "LOG") }
  })

  it.effect("warns on standard error where more than a tenth of a log was not recognised", () =>
    Effect.gen(function* () {
      const known = Array.from({ length: 9 }, (_, id) => acceptedLine(id, id)).join("")
      assert.strictEqual((yield* warningsOf(`${known}what?\n`)).warnings, "")
      assert.strictEqual(
        (yield* warningsOf(`${known}what?\nand this?\n`)).warnings,
        'warning: "LOG": 2 of 11 lines were not recognised (18 %); the figures tell of the others alone',
      )
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("warns where more orders were accepted than created", () =>
    Effect.gen(function* () {
      assert.match(
        (yield* warningsOf(acceptedLine(0, 1) + acceptedLine(0, 2) + acceptedLine(0, 1))).warnings,
        /^warning: "LOG": 3 orders were accepted, and only 2 created as their ids have it; /,
      )
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect.each(["utf-16le", "utf-16be"])("reads a log in %s by its byte order mark", (encoding) =>
    Effect.gen(function* () {
      const text = acceptedLine(0, "caf\u00e9") + acceptedLine(1, 2)
      const little = Buffer.from(`\ufeff${text}`, "utf16le")
      const { printed, warnings } = yield* warningsOf(encoding === "utf-16le" ? little : little.swap16())
      const plain = yield* warningsOf(text)
      assert.strictEqual(warnings, "")
      assert.isTrue(plain.printed.endsWith(printed))
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("says what is wrong with a file that it cannot append to", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      const error = yield* Effect.flip(run("--append", file("no/such/directory.txt"), fixture))
      assert.strictEqual(error._tag, "UsageError")
      assert.match(String(error), /cannot append to ".*directory.txt"/)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("refuses to append to a log that it reads, and to read standard input twice", () =>
    Effect.gen(function* () {
      const own = yield* Effect.flip(run("--append", fixture, fixture))
      assert.match(String(own), /--append .* would write into a log that is summarised/)
      const twice = yield* Effect.flip(run("-", "-"))
      assert.match(String(twice), /standard input can be read only once/)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("prints a table of intervals, one log after the other", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      const fileSystem = yield* FileSystem.FileSystem
      const records = [header(), accepted("a", 100), accepted("b", 2100)]
      yield* fileSystem.writeFileString(file("a.ndjson"), records.map((_) => JSON.stringify(_)).join("\n"))
      const csv = yield* run("--every", "1s", "--format", "csv", file("a.ndjson"), file("a.ndjson"))
      const [names, ...lines] = csv.split("\r\n")
      assert.match(names ?? "", /^file,fromMs,at,everyMs,coveredMs,created,accepted,/)
      assert.deepStrictEqual(
        lines.slice(0, -1).map((line) => line.split(",").slice(1, 7).join()),
        [0, 1, 2, 0, 1, 2].map(
          (second) =>
            `${second * 1000},2026-11-23T16:24:0${5 + second}.000Z,1000,${["1000,1,1", "1000,0,0", "100,1,1"][second]}`,
        ),
      )
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("looks at a key and a time only, and says which key a log has not", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      const fileSystem = yield* FileSystem.FileSystem
      const records = [header(), accepted("a", 100), accepted("b", 2100)]
      yield* fileSystem.writeFileString(file("a.ndjson"), records.map((_) => JSON.stringify(_)).join("\n"))
      const printed = yield* run("--since", "1s", "--key", "key-1", "--format", "csv", file("a.ndjson"))
      assert.match(printed, /a.ndjson,1,1,1,1,0,0,0,0,0,0,1,1,1,0,/)
      const unknown = yield* Effect.flip(run("--key", "key-9", file("a.ndjson")))
      assert.match(String(unknown), /--key: ".*a.ndjson" has no key "key-9"/)
      const python = yield* Effect.flip(run("--key", "key-1", fixture))
      assert.match(String(python), /does not say whose requests are whose/)
      yield* fileSystem.writeFileString(file("b.ndjson"), JSON.stringify(accepted("a", 1)))
      const headless = yield* Effect.flip(run("--since", "10:00", file("b.ndjson")))
      assert.match(String(headless), /does not say when it began; give --since and --until as times from/)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("says of which part of a log the figures are", () =>
    Effect.gen(function* () {
      const file = yield* inFolder
      const fileSystem = yield* FileSystem.FileSystem
      const records = [header(), accepted("a", 100), accepted("b", 2100)]
      yield* fileSystem.writeFileString(file("a.ndjson"), records.map((_) => JSON.stringify(_)).join("\n"))
      const flags = ["--since", "1s", "--until", "3s", "--key", "key-1"]
      const scope = "from 1s to 3s, key-1 only"
      const count = (printed: string) => printed.split(`a.ndjson, ${scope}\n`).length - 1
      assert.strictEqual(count(yield* run(...flags, file("a.ndjson"))), 1)
      assert.strictEqual(count(yield* run(...flags, "--every", "1s", file("a.ndjson"))), 2)
      assert.include(yield* run(...flags, file("a.ndjson"), file("a.ndjson")), `\n${scope}\n\n`)
      yield* run(...flags, "--html", file("page.html"), file("a.ndjson"))
      assert.include(yield* fileSystem.readFileString(file("page.html")), `A part of the log: ${scope}`)
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect("refuses to print intervals in the classic form", () =>
    Effect.gen(function* () {
      const classic = yield* Effect.flip(run("--every", "1s", "--format", "classic", fixture))
      assert.match(String(classic), /--every has no classic form/)
    }).pipe(Effect.provide(NodeServices.layer)),
  )
})
