// On the real clock: the command serves on a real port.
import { get } from "node:http"
import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Predicate, Schedule } from "effect"
import { TestConsole } from "effect/testing"
import { exchange, showTally } from "../../src/cli/exchange.ts"
import { commandLine } from "../../src/cli/shell.ts"

const run = (...args: ReadonlyArray<string>) => commandLine(exchange, args)

const firstLine = TestConsole.logLines.pipe(
  Effect.flatMap(([line]) => (Predicate.isString(line) ? Effect.succeed(line) : Effect.fail("nothing yet"))),
  Effect.retry({ schedule: Schedule.spaced("5 millis"), times: 400 }),
)

const ask = (url: string) =>
  Effect.callback<number | undefined, Error>((resume) => {
    get(url, { agent: false }, (answer) => {
      answer.resume()
      answer.on("end", () => resume(Effect.succeed(answer.statusCode)))
    }).on("error", (error) => resume(Effect.fail(error)))
  })

it.live("prints its address, serves until it is interrupted, and then says what it saw", () =>
  Effect.gen(function* () {
    const running = yield* Effect.forkChild(run("--port", "0", "--max-delay", "0ms", "--seed", "42"))
    const line = yield* firstLine
    expect(line).toMatch(
      /^exchange: http:\/\/127\.0\.0\.1:\d+\/api\/request {2}\(5 keys, 20 requests per 1s each, delays 0-0 ms each way, seed 42\)$/,
    )
    const url = line.split(" ")[1] ?? ""
    expect(yield* ask(`${url}?api_key=UT4NHL1J796WCHULA1750MXYF9F5JYA6&nonce=1&req_id=1`)).toBe(200)
    expect(yield* ask(`${url}?api_key=UT4NHL1J796WCHULA1750MXYF9F5JYA6&nonce=1&req_id=2`)).toBe(400)
    yield* Fiber.interrupt(running)
    const printed = (yield* TestConsole.logLines).join("\n").split("\n")
    expect(printed[1]).toBe("key    requests  accepted  over limit  blocked  bad nonce  busiest window")
    expect(printed[2]).toBe("key-1         2         1           0        0          1               2")
    const last: unknown = JSON.parse(printed.at(-1) ?? "")
    expect(last).toMatchObject({
      type: "tally",
      windowMs: 1000,
      unknownKey: 0,
      repeatedOrders: 0,
      keys: [{ key: "key-1", requests: 2, accepted: 1, nonce: 1 }, {}, {}, {}, {}],
    })
    expect(yield* TestConsole.errorLines).toEqual([])
    expect(printed.join("\n")).not.toContain("UT4NHL1J796WCHULA1750MXYF9F5JYA6")
  }).pipe(Effect.provide(TestConsole.layer)),
)

it.live("says which faults it plays, plays them, and says how often", () =>
  Effect.gen(function* () {
    const running = yield* Effect.forkChild(
      run("--port", "0", "--max-delay", "0ms", "--fault", "status:1:503:times=2", "--fault", "block:0"),
    )
    const line = yield* firstLine
    const url = `${line.split(" ")[1] ?? ""}?api_key=UT4NHL1J796WCHULA1750MXYF9F5JYA6`
    for (const [nonce, status] of [503, 503, 200].entries())
      expect(yield* ask(`${url}&nonce=${nonce + 1}`)).toBe(status)
    yield* Fiber.interrupt(running)
    const printed = (yield* TestConsole.logLines).join("\n").split("\n")
    expect(printed[1]).toBe("faults: status:1:503:times=2, block:0")
    expect(printed).toContain("faults played: status 2")
    const last: unknown = JSON.parse(printed.at(-1) ?? "")
    expect(last).toMatchObject({ faults: { status: 2 }, keys: [{ requests: 3 }, {}, {}, {}, {}] })
  }).pipe(Effect.provide(TestConsole.layer)),
)

it.live("stops in one line where its record cannot be written, and answers nothing that is not in it", () =>
  Effect.gen(function* () {
    const running = yield* Effect.forkChild(
      Effect.flip(run("--port", "0", "--max-delay", "0ms", "--record", "/dev/full")),
    )
    const url = (yield* firstLine).split(" ")[1] ?? ""
    const answered = yield* Effect.exit(ask(`${url}?api_key=UT4NHL1J796WCHULA1750MXYF9F5JYA6&nonce=1`))
    expect(answered._tag).toBe("Failure")
    const error = yield* Fiber.join(running)
    expect(error).toMatchObject({ _tag: "CommandFailed" })
    expect(error.message).toContain(
      "/dev/full cannot be written: the disk is full. The exchange was stopped; free space or choose another file with --record",
    )
  }).pipe(Effect.provide(TestConsole.layer)),
)

it.live("warns in one line where other machines may reach it", () =>
  Effect.gen(function* () {
    const running = yield* Effect.forkChild(run("--host", "0.0.0.0", "--port", "0"))
    yield* firstLine
    yield* Fiber.interrupt(running)
    expect((yield* TestConsole.errorLines).join("\n")).toMatch(
      /^warning: 0\.0\.0\.0 is not a loopback address.*$/,
    )
  }).pipe(Effect.provide(TestConsole.layer)),
)

it.live("fails in one line where the port is in use", () =>
  Effect.gen(function* () {
    const running = yield* Effect.forkChild(run("--port", "0"))
    const port = /:(\d+)\//.exec(yield* firstLine)?.[1] ?? ""
    const error = yield* Effect.flip(run("--port", port))
    expect(error).toMatchObject({ _tag: "CommandFailed" })
    expect(error.message).toContain(`127.0.0.1:${port}: the port is in use`)
    yield* Fiber.interrupt(running)
  }).pipe(Effect.provide(TestConsole.layer)),
)

