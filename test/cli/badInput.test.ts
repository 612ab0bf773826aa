/**
 * Everything that a user may get wrong, one by one: one line that says what is wrong, where, and what to do, exit
 * status 2 or 1, nothing sent and nothing left behind. In this process, for none of it gets as far as a run; what only
 * a process shows is in `badInputProcess.test.ts`.
 *
 * `@name` stands for the path of a file of that name in the test's folder; see `FILES` for what is in it.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { Cause, ConfigProvider, Effect, Option } from "effect"
import { TestConsole } from "effect/testing"
import { app } from "../../src/cli/App.ts"
import { readInvocation } from "../../src/cli/arguments.ts"
import { describeFailure } from "../../src/cli/failure.ts"
import { commandLine } from "../../src/cli/shell.ts"

const order = (fields: string): string => `{"id":"a",${fields}}\n`
const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`

const accepted = (t: number, id = String(t)): string =>
  `{"type":"outcome","t":${t},"id":"${id}","createdAt":0,"outcome":"accepted","key":"key-1","nonce":1,"attempt":1,"sent":${t},"settled":${t}}\n`
/** The first line of a run's journal, and a record of it. */
const begun = (startedAt: string, seed: number): string =>
  `{"type":"header","t":0,"version":1,"program":"test","startedAt":"${startedAt}","keys":["key-1"],"seed":${seed},"settings":{"exchange":"x","source":"random","gate":"ack-window","limit":20,"windowMs":1000,"boundMs":55,"marginMs":2,"ttlMs":1000,"requestTimeoutMs":5000,"durationMs":null,"load":null}}\n${accepted(1)}`
const FOOTER =
  '{"type":"footer","t":9,"end":"done","created":1,"accepted":1,"rejected":0,"expired":0,"unknown":0,"cancelled":0,"badLines":0}\n'
const [NINE, TEN] = ["2026-11-24T09:00:00.000Z", "2026-11-24T10:00:00.000Z"]

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  headless: accepted(5) + accepted(8),
  "run-b": begun(TEN, 2) + FOOTER,
  "header-only": begun(NINE, 7).split(accepted(1)).join(""),
  empty: "",
  journal: "2026-11-23 16:24:05,711 - root - WARNING - ignoring request 17 from queue due to TTL\n",
  "keys-none": "# none yet\n\n",
  "keys-twice": "SECRET1\nSECRET2\nSECRET1\n",
  "keys-spaces": "SECRET1 SECRET2\n",
  "keys-nul": "SECRET1\0\n",
  "keys-bytes": Uint8Array.of(0x53, 0xff, 0xfe, 0x0a),
  "keys-long": "SECRET".repeat(50),
  "keys-many": Array.from({ length: 1001 }, (_, n) => `SECRET${n}`).join("\n"),
  "keys-good": "SECRET1\n",
  large: new Uint8Array(1024 * 1024 + 1),
  "orders-text": "SELL everything\n",
  "orders-array": '[{"id":"a"}]\n',
  "orders-torn": '{"id":"a"}\n{"id":"b"',
  "orders-long": order(`"params":{"x":"${"y".repeat(70_000)}"}`),
  "orders-deep": order(`"params":{"x":${nested(30_000)}}`),
  "orders-very-deep": nested(400_000),
  "orders-bytes": Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d, 0x0a),
  "orders-nul": '{"id":"a\0b"}\n',
  "orders-twice": '{"id":"a"}\n\n{"id":"a"}\n',
  "orders-future": order('"createdAt":"2999-01-01T00:00:00Z"'),
  "orders-endless": order('"createdAt":1e400'),
  "orders-no-zone": order('"createdAt":"2026-11-24T09:30:00"'),
  "orders-negative": order('"createdAt":-5'),
  "orders-number": '{"id":7}\n',
  "orders-key": order('"params":{"api_key":"SECRET1"}'),
}

let folder = ""
/** What is in the folder, and what in its files: nothing may have changed when a command has failed. */
const contents = () =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return `${path} ${entry.isFile() ? readFileSync(path, "latin1") : String(entry.isDirectory())}`
    })
    .toSorted((a, b) => a.localeCompare(b))

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "paceline-bad-input-"))
  mkdirSync(join(folder, "folder"))
  symlinkSync("journal", join(folder, "link"))
  symlinkSync("circle", join(folder, "circle"))
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const toPaths = (arg: string): string => arg.replace(/@(?=[a-z./])/, () => `${folder}/`)

