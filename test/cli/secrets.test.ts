// On the real clock: runs everything with marked keys, and searches all that it produced for them.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import process from "node:process"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { inFolder } from "../run/journalFile.ts"
import { serveExercise } from "../support/exchange.ts"
import { acceptance, answerText, type Behave, hostileServer, nobody } from "../support/hostileServer.ts"
import { formsOf, leaksOf, MARKED_KEYS } from "../support/marks.ts"
import { tlsServer } from "../support/tlsServer.ts"
import { realTime as test } from "../support/realTime.ts"
import { until } from "../support/until.ts"
import { type Ended, launch, type LaunchOptions, MAIN, programPath, type Running } from "./process.ts"
import { labelKeys } from "../../src/domain/ApiKey.ts"

const IN_ENVIRONMENT = { env: { PACELINE_API_KEYS: MARKED_KEYS.join(",") } }
/** The user's own: everything else in the folder is ours. */
const KEYS_FILE = "the-users-keys"

/** A folder in which a command runs, with the keys in a file. */
const folder = Effect.tap(inFolder, (file) =>
  Effect.sync(() => writeFileSync(file(KEYS_FILE), MARKED_KEYS.join("\n"))),
)

const start = (args: ReadonlyArray<string>, options?: LaunchOptions): Running =>
  launch([MAIN, ...args, "--log-level", "all"], options)

/** What everyone on the machine may see of this process and of those it started. */
const commandLinesOf = (pid: number): ReadonlyArray<string> => {
  if (!existsSync(`/proc/${pid}/cmdline`)) return []
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")
  return [
    readFileSync(`/proc/${pid}/cmdline`, "utf8"),
    ...children.filter((child) => child !== "").flatMap((child) => commandLinesOf(Number(child))),
  ]
}

/** Everything that a process left: what it wrote to its streams and to files, which none but their owner may read. */
const check = (
  file: (name: string) => string,
  ended: Ended,
  commandLines: ReadonlyArray<string> = [],
): void => {
  const made = readdirSync(file(""), { recursive: true, encoding: "utf8" }).filter(
    (name) => name !== KEYS_FILE,
  )
  const files = made.filter((name) => statSync(file(name)).isFile())
  const produced = [
    ended.stdout,
    ended.stderr,
    ...commandLines,
    ...made,
    ...files.map((name) => readFileSync(file(name), "latin1")),
  ]
  expect(leaksOf(produced.join("\n"))).toEqual([])
  expect(made.filter((name) => (statSync(file(name)).mode & 0o077) !== 0)).toEqual([])
  expect(ended.stderr + ended.stdout).not.toContain("    at ")
}

const exchange = (keys: ReadonlyArray<string>) =>
  serveExercise({
    keys: labelKeys(keys),
  })

describe("the search for marks", () => {
  it.each(MARKED_KEYS)("finds %s in every form", (key) => {
    const around = (text: string) => `before ${text} after`
    const forms = [
      ...formsOf(key),
      ...["", "a", "ab"].map((before) => Buffer.from(`${before}${key}after`).toString("base64")),
      Buffer.from(JSON.stringify({ key })).toString("base64url"),
      `https://host/?api_key=${encodeURIComponent(key)}`,
    ]
    for (const form of forms) expect(leaksOf(around(form))).not.toEqual([])
    expect(leaksOf("key-1 accepted 95 orders")).toEqual([])
  })
})

