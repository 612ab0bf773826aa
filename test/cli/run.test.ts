// On the real clock: real processes, real ports, real signals.
import { execFileSync } from "node:child_process"
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { describe, expect } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { exerciseKeys } from "../../src/venues/exercise/exercise.ts"
import { flawsOf, ofType, readJournal, inFolder } from "../run/journalFile.ts"
import { serveExercise } from "../support/exchange.ts"
import { realTime as test } from "../support/realTime.ts"
import { until } from "../support/until.ts"
import { type Ended, launch, MAIN, type Running } from "./process.ts"

const ended = (running: Running): Effect.Effect<Ended> => Effect.promise(() => running.ended)
const start = (...args: ReadonlyArray<string>) => launch([MAIN, "run", ...args])
const run = (...args: ReadonlyArray<string>) => ended(start(...args))
/** Runs a line of shell, in which $0 is Node and $1 the entry. */
const shell = (line: string, ...args: ReadonlyArray<string>) =>
  launch(["-c", line, process.execPath, MAIN, ...args], { node: "sh" })

const holds = (path: string, text: string) => (): boolean =>
  existsSync(path) && readFileSync(path, "utf8").includes(text)

const Figures = Schema.fromJsonString(
  Schema.Struct({
    exceeds: Schema.Int,
    bans: Schema.Int,
    nonceErrors: Schema.Int,
    orders: Schema.Struct({
      created: Schema.Int,
      accepted: Schema.Int,
      rejected: Schema.Int,
      expired: Schema.Int,
      unknown: Schema.Int,
      cancelled: Schema.Int,
    }),
  }),
)
/** Standard output as one JSON value: anything else there is a failure. */
const figuresOf = (output: string) => Schema.decodeSync(Figures)(output)