interface Outcome {
  readonly status: number
  /** What goes to standard error, without the program's own name, with `@` for the folder. */
  readonly line: string
}

/** What a user sees of a command that fails. */
const failureOf = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const before = contents()
    const invocation = readInvocation(app, args.map(toPaths))
    const exit = yield* Effect.exit(
      commandLine(app, invocation.args).pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(env)),
      ),
    )
    if (exit._tag === "Success") return yield* Effect.die(new Error("it did not fail"))
    const failure = Option.getOrThrowWith(
      describeFailure(exit.cause, invocation),
      () => new Error(Cause.pretty(exit.cause)),
    )
    expect(failure.text).toMatch(/^paceline[^\n]*\n$/)
    expect(failure.text).not.toMatch(/SECRET|internal error|undefined|\[object| {4}at /)
    expect(failure.text.length).toBeLessThan(1000)
    expect(yield* TestConsole.logLines).toEqual([])
    expect(yield* TestConsole.errorLines).toEqual([])
    expect(contents()).toEqual(before)
    const line = failure.text
      .trimEnd()
      .replaceAll(`${folder}/`, "@")
      .replace(/^paceline(?: \w+)?: /, "")
    return { status: failure.status, line } satisfies Outcome
  }).pipe(Effect.provide(TestConsole.layer))

/** A command line as it would be typed, and how the answer begins. */
type Case = readonly [command: string, said: string]

const refused = (cases: ReadonlyArray<Case>, status = 2): void => {
  it.effect.each(cases)("%s: %s", ([command, said]) =>
    Effect.map(failureOf(command.split(" ").filter((arg) => arg !== "")), (outcome) => {
      expect({ ...outcome, line: outcome.line.slice(0, said.length) }).toEqual({ status, line: said })
    }),
  )
}

const DURATION = "write it as 500ms, 30s, 5m, 24h or 7d"

