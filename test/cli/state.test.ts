// On the real clock: real processes that follow one another.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { describe, expect } from "@effect/vitest"
import { Effect } from "effect"
import { flawsOf, ofType, readJournal, temporaryFolder } from "../run/journalFile.ts"
import { serveExercise } from "../support/exchange.ts"
import { realTime as test } from "../support/realTime.ts"
import { until } from "../support/until.ts"
import { type Ended, launch, MAIN, type Running } from "./process.ts"
import { labelKeys } from "../../src/domain/ApiKey.ts"

const ended = (running: Running): Effect.Effect<Ended> => Effect.promise(() => running.ended)
const shell = (line: string, ...args: ReadonlyArray<string>) =>
  ended(launch(["-c", line, process.execPath, MAIN, ...args], { node: "sh" }))

const exchange = serveExercise({
  keys: labelKeys(["only-for-this-test"]),
})

const sentIn = (journal: string): number =>
  existsSync(journal) ? readFileSync(journal, "utf8").split('"type":"sent"').length - 1 : 0

describe.concurrent("the state of paceline run", () => {
  test(
    "keeps a second run away from a key, and lets the next go on safely when the first was killed",
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = (name: string) => join(folder, name)
      const { tally, url } = yield* exchange
      writeFileSync(file("keys"), "only-for-this-test\n")
      const start = (log: string, ...more: ReadonlyArray<string>) => {
        const same = ["--url", url, "--keys-file", file("keys"), "--state", file("state"), "--bound", "1s"]
        return launch([MAIN, "run", ...same, "--log", file(log), ...more])
      }
      const first = start("first", "--duration", "1m")
      yield* Effect.addFinalizer(() => Effect.sync(() => void first.child.kill("SIGKILL")))
      yield* until(() => sentIn(file("first")) >= 10)
      const second = yield* ended(start("second"))
      expect(second).toMatchObject({ status: 1, stdout: "" })
      expect(second.stderr).toMatch(
        new RegExp(
          `^paceline run: key-1 is in use by process ${first.child.pid} since \\S+Z \\(state in ${file("state")}\\)\\. Stop it, or use other keys\n$`,
        ),
      )
      expect(existsSync(file("second"))).toBe(false)
      first.child.kill("SIGKILL")
      yield* ended(first)
      // Orders of the first two seconds expire while the former run's requests arrive and leave the window.
      const third = yield* ended(start("third", "--duration", "4s"))
      expect(third.status).toBe(0)
      expect(third.stderr).toContain(`\nstate: ${file("state")}\n`)
      expect(third.stderr).toMatch(
        /\nwaiting 2\.0 s until the former run's requests have arrived, or count no more\n/,
      )
      const records = readJournal(file("third"))
      expect(flawsOf(records)).toEqual([])
      const sent = ofType(records, "sent")
      expect(sent.length).toBeGreaterThan(0)
      expect(sent[0]?.t).toBeGreaterThan(1900)
      // After a clean stop no more than a window has to be waited for.
      const fourth = yield* ended(start("fourth", "--duration", "200ms"))
      expect(fourth.stderr).not.toMatch(/waiting (1\.[1-9]|[2-9])/)
      const [seen] = (yield* tally).keys
      expect(seen).toMatchObject({ rateLimit: 0, blocked: 0, nonce: 0 })
    }),
  )

  test(
    "is kept where the platform wants it, which the help names, and not at all without --url",
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const help = yield* shell('XDG_STATE_HOME="$2" exec "$0" "$1" run --help', folder)
      expect(help.stdout.replaceAll(/\s+/g, " ")).toContain(
        `(default: ${folder}/paceline; nothing is kept of an exchange that the run starts itself)`,
      )
      const own = yield* shell(
        'XDG_STATE_HOME="$2" exec "$0" "$1" run --duration 100ms --log "$2/log"',
        folder,
      )
      expect([own.status, readdirSync(folder)]).toEqual([0, ["log"]])
      const { url } = yield* exchange
      const kept = yield* shell(
        'PACELINE_API_KEYS=only-for-this-test XDG_STATE_HOME="$2" exec "$0" "$1" run --duration 100ms --log "$2/log-2" --url "$3"',
        folder,
        url,
      )
      expect([kept.status, readdirSync(join(folder, "paceline")).length]).toEqual([0, 2])
      const homeless = yield* shell(
        'unset XDG_STATE_HOME HOME; PACELINE_API_KEYS=only-for-this-test exec "$0" "$1" run --log "$2/log-3" --url "$3"',
        folder,
        url,
      )
      expect(homeless).toMatchObject({
        status: 2,
        stderr:
          "paceline run: this user has no home directory to keep state in: name a directory with --state\n",
      })
    }),
  )

  test(
    "that is damaged is refused in one line, and nothing is sent or written",
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { tally, url } = yield* exchange
      const line =
        'PACELINE_API_KEYS=only-for-this-test exec "$0" "$1" run --duration 100ms --url "$2" --state "$3/state" --log "$3/$4"'
      expect((yield* shell(line, url, folder, "log")).status).toBe(0)
      const before = (yield* tally).keys[0]?.requests
      const name = readdirSync(join(folder, "state")).find((entry) => entry.endsWith(".json")) ?? ""
      writeFileSync(join(folder, "state", name), "{")
      const { status, stderr } = yield* shell(line, url, folder, "log-2")
      expect(status).toBe(2)
      expect(stderr).toMatch(
        /^paceline run: \S+\.json \(what is remembered of key-1\) is damaged\. Put back [^\n]*\n$/,
      )
      expect(existsSync(join(folder, "log-2"))).toBe(false)
      expect((yield* tally).keys[0]?.requests).toBe(before)
    }),
  )
})
