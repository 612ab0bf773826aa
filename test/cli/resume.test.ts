// On the real clock: real processes, which are killed, and a real port.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { unknownKey } from "../../src/exchange/ExchangeAnswer.ts"
import { readJournals } from "../../src/recovery/readJournals.ts"
import { temporaryFolder } from "../run/journalFile.ts"
import { serveExercise } from "../support/exchange.ts"
import { realTime } from "../support/realTime.ts"
import { accept, answerText, hostileServer } from "../support/hostileServer.ts"
import { until } from "../support/until.ts"
import { launch, MAIN } from "./process.ts"

const ORDERS = 150

const acceptedIn = (folder: string): number =>
  readdirSync(folder).reduce(
    (sum, name) => sum + readFileSync(join(folder, name), "utf8").split('"outcome":"accepted"').length - 1,
    0,
  )

realTime(
  "a --log that the same --resume would not find is refused, and nothing is sent; one beside the others is found by any name",
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const journals = join(folder, "journals")
    const orders = join(folder, "orders.ndjson")
    mkdirSync(journals)
    writeFileSync(orders, '{"id":"1"}\n{"id":"2"}\n')
    let arrived = 0
    const server = createServer((_, answer) => {
      arrived += 1
      answer.end("{}")
    })
    yield* Effect.promise(() => new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done())))
    yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const life = (log: string) =>
      Effect.promise(
        () =>
          launch([
            MAIN,
            "run",
            `--url=http://127.0.0.1:${port}/x`,
            `--orders=${orders}`,
            `--resume=${journals}`,
            `--state=${join(folder, "state")}`,
            `--log=${log}`,
            "--no-progress",
          ]).ended,
      )
    const elsewhere = yield* life(join(folder, "life.ndjson"))
    expect(elsewhere.status).toBe(2)
    expect(elsewhere.stderr).toMatch(/--log .* the next run with the same --resume would not find it/)
    expect(arrived).toBe(0)
    yield* life(join(journals, "life1.log"))
    const once = arrived
    expect(once).toBeGreaterThanOrEqual(2)
    const again = yield* life(join(journals, "life2.log"))
    expect(again.stderr).toMatch(/resumed/)
    expect(readFileSync(join(journals, "life2.log"), "utf8")).not.toContain('"type":"sent"')
  }),
)

realTime(
  "a run that is killed twice and resumed executes no order twice, and accounts for every one",
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const journals = join(folder, "journals")
    const orders = join(folder, "orders.ndjson")
    mkdirSync(journals)
    const ids = Array.from({ length: ORDERS }, (_, n) => `o-${n}`)
    writeFileSync(orders, ids.map((id) => `${JSON.stringify({ id })}\n`).join(""))
    const exchange = yield* serveExercise()
    const life = (...more: ReadonlyArray<string>) =>
      launch([
        MAIN,
        "run",
        `--url=${exchange.url}`,
        `--orders=${orders}`,
        `--resume=${journals}`,
        `--state=${join(folder, "state")}`,
        "--ttl=none",
        "--bound=none",
        "--no-progress",
        ...more,
      ])
    for (const [index, soFar] of [20, 60].entries()) {
      const running = life(...(index === 0 ? [] : ["--durable"]))
      yield* until(() => acceptedIn(journals) >= soFar)
      running.child.kill("SIGKILL")
      yield* Effect.promise(() => running.ended)
    }
    const last = yield* Effect.promise(() => life("--format", "json").ended)
    expect(last.status).toBe(0)
    const { outcomes, journals: lives } = yield* readJournals([journals])
    expect(lives.map(({ isEnded }) => isEnded)).toEqual([false, false, true])
    expect(lives.map(({ header }) => header?.resumes?.length)).toEqual([0, 1, 2])
    expect(ids.filter((id) => !["accepted", "unknown"].includes(outcomes.of(id) ?? ""))).toEqual([])
    const seen = yield* exchange.tally
    const executed = seen.keys.reduce((sum, key) => sum + key.accepted, 0)
    const known = ids.filter((id) => outcomes.of(id) === "accepted").length
    expect(seen.repeatedOrders).toBe(0)
    expect(executed).toBeGreaterThanOrEqual(known)
    expect(executed).toBeLessThanOrEqual(ORDERS)
    expect(last.stderr).toMatch(/^resumed: \d+ orders were done before .*; \d+ followed\n$/)

    const { status, stdout } = yield* Effect.promise(
      () => launch([MAIN, "reconcile", "--format", "ndjson", journals]).ended,
    )
    expect(status).toBe(0)
    expect(stdout.split("\n").filter((line) => line !== "").length).toBe(ORDERS - known)
  }).pipe(Effect.provide(NodeServices.layer)),
)

realTime(
  "orders that were refused for a wrong key are taken up with the right one, and executed once",
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const journals = join(folder, "journals")
    mkdirSync(journals)
    writeFileSync(join(folder, "orders.ndjson"), '{"id":"1"}\n{"id":"2"}\n')
    const executed: Array<string> = []
    const server = yield* hostileServer((socket, incoming) => {
      if (incoming.query.get("api_key") !== "right")
        return void socket.write(answerText(unknownKey.status, unknownKey.body))
      executed.push(incoming.id)
      accept(socket, incoming)
    })
    const life = (key: string) =>
      Effect.promise(
        () =>
          launch(
            [
              MAIN,
              "run",
              `--url=${server.url.href}`,
              `--orders=${join(folder, "orders.ndjson")}`,
              `--resume=${journals}`,
              `--state=${join(folder, "state")}`,
              "--no-progress",
            ],
            { env: { PACELINE_API_KEYS: key } },
          ).ended,
      )
    expect((yield* life("wrong")).status).toBe(1)
    expect(executed).toEqual([])
    expect((yield* life("right")).status).toBe(0)
    expect(executed.toSorted()).toEqual(["1", "2"])
    yield* life("right")
    expect(executed.length).toBe(2)
  }),
)

it.live("--resume without --orders is answered in one line", () =>
  Effect.gen(function* () {
    const { status, stderr } = yield* Effect.promise(() => launch([MAIN, "run", "--resume", "x"]).ended)
    expect([status, stderr]).toEqual([
      2,
      "paceline run: --resume goes on with the orders of a file: give it with --orders. Orders made at random have nothing to go on with\n",
    ])
  }),
)