describe("durations", () => {
  const flags: ReadonlyArray<readonly [command: string, zero: boolean, none: string]> = [
    ["run --duration", false, ""],
    ["run --ttl", false, ", or none"],
    ["run --window", false, ""],
    ["run --bound", true, ", or none"],
    ["exchange --window", false, ""],
    ["exchange --max-delay", true, ""],
    ["simulate --duration", false, ""],
    ["simulate --window", false, ""],
    ["simulate --ttl", false, ", or none"],
    ["simulate --bound", true, ", or none"],
    ["compare --duration", false, ""],
  ]
  refused(
    flags.flatMap(([command, zero, none]): ReadonlyArray<Case> => {
      const flag = command.split(" ")[1] ?? ""
      return [
        [`${command}=`, `${flag}: "" is not a duration; ${DURATION}${none}`],
        [command, `${flag} needs a value (DURATION`],
        [`${command} -1s`, `${flag}: "-1s" is negative; write a value without "-" (DURATION`],
        [`${command}=-1s`, `${flag}: "-1s" is negative; ${DURATION}${none}`],
        [`${command} 5`, `${flag}: "5" has no unit; ${DURATION}${none}`],
        [`${command} soon`, `${flag}: "soon" is not a duration; ${DURATION}${none}`],
        [`${command} 1e3s`, `${flag}: "1e3s" is not a duration`],
        [`${command} 1us`, `${flag}: "1us" is not a duration`],
        [`${command} 99999d`, `${flag}: "99999d" is longer than ten years`],
        [`${command} ${"9".repeat(400)}s`, `${flag}: "${"9".repeat(60)}…" is longer than ten years`],
        ...(zero
          ? []
          : [[`${command} 0s`, `${flag}: "0s" is no time at all; it must be longer than 0`] as const]),
      ]
    }),
  )
  refused([
    ["run --window 1.5ms", "--window: the exchange counts in whole milliseconds; write 1ms, not 1.5ms"],
    ["run --window 2h", "--window: 2h is more than the exchange can keep; at most 1h"],
    ["run --url http://127.0.0.1:9/x --window 0.1ms", "--window: from 1ms to 1d"],
    ["run --url http://127.0.0.1:9/x --window 25h", "--window: from 1ms to 1d"],
    ["exchange --max-delay 2m", "--max-delay: 2m is more than the exchange can keep; at most 1m"],
    [
      "run --limit 20/1s --window 10s",
      "--window is that of a --limit that is a number, and there is none; leave --window out",
    ],
    [
      "simulate --limit fixed:100/10s --window 1s",
      "--window is that of a --limit that is a number, and there is none; leave --window out",
    ],
    [
      "compare --limit 20/1s --limit fixed:100/10s --window 2s",
      "--window is that of a --limit that is a number, and there is none; leave --window out",
    ],
    [
      "exchange --limit bucket:60,decay=1/s --window 2s",
      "--window is that of a --limit that is a number, and there is none; leave --window out",
    ],
    [
      "run --venue kraken --orders @orders-number --window 2s",
      "--window is that of a --limit that is a number, and there is none; leave --window out",
    ],
    [
      "run --venue kraken --orders @orders-number --nonces none",
      "--nonces and --venue kraken: whether they rise is the venue's; leave --nonces out",
    ],
    [
      "run --venue kraken --orders @orders-number --gate polling",
      "--gate polling and --venue kraken: this gate exceeds limits or overtakes nonces, so it meets only our own exchange; leave out one of the two",
    ],
    ["run --tier pro", "--tier: of the venues, kraken alone has tiers; leave --tier out"],
    [
      "exchange --venue binance --tier pro",
      "--tier: of the venues, kraken alone has tiers; leave --tier out",
    ],
    [
      "run --venue kraken --orders @orders-number --tier pro --limit 20/1s",
      "--tier and --limit: --limit takes the place of the tier's limits; leave one of the two out",
    ],
    [
      "run --venue coinbaseexchange --expiry 5s",
      "--expiry: of the venues, kraken and binance alone are told how late an order may come; leave --expiry out",
    ],
    ["run --venue kraken --expiry 499ms", "--expiry: kraken takes from 500ms to 60s, in whole milliseconds"],
    ["run --venue binance --expiry 61s", "--expiry: binance takes from 1ms to 60s, in whole milliseconds"],
    [
      "exchange --venue kraken --nonces rising",
      "--venue kraken and --nonces: kraken has rules of its own; leave --nonces out",
    ],
    [
      "exchange --venue kraken --window 1s",
      "--venue kraken and --window: kraken has rules of its own; leave --window out",
    ],
    ["simulate --window 2h", "--window: 2h is more than the exchange can keep; at most 1h"],
  ])
})

