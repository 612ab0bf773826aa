// On the real clock: what only real processes, streams and sockets show of bad input. The rest is in `badInput.test.ts`.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import process from "node:process"
import { describe, expect } from "@effect/vitest"
import { Effect } from "effect"
import { flawsOf, ofType, readJournal, inFolder } from "../run/journalFile.ts"
import { serveExercise } from "../support/exchange.ts"
import { nobody } from "../support/hostileServer.ts"
import { CERTIFICATE, tlsServer } from "../support/tlsServer.ts"
import { realTime as test } from "../support/realTime.ts"
import { until } from "../support/until.ts"
import { type Ended, launch, type LaunchOptions, MAIN } from "./process.ts"

const run = (args: ReadonlyArray<string>, options?: LaunchOptions) =>
  Effect.promise(() => launch([MAIN, "run", "--no-progress", ...args], options).ended)
/** Runs a line of shell, in which $0 is Node, $1 the entry, and $2 and so on are `args`. */
const shell = (line: string, ...args: ReadonlyArray<string>): Effect.Effect<Ended> =>
  Effect.promise(() => launch(["-c", line, process.execPath, MAIN, ...args], { node: "sh" }).ended)

describe.concurrent("an exchange that cannot be used", () => {
  /** A run against it ends with 1 and one line, and its journal tells the same. */
  const unusable = Effect.fnUntraced(function* (url: URL, line: RegExp) {
    const file = yield* inFolder
    writeFileSync(file("keys"), "SECRET1\n")
    const log = file("log")
    const args = [
      "--url",
      url.href,
      "--keys-file",
      file("keys"),
      "--log",
      log,
      "--duration",
      "10s",
      "--load",
      "0.1",
    ]
    const { status, stderr } = yield* run(args)
    expect(stderr).toMatch(line)
    expect(stderr.match(/\n/g)).toHaveLength(1)
    expect(status).toBe(1)
    const records = readJournal(log)
    expect(flawsOf(records)).toEqual([])
    return ofType(records, "footer")
  })

  test(
    "nobody knows its host",
    Effect.gen(function* () {
      const line =
        /^paceline run: the exchange has been unreachable for \d+ s \((?:ENOTFOUND\)\. There is no such host|EAI_AGAIN\)\. No name server answers): check the (?:address|network)\n$/
      const [footer] = yield* unusable(new URL("http://nosuchhost.invalid/api/request"), line)
      expect(footer).toMatchObject({ end: "failed", accepted: 0, unknown: 0 })
    }),
  )

  test(
    "nothing listens there",
    Effect.gen(function* () {
      yield* unusable(
        yield* nobody,
        /unreachable for \d+ s \(ECONNREFUSED\)\. Nothing listens there: check the address/,
      )
    }),
  )

  test(
    "its certificate is not trusted: no request leaves",
    Effect.gen(function* () {
      const { requests, url } = yield* tlsServer
      yield* unusable(
        url,
        /unreachable for \d+ s \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. Its certificate is not trusted: /,
      )
      expect(requests()).toBe(0)
    }),
  )

  test(
    "its certificate is trusted by those who name its file in NODE_EXTRA_CA_CERTS, as the advice goes",
    Effect.gen(function* () {
      const { url } = yield* tlsServer
      const log = (yield* inFolder)("log")
      const env = { NODE_EXTRA_CA_CERTS: CERTIFICATE }
      const { status, stderr } = yield* run(["--url", url.href, "--duration", "200ms", "--log", log], { env })
      expect([status, stderr]).toEqual([0, ""])
    }),
  )

  test(
    "it speaks plain HTTP, and the address says https",
    Effect.gen(function* () {
      const { tally, url } = yield* serveExercise()
      yield* unusable(
        new URL(url.replace("http:", "https:")),
        /unreachable for \d+ s \(\w+\)\. It does not speak TLS there: check the port, and whether the address should begin with http:/,
      )
      expect((yield* tally).keys.every(({ requests }) => requests === 0)).toBe(true)
    }),
  )

  test(
    "it speaks TLS, and the address says http: orders are unknown, and the run is no success",
    Effect.gen(function* () {
      const { url } = yield* tlsServer
      const file = yield* inFolder
      writeFileSync(file("orders"), '{"id":"a"}\n{"id":"b"}\n')
      const plain = url.href.replace("https:", "http:")
      const { status, stderr } = yield* run([
        "--url",
        plain,
        "--orders",
        file("orders"),
        "--log",
        file("log"),
      ])
      expect(stderr).toMatch(
        /^paceline run: no order was accepted, and of 2 that were sent no usable answer came\. Check --url: [^\n]*\n$/,
      )
      expect(status).toBe(1)
    }),
  )

  test(
    "a run that is too short to give up on it is no success either",
    Effect.gen(function* () {
      const log = (yield* inFolder)("log")
      const { status, stderr } = yield* run([
        "--url",
        (yield* nobody).href,
        "--duration",
        "300ms",
        "--log",
        log,
      ])
      expect(stderr).toMatch(
        /^paceline run: the exchange has been unreachable for 0\.\d s \(ECONNREFUSED\)\. Nothing listens there: [^\n]*\n$/,
      )
      expect(status).toBe(1)
    }),
  )
})