describe.concurrent("no key is shown", () => {
  for (const from of ["the environment", "a keys file"] as const) {
    test(
      `by a run against an exchange of its own, with keys from ${from}, nor while it is stopped`,
      Effect.gen(function* () {
        const file = yield* folder
        const running =
          from === "the environment"
            ? start(["run", "--log", file("log")], IN_ENVIRONMENT)
            : start(["run", "--log", file("log"), "--keys-file", file(KEYS_FILE)])
        yield* until(
          () => existsSync(file("log")) && readFileSync(file("log"), "utf8").includes('"accepted"'),
        )
        const commandLines = commandLinesOf(running.child.pid ?? 0)
        if (process.platform === "linux") expect(commandLines.join()).toContain("--log-level")
        running.child.kill("SIGINT")
        const ended = yield* Effect.promise(() => running.ended)
        expect(ended.signal).toBe("SIGINT")
        check(file, ended, commandLines)
      }),
    )
  }

  /** Runs against an exchange until the end, which has the status and says the text. */
  const against = Effect.fnUntraced(function* (url: URL, status: number, said: string) {
    const file = yield* folder
    const kept = ["--log", file("log"), "--state", file("state")]
    const args = ["run", "--url", url.href, ...kept, "--load", "0.1", "--duration", "1s"]
    const ended = yield* Effect.promise(() => start(args, IN_ENVIRONMENT).ended)
    expect(ended.stderr).toContain(said)
    expect(ended.status).toBe(status)
    check(file, ended)
  })

  test(
    "where one of them is unknown to the exchange",
    Effect.gen(function* () {
      const { url } = yield* exchange(MARKED_KEYS.slice(0, 2))
      yield* against(new URL(url), 0, "key-3 sends no more in this run: it is unknown to the exchange")
    }),
  )

  test(
    "where all of them are unknown",
    Effect.gen(function* () {
      yield* against(new URL((yield* exchange(["another"])).url), 1, "no usable key is left (key-1 unknown")
    }),
  )

  test(
    "where nobody listens, or the certificate is not trusted",
    Effect.gen(function* () {
      yield* against(yield* nobody, 1, "unreachable")
      yield* against((yield* tlsServer).url, 1, "unreachable")
    }),
  )

  /** Exchanges that repeat the request's own line wherever an answer has room for it. */
  const repeating: ReadonlyArray<readonly [name: string, behave: Behave, status: number, said: string]> = [
    [
      "blocks keys",
      (socket, { head }) =>
        void socket.write(answerText(403, JSON.stringify({ error_msg: `blocked: ${head}` }))),
      1,
      "is blocked by the exchange",
    ],
    [
      "turns everything away",
      (socket, { head }) => void socket.write(answerText(403, head)),
      1,
      "took no order, and asked to be left alone",
    ],
    [
      "refuses orders",
      (socket, { head, query }) => {
        const error_msg = `not this: ${query.get("api_key") ?? ""} ${head.slice(0, 150)}`
        socket.write(answerText(422, JSON.stringify({ error_msg })))
      },
      1,
      "refused every one",
    ],
    [
      "garbles its answers",
      (socket, { head }) => void socket.write(answerText(200, head)),
      1,
      "no usable answer came",
    ],
    [
      "fails",
      (socket, { head }) =>
        void socket.write(answerText(500, head, [`x-request: ${head.split("\r\n")[0] ?? ""}`])),
      1,
      "no usable answer came",
    ],
    [
      "sends requests elsewhere",
      (socket, { head }) => void socket.write(answerText(302, "", [`location: ${head.split(" ")[1] ?? ""}`])),
      1,
      "no usable answer came",
    ],
    [
      "speaks no HTTP",
      (socket, { head }) => void socket.end(`${head.split("\r\n")[0] ?? ""}\r\n\r\n${head}`),
      1,
      "no usable answer came",
    ],
    [
      "breaks off in the middle",
      (socket, { id, number }) => {
        if (number > 2) return void socket.write(acceptance(id))
        socket.end(acceptance(id).slice(0, -5))
      },
      0,
      "broken-connection",
    ],
  ]
  for (const [name, behave, status, said] of repeating) {
    test(
      `by an exchange that ${name} and repeats the request`,
      Effect.gen(function* () {
        const { url } = yield* hostileServer(behave)
        const file = yield* folder
        const kept = ["--log", file("log"), "--state", file("state")]
        const args = ["run", "--url", url.href, ...kept, "--load", "0.2", "--duration", "1s"]
        const ended = yield* Effect.promise(() => start(args, IN_ENVIRONMENT).ended)
        const journal = readFileSync(file("log"), "utf8")
        expect(`${ended.stderr}${journal}`).toContain(said)
        expect(ended.status).toBe(status)
        check(file, ended)
      }),
    )
  }

  test(
    "by a defect that has a request's address in it",
    Effect.gen(function* () {
      const file = yield* folder
      const args = ["--import", programPath("defect"), MAIN, "run", "--log", file("log")]
      const ended = yield* Effect.promise(() => launch(args, IN_ENVIRONMENT).ended)
      expect(ended.stderr).toMatch(
        /paceline run: internal error: GET [^\n]*api_key=\(hidden\)&req_id=7 came to nothing\. This is a bug/,
      )
      expect(ended.status).toBe(1)
      check(file, ended)
      const verbose = yield* Effect.promise(
        () => launch([...args.slice(0, -1), file("log-2"), "--log-level", "all"], IN_ENVIRONMENT).ended,
      )
      expect(verbose.stderr).toContain("    at ")
      expect(leaksOf(verbose.stderr + verbose.stdout)).toEqual([])
    }),
  )

  test(
    "by the exchange, whoever calls",
    Effect.gen(function* () {
      const file = yield* folder
      const running = start(["exchange", "--port", "0", "--max-delay", "0ms", "--keys-file", file(KEYS_FILE)])
      const url = /http\S+/.exec(yield* Effect.promise(() => running.printed("/api/request")))?.[0] ?? ""
      const answers = yield* Effect.forEach([MARKED_KEYS[0] ?? "", "MARK-unknown"], (key) =>
        Effect.promise(async () => {
          const response = await fetch(
            `${url}?${new URLSearchParams({ api_key: key, nonce: "1", req_id: "1" }).toString()}`,
          )
          return `${response.status} ${await response.text()} ${JSON.stringify([...response.headers])}`
        }),
      )
      expect(answers).toEqual([expect.stringMatching(/^200 /), expect.stringMatching(/^401 /)])
      running.child.kill("SIGINT")
      const ended = yield* Effect.promise(() => running.ended)
      check(file, ended, answers)
    }),
  )

  test(
    "and what other commands write is for its owner alone too",
    Effect.gen(function* () {
      const file = yield* folder
      const commands: ReadonlyArray<ReadonlyArray<string>> = [
        ["simulate", "--duration", "2s", "--log", file("log")],
        ["summarise", file("log"), "--append", file("appended")],
        ["compare", "--duration", "2s", "--seeds", "1", "--gates", "ack-window", "--svg", file("chart.svg")],
      ]
      for (const args of commands) {
        const ended = yield* Effect.promise(() => start(args, IN_ENVIRONMENT).ended)
        expect(ended.status).toBe(0)
        check(file, ended)
      }
      expect(["log", "appended", "chart.svg"].filter((name) => !existsSync(file(name)))).toEqual([])
    }),
  )
})