describe("numbers", () => {
  const whole: ReadonlyArray<readonly [command: string, min: number, max: number]> = [
    ["run --limit", 1, 10_000],
    ["run --seed", 0, Number.MAX_SAFE_INTEGER],
    ["exchange --port", 0, 65_535],
    ["exchange --limit", 1, 10_000],
    ["exchange --seed", 0, Number.MAX_SAFE_INTEGER],
    ["summarise @journal --keys", 1, 1_000_000],
    ["summarise @journal --limit", 1, 1_000_000],
    ["simulate --keys", 1, 1000],
    ["simulate --limit", 1, 10_000],
    ["simulate --seed", 0, Number.MAX_SAFE_INTEGER],
    ["compare --keys", 1, 1000],
    ["compare --seeds", 1, 1000],
  ]
  refused(
    whole.flatMap(([command, min, max]): ReadonlyArray<Case> => {
      const flag = /--\w+$/.exec(command)?.[0] ?? ""
      const range = `from ${min} to ${max}`
      return [
        [`${command}=`, `${flag}: "" is not a whole number; write one ${range}`],
        [command, `${flag} needs a value (N`],
        [`${command} x`, `${flag}: "x" is not a whole number; write one ${range}`],
        [`${command} 1.5`, `${flag}: "1.5" is not a whole number; write one ${range}`],
        [`${command} 1e3`, `${flag}: "1e3" is not a whole number; write one ${range}`],
        [`${command} 0x10`, `${flag}: "0x10" is not a whole number; write one ${range}`],
        [`${command} -1`, `${flag}: "-1" is out of range; it must be ${range}`],
        [`${command} ${max}0`, `${flag}: "${max}0" is out of range; it must be ${range}`],
        ...(min === 0
          ? []
          : [[`${command} 0`, `${flag}: "0" is out of range; it must be ${range}`] as const]),
      ]
    }),
  )
  refused([
    ["exchange --limit 20/1s@", '--limit: "20/1s@": there is no scope "@"; write @key, @account'],
    [
      "exchange --limit leaky:20/1s",
      '--limit: "leaky:20/1s": there is no rule "leaky"; write limits as 20/1s, bucket:',
    ],
    [
      "exchange --limit bucket:60",
      '--limit: "bucket:60": a bucket has a capacity and a decay; write limits as',
    ],
    [
      "exchange --limit 20 --limit 30",
      "--limit: a plain number stands for requests of a key in one --window",
    ],
    ["exchange --nonces falling", '--nonces: "falling" is not right; write rising or none'],
    ["run --load many", '--load: "many" is not a number; write one such as 1 or 0.95'],
    ["run --load NaN", '--load: "NaN" is not a number'],
    ["run --load Infinity", '--load: "Infinity" is not a number'],
    ["run --load 1e400", '--load: "1e400" is out of range; it must be from 0 to 1000'],
    ["run --load -1", '--load: "-1" is out of range; it must be from 0 to 1000'],
    ["run --load 0", "--load: 0 makes no orders; write a number above 0"],
    ["simulate --load 0", "--load: 0 makes no orders; write a number above 0"],
    ["compare --load 0", "--load: 0 makes no orders; write a number above 0"],
    [
      "run --limit 10000 --window 1ms",
      "--load, --limit, --window and 5 keys ask for 47,619,048 orders a second; at most 100,000 are made: write a smaller --load",
    ],
    [
      "simulate --keys 1000 --limit 10000",
      "--load, --limit, --window and 1,000 keys ask for 9,523,810 orders",
    ],
    ["compare --load 1000 --limit 10000", "--load, --limit, --window and 5 keys ask for 47,619,048 orders"],
    [
      "compare --seed 9007199254740991 --seeds 2",
      "--seed: the seeds after it grow too large; write a smaller one",
    ],
    ["simulate --loss 1.1", '--loss: "1.1" is out of range; it must be from 0 to 1'],
    ["simulate --loss=-0.1", '--loss: "-0.1" is out of range; it must be from 0 to 1'],
    ["simulate --spike 2:1", "--spike: write a probability and milliseconds, such as 0.001:200"],
    ["simulate --spike 0.1", "--spike: write a probability and milliseconds"],
    ["simulate --spike 0.1:99999999", "--spike: write a probability and milliseconds"],
    [
      "simulate --clock-step 1s",
      "--clock-step: write when the wall clock steps and by how much, such as 10s:-1h",
    ],
    ["simulate --clock-step 1s:4000d", "--clock-step: write when the wall clock steps"],
    ["simulate --clock-step 1s:1s:1s", "--clock-step: write when the wall clock steps"],
    ["simulate --delay slow", '--delay: "slow" is not a delay; write uniform:MIN:MAX|constant:MS|lognormal:'],
    ["simulate --delay uniform:50:0", '--delay: "uniform:50:0" ends before it begins'],
    ["simulate --delay uniform:-1:0", '--delay: "uniform:-1:0" is not a delay'],
    ["simulate --delay constant:99999999", '--delay: "constant:99999999" is longer than a minute'],
    ["simulate --delay lognormal:0:1", '--delay: "lognormal:0:1" is out of range'],
  ])
})