const orderLines = (count: number): string =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify({ id: `o-${n}`, params: { n } })}\n`).join("")

describe.concurrent("paceline run", () => {
  test(
    "prints one JSON value and nothing else on standard output, and breaks no rule of its own exchange",
    Effect.gen(function* () {
      const log = (yield* inFolder)("log")
      // Where all of these tests keep the machine busy, no bound on an incoming delay is sure to be kept.
      const { status, stderr, stdout } = yield* run(
        "--duration",
        "2s",
        "--bound",
        "none",
        "--format",
        "json",
        "--log",
        log,
      )
      expect(status).toBe(0)
      const figures = figuresOf(stdout)
      expect(figures).toMatchObject({ exceeds: 0, bans: 0, nonceErrors: 0 })
      expect(figures.orders).toMatchObject({ rejected: 0, unknown: 0, cancelled: 0 })
      expect(figures.orders.accepted).toBeGreaterThan(50)
      expect(stderr.split("\n")).toEqual([
        expect.stringMatching(/^exchange: our own at http:\/\/127\.0\.0\.1:\d+\/api\/request$/),
        expect.stringMatching(/^5 keys, 20 requests per 1s each, incoming delay not known, seed \d+$/),
        `journal: ${log}`,
        "",
      ])
      expect(flawsOf(readJournal(log))).toEqual([])
    }),
  )

  test(
    "sends each order of a file exactly once",
    Effect.gen(function* () {
      const file = yield* inFolder
      const { tally, url } = yield* serveExercise()
      writeFileSync(file("orders"), orderLines(100))
      const { status, stdout } = yield* run(
        "--url",
        url,
        "--state",
        file("state"),
        "--bound",
        "none",
        "--ttl",
        "none",
        "--orders",
        file("orders"),
        "--log",
        file("log"),
        "--format",
        "json",
      )
      expect(status).toBe(0)
      expect(figuresOf(stdout).orders).toMatchObject({ created: 100, accepted: 100 })
      const seen = yield* tally
      expect(seen.keys.reduce((sum, key) => sum + key.requests, 0)).toBe(100)
      expect(seen.repeatedOrders).toBe(0)
      const sent = ofType(readJournal(file("log")), "sent").map(({ id }) => id)
      expect(new Set(sent).size).toBe(100)
      expect(sent.length).toBe(100)
    }),
  )

  test(
    "says once what can be wrong where the exchange refuses a request as over its limit, shown progress or not",
    Effect.gen(function* () {
      const file = yield* inFolder
      const keys = exerciseKeys.slice(0, 1)
      const { url } = yield* serveExercise({ keys, limit: 5 })
      writeFileSync(file("keys"), keys.map(({ secret }) => Redacted.value(secret)).join())
      writeFileSync(file("orders"), orderLines(8))
      const { status, stderr } = yield* run(
        "--url",
        url,
        "--keys-file",
        file("keys"),
        "--state",
        file("state"),
        "--orders",
        file("orders"),
        "--ttl",
        "none",
        "--bound",
        "none",
        "--no-progress",
        "--log",
        file("log"),
      )
      expect(status).toBe(0)
      expect(stderr).toBe(
        "warning: the exchange refused a request of key-1 as over its rate limit: another client uses the key, or the exchange allows less than 20 requests per 1s (--limit, --window)\n",
      )
    }),
  )

  test(
    "sends nothing of a bad file, says which lines are bad, and leaves no journal behind",
    Effect.gen(function* () {
      const file = yield* inFolder
      const { tally, url } = yield* serveExercise()
      writeFileSync(file("orders"), `${orderLines(20)}{"id": 7}\nnonsense\n{"id": "o-1"}\n`)
      const { status, stderr, stdout } = yield* run(
        "--url",
        url,
        "--state",
        file("state"),
        "--orders",
        file("orders"),
        "--log",
        file("log"),
      )
      expect([status, stdout]).toEqual([2, ""])
      expect(stderr).toMatch(/^paceline run: .*orders has 3 bad lines, nothing was sent: line 21: .*\n$/)
      expect(stderr).toContain("line 22: ")
      expect(stderr).toContain("line 23: ")
      expect(existsSync(file("log"))).toBe(false)
      expect((yield* tally).keys.every(({ requests }) => requests === 0)).toBe(true)
    }),
  )

  test(
    "passes over bad lines of standard input, says where they are, and goes on",
    Effect.gen(function* () {
      const file = yield* inFolder
      writeFileSync(file("orders"), `{"id":"a"}\nnonsense\n{"id":"b"}\n{"id":"a"}\n\n{"id":"c"}`)
      const { status, stderr, stdout } = yield* ended(
        shell('cat "$2" | "$0" "$1" run --orders - --log "$3" --format json', file("orders"), file("log")),
      )
      expect(status).toBe(0)
      expect(figuresOf(stdout).orders).toMatchObject({ created: 3, accepted: 3 })
      expect(stderr).toContain(
        "passed over standard input, line 2: the line is not JSON: write one object a line\n",
      )
      expect(stderr).toContain('passed over standard input, line 4: the id "a" was there before')
      expect(stderr).toMatch(/2 bad lines of standard input were passed over\n$/)
      expect(ofType(readJournal(file("log")), "footer")).toMatchObject([{ end: "done", badLines: 2 }])
    }),
  )

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(
      `writes and shows everything after ${signal}, and ends by it`,
      Effect.gen(function* () {
        const log = (yield* inFolder)("log")
        const running = start(
          "--load",
          "3",
          "--duration",
          "1h",
          "--ttl",
          "none",
          "--log",
          log,
          "--format",
          "json",
        )
        yield* until(holds(log, '"accepted"'))
        running.child.kill(signal)
        const result = yield* ended(running)
        expect(result).toMatchObject({ status: null, signal })
        expect(result.stderr).toMatch(/\nstopping: waiting for the last answers\n$/)
        const records = readJournal(log)
        expect(flawsOf(records)).toEqual([])
        const footer = ofType(records, "footer")[0]
        expect(footer).toMatchObject({ end: "stopped", unknown: 0, rejected: 0 })
        const { orders } = figuresOf(result.stdout)
        expect(orders).toEqual({
          created: footer?.created,
          accepted: footer?.accepted,
          rejected: 0,
          expired: 0,
          unknown: 0,
          cancelled: footer?.cancelled,
        })
      }),
    )
  }

  test(
    "stops while it waits for standard input",
    Effect.gen(function* () {
      const file = yield* inFolder
      execFileSync("mkfifo", [file("pipe")])
      const pipe = openSync(file("pipe"), "r+")
      yield* Effect.addFinalizer(() => Effect.sync(() => closeSync(pipe)))
      const running = shell('exec "$0" "$1" run --orders - --log "$3" < "$2"', file("pipe"), file("log"))
      writeSync(pipe, '{"id":"a"}\n')
      yield* until(holds(file("log"), '"accepted"'))
      running.child.kill("SIGTERM")
      expect((yield* ended(running)).signal).toBe("SIGTERM")
      expect(ofType(readJournal(file("log")), "footer")).toMatchObject([{ end: "stopped", accepted: 1 }])
    }),
  )

  test(
    "stops reading standard input when its duration is over",
    Effect.gen(function* () {
      const file = yield* inFolder
      execFileSync("mkfifo", [file("pipe")])
      const pipe = openSync(file("pipe"), "r+")
      yield* Effect.addFinalizer(() => Effect.sync(() => closeSync(pipe)))
      writeSync(pipe, '{"id":"a"}\n')
      const { status } = yield* ended(
        shell('exec "$0" "$1" run --orders - --duration 500ms --log "$3" < "$2"', file("pipe"), file("log")),
      )
      expect(status).toBe(0)
      expect(ofType(readJournal(file("log")), "footer")).toMatchObject([{ end: "done", accepted: 1 }])
    }),
  )

  if (process.platform === "linux") {
    test(
      "says in one line that the disk is full",
      Effect.gen(function* () {
        const { status, stderr, stdout } = yield* run("--log", "/dev/full")
        expect([status, stdout]).toEqual([1, ""])
        expect(stderr).toMatch(
          /^paceline run: the journal \/dev\/full cannot be written: the disk is full\. [^\n]*\n$/,
        )
      }),
    )
  }

  test(
    "shows nothing but the summary where no progress is wanted",
    Effect.gen(function* () {
      const log = (yield* inFolder)("log")
      const result = yield* run("--duration", "200ms", "--no-progress", "--format", "classic", "--log", log)
      expect(result).toMatchObject({ status: 0, stderr: "" })
      expect(result.stdout).toMatch(/^Average Requests Rate: [\d.]+\n(?:[A-Z][\w ]+: [\d.:]+\n){9}$/)
    }),
  )

  test(
    "says every five seconds how it goes where standard error is no terminal",
    Effect.gen(function* () {
      const log = (yield* inFolder)("log")
      const { status, stderr } = yield* run("--duration", "6s", "--load", "0.5", "--log", log)
      expect(status).toBe(0)
      // A busy machine fires timers late, and the run says so.
      const progress = stderr.split("\n").filter((line) => !/^the bound of \d+ms/.test(line))
      expect(progress.slice(3)).toEqual([
        expect.stringMatching(
          /^5 s of 6 s, 1 s left: \d+ accepted\/s \(\d+ in all\), queue \d+, in flight \d+, order age \d+ ms, no errors$/,
        ),
        "",
      ])
    }),
  )

  test(
    "never writes over a journal",
    Effect.gen(function* () {
      const log = (yield* inFolder)("log")
      writeFileSync(log, "precious")
      const result = yield* run("--log", log)
      expect(result).toMatchObject({
        status: 2,
        stdout: "",
        stderr: `paceline run: --log ${log} exists and is not empty: a journal is never written over. Choose another file, or remove it\n`,
      })
      expect(readFileSync(log, "utf8")).toBe("precious")
    }),
  )

  test(
    "names its journal after the time where no name is given",
    Effect.gen(function* () {
      const path = (yield* inFolder)("")
      const { status, stderr } = yield* ended(shell('cd "$2" && exec "$0" "$1" run --duration 100ms', path))
      expect(status).toBe(0)
      const [name, ...others] = readdirSync(path)
      expect(others).toEqual([])
      expect(name).toMatch(/^paceline-\d{4}-\d\d-\d\d-\d{6}-\d{3}\.ndjson$/)
      expect(stderr).toContain(`journal: ${name}\n`)
    }),
  )

  const MARKED = ["MARK/one+first", "MARK%two", 'MARK"three']

  test(
    "shows no API key anywhere, whatever happens",
    Effect.gen(function* () {
      const file = yield* inFolder
      const known = MARKED.slice(0, 2).map((secret, n) => ({
        label: `key-${n + 1}`,
        secret: Redacted.make(secret),
      }))
      const { tally, url } = yield* serveExercise({ keys: known })
      writeFileSync(file("keys"), MARKED.join("\n"))
      const mixed = yield* ended(
        shell(
          'PACELINE_API_KEYS="$2" exec "$0" "$1" run --log-level all --duration 1s --url "$3" --log "$4" --state "$5"',
          MARKED.join(","),
          url,
          file("mixed"),
          file("state"),
        ),
      )
      const unknown = yield* run(
        "--keys-file",
        file("keys"),
        "--log",
        file("unknown"),
        "--url",
        (yield* serveExercise()).url,
        "--state",
        file("state"),
      )
      const doubled = yield* ended(
        shell('PACELINE_API_KEYS="$2,$2" exec "$0" "$1" run --log "$3"', MARKED[0] ?? "", file("doubled")),
      )
      expect([mixed, unknown, doubled].map(({ status }) => status)).toEqual([0, 1, 2])
      expect((yield* tally).keys.every(({ accepted }) => accepted > 0)).toBe(true)
      expect(mixed.stderr).toContain(
        "key-3 sends no more in this run: it is unknown to the exchange, or its secret is wrong: check the keys file or PACELINE_API_KEYS\n",
      )
      expect(unknown.stderr).toMatch(/paceline run: no usable key is left \(key-1 unknown, [^\n]*\n$/)
      const produced = [
        ...[mixed, unknown, doubled].flatMap(({ stderr, stdout }) => [stderr, stdout]),
        readFileSync(file("mixed"), "utf8"),
        readFileSync(file("unknown"), "utf8"),
        ...readdirSync(file("state")).flatMap((name) => [
          name,
          readFileSync(join(file("state"), name), "utf8"),
        ]),
      ].join("\n")
      expect(produced).toContain("key-1")
      expect(produced).not.toContain("MARK")
      expect(existsSync(file("doubled"))).toBe(false)
    }),
  )
})