// Root may do everything: then these run as nobody, where there is what changes the user.
const ROOT = process.getuid?.() === 0
const SETPRIV = "/usr/bin/setpriv"

describe
  .skipIf(process.platform === "win32" || (ROOT && !existsSync(SETPRIV)))
  .concurrent("no permission", () => {
    const asNobody = ROOT ? `exec ${SETPRIV} --reuid 65534 --regid 65534 --clear-groups` : "exec"
    const cases = [
      ["run --keys-file secret", "cannot read the keys file secret: no permission to read it; name a file"],
      [
        "exchange --port 0 --keys-file secret",
        "cannot read the keys file secret: no permission to read it; name a file",
      ],
      ["run --orders secret", "cannot read secret: no permission to read it"],
      ["summarise secret", 'cannot read "secret": no permission to read it; give the path'],
      [
        "run --log folder/log",
        "cannot write the journal folder/log: no permission to write there. Choose another file",
      ],
      [
        "simulate --log folder/log",
        "cannot write the journal folder/log: no permission to write there. Choose another",
      ],
      [
        "summarise log --append folder/x",
        '--append: cannot append to "folder/x": no permission to write there; give a file',
      ],
      [
        "compare --svg folder/x",
        '--svg: cannot write "folder/x": no permission; give a file that can be written',
      ],
    ] as const
    for (const [command, said] of cases) {
      test(
        command,
        Effect.gen(function* () {
          const file = yield* inFolder
          writeFileSync(file("secret"), "SECRET1\n", { mode: 0o000 })
          writeFileSync(
            file("log"),
            "2026-11-23 16:24:05,711 - root - WARNING - ignoring request 17 from queue due to TTL\n",
          )
          mkdirSync(file("folder"), { mode: 0o555 })
          chmodSync(file(""), 0o755)
          const { status, stderr, stdout } = yield* shell(
            `cd "$2" && ${asNobody} "$0" "$1" ${command}`,
            file(""),
          )
          expect(stderr.replace(/^paceline \w+: /, "").slice(0, said.length)).toBe(said)
          expect([status, stdout, stderr.match(/\n/g)?.length]).toEqual([2, "", 1])
        }),
      )
    }
  })