describe("names and choices", () => {
  const GATES = "write one of ack-window, polling, shifted:MS, thread-slots, token-bucket, fixed-window"
  refused([
    ["run --gate fast", `--gate: "fast" is not a gate; ${GATES}`],
    ["run --gate shifted", `--gate: "shifted" is not a gate; ${GATES}`],
    ["run --gate shifted:-5", `--gate: "shifted:-5" is not a gate; ${GATES}`],
    ["run --gate shifted:9999999", `--gate: "shifted:9999999" is not a gate; ${GATES}`],
    ["compare --gates ack-window,,polling", `--gates: "" is not a gate; ${GATES}`],
    ["compare --gates polling,polling", '--gates: "polling" is there twice; write each gate once'],
    ["run --format xml", '--format: "xml" is not one of text, json and classic'],
    ["compare --format classic", '--format: "classic" is not one of text and json'],
    ["run --log-level loud", '--log-level: "loud" is not right; expected "all" | "trace"'],
    ["run --no-progress=perhaps", '--no-progress: "perhaps" is not right; expected "true" | "yes"'],
    ["run --no-progress perhaps", '"perhaps" is one argument too many'],
    ["run --log a --log b", "--log is given more than once"],
    ["run --sed 1", "there is no flag --sed; did you mean --seed?"],
    ["exchange --load 1", "there is no flag --load"],
    ["help", 'there is no command "help". See "paceline --help".'],
    ["summarise", "<log> is missing"],
    ["exchange --record=", "--record: the name is empty; write a file's name"],
    ["exchange --record -", '--record: "-" is not standard output here'],
    ["exchange --record @missing/x", "cannot write the record @missing/x: there is no such directory"],
    ["exchange --record @folder", "cannot write the record @folder: it is a directory"],
    [
      "exchange --record @keys-none --keys-file @./keys-none",
      '--record and --keys-file name the same file, "@keys-none"',
    ],
    [
      "run --url http://127.0.0.1:1/ --fault reset:1",
      "--fault and --url: only our own exchange does wrong when told to; leave out one of the two",
    ],
    [
      "run --url http://127.0.0.1:1/ --gate polling",
      "--gate polling and --url: this gate exceeds limits or overtakes nonces, so it meets only our own exchange; leave out one of the two",
    ],
    [
      "run --url http://127.0.0.1:1/ --gate ack-window --fault reset:1",
      "--fault and --url: only our own exchange does wrong when told to",
    ],
    ["exchange extra", '"extra" is one argument too many'],
    ["exchange --host=", '--host: "" is not an address or a host name; write one such as 127.0.0.1'],
    [
      "exchange --host http://x",
      '--host: "http://x" is not an address or a host name; write one such as 127.0.0.1',
    ],
  ])
  refused(
    [
      [
        "exchange --port 0 --host nosuch.invalid",
        "the exchange cannot listen on nosuch.invalid:0: this machine has no such address: choose another host",
      ],
      [
        "exchange --port 0 --host 192.0.2.1",
        "the exchange cannot listen on 192.0.2.1:0: this machine has no such address",
      ],
    ],
    1,
  )
  it.effect("an argument that is very long, or would move a terminal's cursor, is cut and escaped", () =>
    Effect.gen(function* () {
      const long = yield* failureOf(["run", "x".repeat(100_000)])
      expect(long.line).toMatch(/^"x{60}…" is one argument too many\./)
      for (const args of [
        ["run", "\u001b[31mx"],
        ["run", "--log", "@missing/\u001b[2J\u202e\r\u0007"],
        ["summarise", "\u009b1m"],
      ]) {
        const { line, status } = yield* failureOf(args)
        expect(status).toBe(2)
        expect(line).toMatch(/^[^\p{Cc}\u202e]+$/u)
      }
    }),
  )
})

describe("addresses", () => {
  const FORM = "write it as http://127.0.0.1:9999/api/request"
  refused([
    ["run --url=", `--url: "" is not an address; ${FORM}`],
    ["run --url exchange", `--url: "exchange" is not an address; ${FORM}`],
    ["run --url 127.0.0.1:9999", `--url: "127.0.0.1:9999" is not an address; ${FORM}`],
    ["run --url ftp://127.0.0.1/", `--url: "ftp://127.0.0.1/" is neither http nor https; ${FORM}`],
    ["run --url file:///etc/passwd", `--url: "file:///etc/passwd" is neither http nor https; ${FORM}`],
    ["run --url http://127.0.0.1:99999/", `--url: "http://127.0.0.1:99999/" is not an address; ${FORM}`],
    ["run --url http://[::1", `--url: "http://[::1" is not an address; ${FORM}`],
    ["run --url http://127.0.0.1/#part", '--url: "http://127.0.0.1/" goes on with a "#..." part'],
    [
      "run --url http://me:SECRET1@127.0.0.1/",
      '--url: an address with a user name or a password (or with "@")',
    ],
    [
      "run --url http://127.0.0.1/?api_key=SECRET1",
      '--url: "http://127.0.0.1/" goes on with api_key, which every',
    ],
    ["run --url http://127.0.0.1/?x=1&nonce=5", '--url: "http://127.0.0.1/" goes on with nonce, which every'],
    [
      "run --url http://192.0.2.1/",
      "--url names another machine: give API keys for it, with --keys-file or in PACELINE",
    ],
  ])
})