it.effect.each([
  { args: ["--window", "0.5ms"], said: "--window: the exchange counts in whole milliseconds" },
  { args: ["--window", "2h"], said: "--window: 2h is more than the exchange can keep; at most 1h" },
  { args: ["--max-delay", "61s"], said: "--max-delay: 1m 1s is more than the exchange can keep; at most 1m" },
  {
    args: ["--record", "/none/record"],
    said: "cannot write the record /none/record: there is no such directory. Choose another file with --record",
  },
  { args: ["--keys-file", "/none"], said: "cannot read the keys file /none: there is no such file" },
])("refuses $args in one line", ({ args, said }) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(run(...args))
    expect(error).toMatchObject({ _tag: "UsageError" })
    expect(error.message).toContain(said)
  }),
)

it("lines up a table whatever the numbers", () => {
  const key = {
    requests: 1,
    accepted: 123_456_789_012,
    rateLimit: 0,
    blocked: 0,
    nonce: 0,
    busiestWindow: 1,
    mostPasses: 1,
  }
  const [title, first, second] = showTally({
    windowMs: 1000,
    keys: [
      { key: "key-1", ...key },
      { key: "key-1000", ...key },
    ],
    unknownKey: 0,
    repeatedOrders: 0,
    faults: {},
  }).split("\n")
  expect(new Set([title?.length, first?.length, second?.length]).size).toBe(1)
})

it.live("counts by the rules that it is given, with costs and scopes", () =>
  Effect.gen(function* () {
    const running = yield* Effect.forkChild(
      run(
        "--port",
        "0",
        "--max-delay",
        "0ms",
        "--limit",
        "5/1m@account",
        "--limit",
        "1/1m@account+symbol",
        "--nonces",
        "none",
      ),
    )
    const line = yield* firstLine
    expect(line).toContain("limits 5/1m@account, 1/1m@account+symbol, nonces in any order, delays")
    const url = `${line.split(" ")[1] ?? ""}?api_key=UT4NHL1J796WCHULA1750MXYF9F5JYA6&nonce=1`
    const statuses = yield* Effect.forEach(
      ["symbol=A", "symbol=A", "symbol=B&cost=0", "symbol=B", "symbol=C&cost=5", "symbol=D&cost=1"],
      (rest) => ask(`${url}&${rest}`),
    )
    expect(statuses).toEqual([200, 429, 200, 200, 429, 200])
    yield* Fiber.interrupt(running)
  }).pipe(Effect.provide(TestConsole.layer)),
)

it.live("emulates a venue, prints credentials that anybody may know, and says what became of orders", () =>
  Effect.gen(function* () {
    const running = yield* Effect.forkChild(
      run("--venue", "binance", "--port", "0", "--max-delay", "0ms", "--seed", "42"),
    )
    const printed = (yield* firstLine).split("\n")
    expect(printed[0]).toMatch(
      /^binance: http:\/\/127\.0\.0\.1:\d+ {2}\(3 keys, delays 0-0 ms each way, seed 42\)$/,
    )
    expect(printed[1]).toBe(
      "limits: weight fixed:6000/1m@ip, raw requests fixed:300000/5m@ip, orders fixed:100/10s@account, orders of a day fixed:200000/1d@account",
    )
    expect(printed[2]).toMatch(/^credentials, worthless anywhere else: key [\w-]+, secret \w+$/)
    const url = printed[0]?.split(" ")[1] ?? ""
    expect(yield* ask(`${url}/api/v3/exchangeInfo`)).toBe(200)
    expect(yield* ask(`${url}/__paceline/counters`)).toBe(200)
    yield* Fiber.interrupt(running)
    const tally: unknown = JSON.parse((yield* TestConsole.logLines).join("\n").split("\n").at(-1) ?? "")
    expect(tally).toMatchObject({ type: "tally", requests: 1, unsigned: 0, unread: 0, banned: 0 })
  }).pipe(Effect.provide(TestConsole.layer)),
)

it.live("emulates Kraken with the limits of an account's tier", () =>
  Effect.gen(function* () {
    const running = yield* Effect.forkChild(run("--venue", "kraken", "--tier", "pro", "--port", "0"))
    expect((yield* firstLine).split("\n")[1]).toBe(
      "limits: engine bucket:180,decay=3.75/s@account+pair, calls bucket:20,decay=1/s@key",
    )
    yield* Fiber.interrupt(running)
  }).pipe(Effect.provide(TestConsole.layer)),
)

it.live.each<readonly [args: ReadonlyArray<string>, said: string]>([
  [["--limit", "5"], "--venue kraken and --limit: kraken has rules of its own; leave --limit out"],
  [["--window", "2s"], "--venue kraken and --window: kraken has rules of its own; leave --window out"],
  [["--nonces", "none"], "--venue kraken and --nonces: kraken has rules of its own; leave --nonces out"],
  [["--fault", "quota:1"], "--venue kraken and --fault quota: kraken has headers of its own; leave it out"],
])("does not emulate a venue with %j", ([args, said]) =>
  Effect.gen(function* () {
    expect((yield* Effect.flip(run("--venue", "kraken", ...args))).message).toContain(said)
  }).pipe(Effect.provide(TestConsole.layer)),
)