describe.concurrent("standard streams", () => {
  test(
    "orders from a directory are refused, and from a closed standard input there are none",
    Effect.gen(function* () {
      const file = yield* inFolder
      mkdirSync(file("folder"))
      const directory = yield* shell(
        'exec "$0" "$1" run --orders - --log "$3" < "$2"',
        file("folder"),
        file("one"),
      )
      expect(directory).toMatchObject({
        status: 2,
        stdout: "",
        stderr: "paceline run: --orders -: standard input is a directory; give it a file or a pipe\n",
      })
      expect(existsSync(file("one"))).toBe(false)
      const closed = yield* shell('exec "$0" "$1" run --orders - --no-progress --log "$2" <&-', file("two"))
      expect(closed).toMatchObject({ status: 0, stderr: "" })
      expect(ofType(readJournal(file("two")), "footer")).toMatchObject([{ end: "done", created: 0 }])
    }),
  )

  test(
    "nothing but bad lines, one of them huge, is no success",
    Effect.gen(function* () {
      const file = yield* inFolder
      writeFileSync(file("orders"), `${"x".repeat(50_000_000)}\n\u0000\n[[[[\n`)
      const { status, stderr } = yield* shell(
        '"$0" "$1" run --orders - --no-progress --log "$3" < "$2"',
        file("orders"),
        file("log"),
      )
      expect(stderr.split("\n")).toEqual([
        "passed over standard input, line 1: the line is longer than 64 KiB",
        "passed over standard input, line 2: the line is not JSON: write one object a line",
        "passed over standard input, line 3: the line is not JSON: write one object a line",
        "paceline run: standard input held no order, but 3 bad lines; nothing was sent",
        "",
      ])
      expect(status).toBe(2)
    }),
  )

  test(
    "a summary that nobody reads to its end leaves the journal whole",
    Effect.gen(function* () {
      const log = (yield* inFolder)("log")
      const { stdout } = yield* shell(
        '{ "$0" "$1" run --no-progress --duration 300ms --log "$2"; echo "status $?" >&2; } 2>&1 >/dev/null | cat; "$0" "$1" summarise "$2" | head -n 1',
        log,
      )
      expect(stdout).toBe(`status 0\n${log}\n`)
      expect(flawsOf(readJournal(log))).toEqual([])
    }),
  )

  test(
    "closed ones stop nothing",
    Effect.gen(function* () {
      const log = (yield* inFolder)("log")
      const { status } = yield* shell('exec "$0" "$1" run --duration 300ms --log "$2" <&- >&- 2>&-', log)
      expect(status).toBe(0)
      expect(flawsOf(readJournal(log))).toEqual([])
    }),
  )

  if (existsSync("/dev/full")) {
    test(
      "what cannot be written is said, whichever command it is",
      Effect.gen(function* () {
        const file = yield* inFolder
        writeFileSync(
          file("python.log"),
          "2026-11-23 16:24:05,711 - root - WARNING - ignoring request 17 from queue due to TTL\n",
        )
        const commands = [
          "--help",
          `summarise "${file("python.log")}"`,
          "simulate --duration 1s",
          "exchange --port 0",
        ]
        const ends = yield* Effect.forEach(
          commands,
          (command) => shell(`exec "$0" "$1" ${command} > /dev/full`),
          {
            concurrency: 2,
          },
        )
        for (const { status, stderr } of ends) {
          expect(stderr).toMatch(/^paceline(?: \w+)?: standard output cannot be written: ENOSPC: [^\n]*\n$/)
          expect(status).toBe(1)
        }
        const appended = yield* shell('exec "$0" "$1" summarise --append /dev/full "$2"', file("python.log"))
        expect(appended.stderr).toBe(
          'paceline summarise: --append: cannot append to "/dev/full": the disk is full; give a file that can be written\n',
        )
        expect(appended.status).toBe(1)
      }),
    )
  }
})

test(
  "a simulation that is stopped has a journal that says so, and is whole",
  Effect.gen(function* () {
    const log = (yield* inFolder)("log")
    const running = launch([MAIN, "simulate", "--duration", "3650d", "--no-progress", "--log", log])
    yield* until(() => existsSync(log) && readFileSync(log, "utf8").includes('"accepted"'))
    running.child.kill("SIGINT")
    expect(yield* Effect.promise(() => running.ended)).toMatchObject({
      signal: "SIGINT",
      stdout: "",
      stderr: "",
    })
    const records = readJournal(log)
    expect(flawsOf(records)).toEqual([])
    expect(ofType(records, "footer")).toMatchObject([{ end: "stopped", unknown: 0 }])
  }),
)