describe("API keys", () => {
  for (const command of ["run", "exchange"]) {
    const cannot = "cannot read the keys file"
    const advice = "name a file with one API key a line"
    refused([
      [`${command} --keys-file=`, "--keys-file: the name is empty; write a file's name"],
      [`${command} --keys-file @missing`, `${cannot} @missing: there is no such file; ${advice}`],
      [`${command} --keys-file @folder`, `${cannot} @folder: it is a directory; ${advice}`],
      [
        `${command} --keys-file @empty/x`,
        `${cannot} @empty/x: a part of its path is not a directory; ${advice}`,
      ],
      [`${command} --keys-file @circle`, `${cannot} @circle: its links lead in a circle; ${advice}`],
      [`${command} --keys-file @empty`, "@empty holds no API key: give at least one"],
      [`${command} --keys-file @keys-none`, "@keys-none holds no API key: give at least one"],
      [
        `${command} --keys-file @keys-twice`,
        "@keys-twice, line 3: the API key is the same as in line 1: remove one",
      ],
      [
        `${command} --keys-file @keys-spaces`,
        "@keys-spaces, line 1: the API key has blanks, control or non-ASCII",
      ],
      [`${command} --keys-file @keys-nul`, "@keys-nul, line 1: the API key has blanks, control or non-ASCII"],
      [
        `${command} --keys-file @keys-bytes`,
        "@keys-bytes, line 1: the API key has blanks, control or non-ASCII",
      ],
      [`${command} --keys-file @keys-long`, "@keys-long, line 1: the API key is longer than 256 characters"],
      [`${command} --keys-file @keys-many`, "@keys-many holds 1001 API keys: at most 1000 fit"],
      [`${command} --keys-file @large`, "the keys file @large is larger than 1 MiB: is it the right file?"],
      ...(process.platform === "linux"
        ? [[`${command} --keys-file /dev/zero`, "the keys file /dev/zero is larger than 1 MiB"] as const]
        : []),
    ])
    it.effect(`${command}: a name that is too long`, () =>
      Effect.gen(function* () {
        const name = yield* failureOf([command, "--keys-file", "x".repeat(300)])
        expect(name.line).toMatch(/^cannot read the keys file x{300}: its name is too long; name a file/)
        const path = yield* failureOf([command, "--keys-file", "x".repeat(100_000)])
        expect(path.line).toMatch(/^--keys-file: "x{60}…" is longer than 4096 bytes; write a shorter name/)
      }),
    )
    it.effect.each([
      [" ", "PACELINE_API_KEYS holds no API key: give at least one"],
      ["SECRET1,", "PACELINE_API_KEYS, key 2: the API key is empty"],
      ["SECRET1,SECRET1", "PACELINE_API_KEYS, key 2: the API key is the same as in key 1: remove one"],
      ["SECRET1 SECRET2", "PACELINE_API_KEYS, key 1: the API key has blanks, control or non-ASCII"],
      ["SECRET1\nSECRET2", "PACELINE_API_KEYS, key 1: the API key has blanks, control or non-ASCII"],
    ] as const)(`${command}: PACELINE_API_KEYS=%j`, ([list, said]) =>
      Effect.map(failureOf([command], { PACELINE_API_KEYS: list }), ({ line, status }) => {
        expect([status, line.slice(0, said.length)]).toEqual([2, said])
      }),
    )
  }
})

describe("orders", () => {
  const bad = (name: string, said: string): Case => [
    `run --orders @${name} --log @log`,
    `@${name} has 1 bad line, nothing was sent: ${said}`,
  ]
  refused([
    ["run --orders=", "--orders: the name is empty; write a file's name"],
    ["run --orders @missing", "cannot read @missing: there is no such file"],
    ["run --orders @folder", "cannot read @folder: it is a directory"],
    ["run --orders @empty/x", "cannot read @empty/x: a part of its path is not a directory"],
    ["run --orders /dev/null", "/dev/null is not a regular file: give it to standard input, with --orders -"],
    [
      "run --orders @empty --load 2",
      "--load and --orders: a file's orders come as they are; leave out one of the two",
    ],
    ["run --orders @empty --orders @empty", "--orders is given more than once"],
    bad("orders-text", "line 1: the line is not JSON: write one object a line"),
    bad("orders-array", 'line 1: the line must be an object such as {"id": "1"}'),
    bad("orders-torn", "line 2: the line is not JSON"),
    bad("orders-long", "line 1: the line is longer than 64 KiB"),
    bad("orders-deep", 'line 1: "params"."x": must be text, a number, true or false'),
    bad("orders-very-deep", "line 1: the line is longer than 64 KiB"),
    bad("orders-bytes", "line 1: the line is not UTF-8"),
    bad("orders-nul", "line 1: the line is not JSON"),
    bad("orders-twice", 'line 3: the id "a" was there before: ids must be unique in a run'),
    bad("orders-future", 'line 1: "createdAt": lies more than 60 s in the future'),
    bad("orders-endless", 'line 1: "createdAt": Expected a finite number'),
    bad("orders-no-zone", 'line 1: "createdAt": must be a time with its zone'),
    bad("orders-negative", 'line 1: "createdAt": must be a time with its zone'),
    bad("orders-number", 'line 1: "id": must be text: put quotes around it'),
    bad("orders-key", 'line 1: "params": must not hold api_key: the request has its own'),
  ])
})

describe("files that are written", () => {
  const another = "Choose another file with --log"
  for (const command of ["run --duration 1s", "simulate --duration 1s"]) {
    refused([
      [`${command} --log=`, "--log: the name is empty; write a file's name"],
      [`${command} --log -`, '--log: "-" is not standard output here; write a file\'s name'],
      [
        `${command} --log @missing/x`,
        `cannot write the journal @missing/x: there is no such directory. ${another}`,
      ],
      [
        `${command} --log @empty/x`,
        `cannot write the journal @empty/x: a part of its path is not a directory. ${another}`,
      ],
      [`${command} --log @folder`, "--log @folder is a directory: name a file in it"],
      [
        `${command} --log @journal`,
        "--log @journal exists and is not empty: a journal is never written over",
      ],
      [`${command} --log @link`, "--log @link exists and is not empty: a journal is never written over"],
      [
        `${command} --log @${"x".repeat(300)}`,
        `cannot write the journal @${"x".repeat(300)}: its name is too long`,
      ],
    ])
  }
  refused([
    [
      "run --orders @empty --log @empty",
      '--log and --orders name the same file, "@empty"; write the journal to another',
    ],
    ["run --orders @empty --log @./empty", '--log and --orders name the same file, "@empty"'],
    ["run --orders @missing --log @folder/../missing", '--log and --orders name the same file, "@missing"'],
    ["run --keys-file @keys-good --log @keys-good", '--log and --keys-file name the same file, "@keys-good"'],
    ["summarise @journal --every 10ms", '--every: "10ms" is too short; intervals are at least 1s long'],
    ["summarise @journal --every 1s --format classic", "--every has no classic form"],
    ["summarise @journal --format xml", '--format: "xml" is not one of text, json, csv and classic'],
    ["summarise @journal --since 25:00", '--since: "25:00" is not a moment; write it as 10s'],
    [
      "summarise @run-b --since 20s --until 10s",
      "--since 20s and --until 10s: nothing is between them; give an --until that is later than --since",
    ],
    ["summarise @run-b --since 20s --until 20s", "--since 20s and --until 20s: nothing is between them"],
    ["summarise @run-b --since 09:30 --until 09:30", "--since 09:30:00 and --until 09:30:00: nothing is"],
    [
      "summarise @run-b --since 2026-11-24T10:00 --until 2026-11-24",
      "--since 2026-11-24T10:00:00 and --until 2026-11-24T00:00:00: nothing is between them",
    ],
    ["summarise @run-b --until 0s", "--until: 0s is where a log begins, and nothing is before that; give"],
    [
      "summarise @run-b --since 1h",
      '"@run-b" has nothing from 1h on: it goes from 0s to 9ms; give --since and --until such that something is',
    ],
    ["summarise @run-b --until 1ms", '"@run-b" has nothing before 1ms: it goes from 0s to 9ms'],
    ["summarise @run-b --since 2ms --key key-1", '"@run-b" has nothing from 2ms on: it goes from 0s'],
    ["summarise @run-b --every 1s --since 1m", '"@run-b" has nothing from 1m on: it goes from 0s to 9ms'],
    ["summarise @run-b --every 1s --format csv --since 90s", '"@run-b" has nothing from 90s on: it goes'],
    ["summarise @run-b --every 1s --key nokey", '--key: "@run-b" has no key "nokey"; give the label of one'],
    [
      "summarise @run-b --since 10:00:05 --until 2026-11-24T11:00",
      '"@run-b" has nothing from 10:00:05 to 2026-11-24T11:00:00: it goes from 2026-11-24T10:00:00 to 2026-11-24T10:00:00.009',
    ],
    ["summarise @headless --until 5ms", '"@headless" has nothing before 5ms: it goes from 5ms to 8ms'],
    ["summarise @header-only --since 1s", '"@header-only" has nothing from 1s on: it has no records at all'],
    [
      "summarise @journal --since 16:25",
      '"@journal" has nothing from 16:25:00 on: it goes from 2026-11-23T16:24:05.711 to 2026-11-23T16:24:05.711',
    ],
    ["summarise --follow @run-b --since 1h", '"@run-b" has nothing from 1h on: it goes from 0s to 9ms'],
    ["summarise @journal --key=", "--key: the label is empty; write a key's label, such as key-1"],
    ["summarise @journal --follow @journal", "--follow takes one file, and no --every"],
    ["summarise - --follow", "--follow follows a file that is being written"],
    [
      "summarise run.ndjson.gz --follow",
      '--follow reads a log while it is written, and "run.ndjson.gz" is packed',
    ],
    ["summarise @journal --append=", "--append: the name is empty; write a file's name"],
    ["summarise @journal --append -", '--append: "-" is not standard output here; write a file\'s name'],
    [
      "summarise @journal --append @folder",
      '--append: cannot append to "@folder": it is a directory; give a file',
    ],
    [
      "summarise @journal --append @missing/x",
      '--append: cannot append to "@missing/x": there is no such folder',
    ],
    ["summarise @journal --append @journal", '--append "@journal" would write into a log that is summarised'],
    [
      "summarise @journal --append @./journal",
      '--append "@./journal" would write into a log that is summarised',
    ],
    ["summarise @journal --append @link", '--append "@link" would write into a log that is summarised'],
    ["compare --svg=", "--svg: the name is empty; write a file's name"],
    [
      "compare --svg @folder",
      '--svg: cannot write "@folder": it is not a file; give a file that can be written',
    ],
    ["compare --svg @missing/x", '--svg: cannot write "@missing/x": there is no such folder'],
  ])
})

describe("logs that are read", () => {
  const give = "give the path of a journal or of a Python client's log"
  refused([
    ["summarise @missing", `cannot read "@missing": there is no such file; ${give}`],
    ["summarise @folder", 'cannot read "@folder": it is a directory; give the logs in it, such as @folder/*'],
    ["summarise @empty", `"@empty" is empty; give a journal or a Python client's log`],
    ["summarise @large", `"@large" holds nothing readable in its one line; give a journal`],
    ["summarise @orders-very-deep", '"@orders-very-deep" holds nothing readable in its one line'],
    ["summarise @orders-bytes", '"@orders-bytes" holds nothing readable in its one line'],
    ["summarise - -", 'standard input can be read only once; give "-" once'],
  ])
})
