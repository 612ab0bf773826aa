/**
 * Breaks everything that may break, over real sockets, and looks whether an order was lost or sent twice.
 *
 * Clients send files of orders to an exchange that loses, delays, garbles and resets what passes through it. The clients
 * are stopped, suspended and killed at random moments, their wall clocks step by up to an hour, and each is started again
 * with --resume and --retry-rejected; the exchange bans, refuses everything, stands still, and is killed and started again as well. One client reaches it by a link that is
 * out for seconds and says what nobody asked; so does a program that uses the library, and is interrupted. Some lives
 * begin as a user begins one, on the machine's own Node, which hands over where it is too old: the kill then hits what
 * was started, or all that came of it. Some write their journals with --durable. At the end the exchange's own record is
 * compared with the clients' journals, and with what the library's client was told.
 *
 *     npm run chaos -- [--minutes 2] [--seed N] [--bound 55ms] [--venue binance]
 *
 * With --venue there is one client, for all keys are of one account. It reaches the emulated venue by the link.
 *
 * Exits with 1 unless every figure that has to be 0 is 0. With --bound there is one more client, which believes in it: what
 * breaks it, breaks limits and the order of nonces, and that is counted apart.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import { Console, Duration, Effect, Fiber, Option, type Random } from "effect"
import { freshSeed, seededRandom, wholeUpTo } from "../src/platform/Random.ts"
import {
  check,
  type Findings,
  readJournals,
  readRecord,
  storiesOf,
  storiesTold,
} from "./support/chaos/check.ts"
import { processesNaming, socketsOn, strangeFiles } from "./support/chaos/leftovers.ts"
import { type Link, openLink } from "./support/chaos/link.ts"
import { machinesNode, type Program, startProgram } from "./support/chaos/processes.ts"
import { untilStopped } from "./support/chaos/untilStopped.ts"
import { type Columns, table } from "./support/table.ts"
import { offeredAt, uuid, VENUES } from "./support/venues/offered.ts"

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "2" },
    seed: { type: "string" },
    bound: { type: "string" },
    keep: { type: "boolean" },
    venue: { type: "string" },
  },
})
const minutes = Number(values.minutes)
const seed = values.seed === undefined ? Effect.runSync(freshSeed) : Number(values.seed)
const venue = VENUES.find((name) => name === values.venue)
if (values.venue !== venue || !(minutes > 0 && minutes <= 24 * 60) || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    "usage: npm run chaos -- [--minutes N] [--seed N] [--bound DURATION] [--venue NAME] [--keep]\n",
  )
  process.exit(2)
}

/** Requests may be this late on top of the exchange's 50 ms. */
const SPIKE_MS = 200
const FAULTS = [
  `spike:0.02:${SPIKE_MS}ms`,
  "lost-request:0.004",
  "lost-request:0.004:then=close",
  "lost-answer:0.004",
  "reset:0.004",
  "truncated:0.004",
  "garbled:0.004",
  "status:0.002:500:judged=no",
  "status:0.002:502",
  "status:0.002:503:retry-after=1s",
  // A ban with an announced end and one without, pages of something before the exchange, and a clock that is off.
  "status:1:418:retry-after=3s:every=53s:for=1s",
  "status:1:418:every=71s:for=2s",
  "status:0.002:429:retry-after=1s:as=date",
  "status:1:403:every=37s:for=150ms",
  "status:1:400:every=59s:for=700ms",
  "stall:every=47s:for=2s",
  "restart:every=31s:for=1s",
]
interface Client {
  readonly name: string
  /** Whether it reaches the exchange by the link. */
  readonly linked: boolean
  /** What it believes in; undefined for nothing, as `run --url` does. */
  readonly bound?: string
}
const KEYS = 2
const LIBRARY: Client = { name: "library", linked: true }
const RUNS: ReadonlyArray<Client> = [
  ...(venue === undefined ? [{ name: "direct", linked: false }] : []),
  { name: "linked", linked: true },
  ...(values.bound === undefined ? [] : [{ name: "bound", linked: true, bound: values.bound }]),
]
const CLIENTS = venue === undefined ? [...RUNS, LIBRARY] : RUNS

/** Whether nonces must rise. */
const isInOrder = venue === undefined || offeredAt[venue].isInOrder

const directory = mkdtempSync(join(tmpdir(), "paceline-chaos-"))
const inDirectory = (...names: ReadonlyArray<string>) => join(directory, ...names)
const keysFile = ({ name }: Client) => inDirectory(`${name}.keys`)
const ordersFile = ({ name }: Client) => inDirectory(`${name}.orders.ndjson`)
const journalFolder = ({ name }: Client) => inDirectory(`${name}.journals`)
const toldFile = inDirectory("library.told.ndjson")
const recordFile = inDirectory("exchange.record.ndjson")
const stateDirectory = inDirectory("state")

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}-${n}`)
/** More orders than the keys can send in the time. */
const ORDERS = Math.ceil(minutes * 60 * 20 * KEYS * 1.2) + 100
/** More orders than a life of the library's client can send. */
const LIBRARY_ORDERS = 400
const idsOf = (client: Client, lives: number): ReadonlyArray<string> =>
  client === LIBRARY
    ? numbered(client.name, lives + 1).flatMap((life) => numbered(life, LIBRARY_ORDERS))
    : venue === undefined
      ? numbered(client.name, ORDERS)
      : Array.from({ length: ORDERS }, (_, n) => uuid(n))

/** What a client knows the exchange by, a line a key. */
const credentialsOf = (client: Client): ReadonlyArray<string> => {
  const keys = numbered(`CHAOS-${seed}-${client.name}`, KEYS)
  if (venue === undefined) return keys
  const passphrase = venue === "coinbaseexchange" ? ["CHAOS-PASSPHRASE"] : []
  return keys.map((key) => [key, Buffer.from(`secret of ${key}`).toString("base64"), ...passphrase].join(" "))
}

/** An order as a line of a file. */
const lineOf = (id: string, n: number): string => {
  if (venue === undefined) return `{"id":"${id}"}\n`
  const { paramsOf, symbols } = offeredAt[venue]
  const symbol = symbols[n % symbols.length] ?? ""
  return `${JSON.stringify({ id, params: paramsOf({ id, madeMs: 0, symbol, price: 100 + n }) })}\n`
}

const prepare = Effect.sync(() => {
  mkdirSync(stateDirectory, { mode: 0o700 })
  for (const client of CLIENTS) {
    writeFileSync(keysFile(client), `${credentialsOf(client).join("\n")}\n`, { mode: 0o600 })
  }
  for (const client of RUNS) {
    mkdirSync(journalFolder(client), { mode: 0o700 })
    writeFileSync(ordersFile(client), idsOf(client, 0).map(lineOf).join(""))
  }
  writeFileSync(toldFile, "")
  writeFileSync(inDirectory("all.keys"), `${CLIENTS.flatMap(credentialsOf).join("\n")}\n`, { mode: 0o600 })
})

const between = (random: Random.Random, fromMs: number, toMs: number) =>
  Duration.millis(fromMs + wholeUpTo(random, toMs - fromMs))
const chance = (random: Random.Random, probability: number) => random.nextDoubleUnsafe() < probability

/** Arguments; none of ours has a blank in it. */
const words = (text: string): ReadonlyArray<string> => text.split(" ")

let port = 0
let linkPort = 0
const urlFor = ({ linked }: Client) =>
  `http://127.0.0.1:${linked ? linkPort : port}${venue === undefined ? "/api/request" : ""}`
/** What a run, and the exchange, is told of the venue. */
const venueWords = venue === undefined ? [] : ["--venue", venue]
const counts = {
  exchangeLives: 0,
  standstills: 0,
  outages: 0,
  interruptions: 0,
  clientLives: 0,
  asUser: 0,
  durable: 0,
  kills: 0,
  orphaned: 0,
  stops: 0,
  suspensions: 0,
  failures: 0,
  outlived: 0,
}

const exchangeLife = Effect.gen(function* () {
  counts.exchangeLives += 1
  const life = yield* startProgram(
    [
      ...words(`exchange --port ${port} --keys-file ${inDirectory("all.keys")} --record ${recordFile}`),
      ...words(`--seed ${seed + counts.exchangeLives}`),
      ...venueWords,
      ...FAULTS.flatMap((fault) => ["--fault", fault]),
    ],
    { errors: inDirectory("exchange.err"), wanted: /http:\S+/ },
  )
  const url = yield* life.said
  if (url === undefined) return yield* Effect.die(new Error("the exchange did not start: see exchange.err"))
  port = Number(new URL(url).port)
  return life
})

/** How long something is away: mostly short, and now and then for longer than requests are waited for. */
const away = (random: Random.Random) =>
  chance(random, 0.3) ? between(random, 5_000, 9_000) : between(random, 200, 3_000)

/** The exchange stands still, and is killed and started again, until it is left alone. */
const exchangeTrouble = Effect.gen(function* () {
  const random = yield* seededRandom(seed, "exchange trouble")
  while (true) {
    yield* Effect.scoped(
      Effect.gen(function* () {
        const life = yield* exchangeLife
        yield* Effect.sleep(between(random, 4_000, 15_000))
        if (chance(random, 0.6)) {
          counts.standstills += 1
          life.signal("SIGSTOP", "all")
          yield* Effect.sleep(away(random))
          life.signal("SIGCONT", "all")
        }
        yield* Effect.sleep(between(random, 4_000, 15_000))
        life.signal(chance(random, 0.5) ? "SIGKILL" : "SIGTERM", "started")
        yield* life.ended
      }),
    )
    yield* Effect.sleep(between(random, 0, 3_000))
  }
})

/** The link is out now and then, until it is left alone. */
const linkTrouble = (link: Link) =>
  Effect.gen(function* () {
    const random = yield* seededRandom(seed, "link trouble")
    while (true) {
      yield* Effect.sleep(between(random, 3_000, 15_000))
      counts.outages += 1
      link.cut()
      yield* Effect.ensuring(
        Effect.sleep(away(random)),
        Effect.sync(() => {
          link.restore(chance(random, 0.5) ? "on" : "reset")
        }),
      )
    }
  })

const journalsOf = (client: Client): ReadonlyArray<string> =>
  readdirSync(journalFolder(client))
    .toSorted()
    .map((name) => join(journalFolder(client), name))

const OWN_NODE = machinesNode()

/** One life of a client. How it is started is drawn, too. */
const clientLife = (client: Client, life: number, random: Random.Random) => {
  counts.clientLives += 1
  const asUser = chance(random, 0.5)
  const durable = chance(random, 0.3)
  if (asUser) counts.asUser += 1
  if (durable) counts.durable += 1
  const folder = journalFolder(client)
  const log = join(folder, `life-${String(life).padStart(5, "0")}.ndjson`)
  return startProgram(
    [
      ...words(`run --url ${urlFor(client)} --keys-file ${keysFile(client)}`),
      ...words(`--orders ${ordersFile(client)} --ttl none --log ${log}`),
      ...words(`--state ${stateDirectory} --resume ${folder} --retry-rejected --no-progress --format json`),
      ...(client.bound === undefined ? [] : ["--bound", client.bound]),
      ...(venue === undefined ? [] : [...venueWords, "--live"]),
      ...(durable ? ["--durable"] : []),
    ],
    {
      ...(asUser ? { node: OWN_NODE } : {}),
      nodeArgs: ["--import", "./bench/support/chaos/steppingClock.js"],
      env: { PACELINE_CHAOS_SEED: String(seed * 100_000 + life) },
      errors: inDirectory(`${client.name}.err`),
    },
  )
}

/** Whatever came of a life must have ended so long after it was stopped or killed. */
const LONGEST_END = Duration.seconds(20)

/** Waits for the end of a life and of all that came of it; what does not end is counted, and goes with the scope. */
const awaitEnd = ({ ended }: Program) =>
  Effect.tap(Effect.timeoutOption(ended, LONGEST_END), (end) =>
    Effect.sync(() => {
      if (Option.isNone(end)) counts.outlived += 1
    }),
  )

/** A client is stopped, suspended and killed, and started again, until it is left alone. */
const clientTrouble = (client: Client, lives: { count: number }) =>
  Effect.gen(function* () {
    const random = yield* seededRandom(seed, `trouble of ${client.name}`)
    while (true) {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const program = yield* clientLife(client, (lives.count += 1), random)
          const { child, signal } = program
          yield* Effect.sleep(between(random, 500, 12_000))
          if (chance(random, 0.2)) {
            counts.suspensions += 1
            signal("SIGSTOP", "all")
            yield* Effect.sleep(between(random, 100, 4_000))
            signal("SIGCONT", "all")
            yield* Effect.sleep(between(random, 0, 1_000))
          }
          // A program that was handed over to must notice by itself that the process before it is gone.
          const whom = chance(random, 0.5) ? "started" : "all"
          if (child.exitCode !== null) counts.failures += 1
          else if (chance(random, 0.75)) {
            counts.kills += 1
            if (whom === "started" && child.spawnfile !== process.execPath) counts.orphaned += 1
            signal("SIGKILL", whom)
          } else {
            counts.stops += 1
            signal(chance(random, 0.5) ? "SIGTERM" : "SIGINT", whom)
          }
          yield* awaitEnd(program)
        }),
      )
    }
  })

/** Lives of a program that uses the library. Each is interrupted, and ends as it likes; none is killed. */
const libraryTrouble = (lives: { count: number }) =>
  Effect.gen(function* () {
    const random = yield* seededRandom(seed, "trouble of library")
    const endsMs = performance.now() + minutes * 60_000
    while (performance.now() < endsMs) {
      const life = lives.count
      lives.count += 1
      const way = ["runMain", "abort", "withdraw"][wholeUpTo(random, 2)] ?? ""
      const program = startProgram(
        [
          ...words(`${way} ${urlFor(LIBRARY)} ${keysFile(LIBRARY)} ${stateDirectory} ${toldFile}`),
          ...words(`${LIBRARY.name}-${life} ${LIBRARY_ORDERS}`),
        ],
        {
          entry: "bench/support/chaos/libraryClient.ts",
          nodeArgs: ["--import", "./bench/support/chaos/steppingClock.js"],
          env: { PACELINE_CHAOS_SEED: String(seed * 100_000 + life) },
          errors: inDirectory(`${LIBRARY.name}.err`),
        },
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const started = yield* program
          yield* Effect.sleep(between(random, 500, 8_000))
          if (started.child.exitCode !== null) counts.failures += 1
          else {
            counts.interruptions += 1
            started.signal(chance(random, 0.5) ? "SIGINT" : "SIGTERM", "started")
          }
          yield* awaitEnd(started)
        }),
      )
    }
  })

/** A last life without trouble, stopped in order: what was sent in it has an outcome. */
const lastLife = (client: Client, lives: { count: number }) =>
  Effect.scoped(
    Effect.gen(function* () {
      const random = yield* seededRandom(seed, `last life of ${client.name}`)
      const program = yield* clientLife(client, (lives.count += 1), random)
      yield* Effect.sleep(Duration.seconds(8))
      program.signal("SIGTERM", "started")
      const status = Option.getOrUndefined(yield* awaitEnd(program))
      if (status !== 143)
        yield* Console.error(`the last life of ${client.name} ended with status ${String(status)}`)
      return status === 143
    }),
  )

interface Row {
  readonly client: Client
  readonly lives: number
  readonly findings: Findings
}

const columns: Columns<Row> = [
  ["client", (_) => _.client.name],
  ["lives", (_) => String(_.lives)],
  ["accepted", (_) => String(_.findings.accepted)],
  ["rejected", (_) => String(_.findings.rejected)],
  ["unknown", (_) => String(_.findings.unknown)],
  ["to come", (_) => String(_.findings.toCome)],
  ["executed twice", (_) => String(_.findings.executedTwice.length)],
  ["sent again", (_) => String(_.findings.sentAgain.length)],
  ["false accounts", (_) => String(_.findings.falseAccounts.length)],
  ["unaccounted", (_) => String(_.findings.unaccounted.length)],
  ["excesses", (_) => String(_.findings.excesses)],
  ["nonce errors", (_) => String(_.findings.nonceErrors + _.findings.noncesOutOfOrder)],
]

/** What nothing may break. A bound that does not hold breaks limits and the order of nonces, and gets keys parked. */
const wrongIn = ({ client, findings: _ }: Row): number =>
  _.executedTwice.length +
  _.sentAgain.length +
  _.falseAccounts.length +
  _.unaccounted.length +
  (client.bound === undefined
    ? _.excesses + _.nonceErrors + _.noncesOutOfOrder + (_.accepted === 0 ? 1 : 0)
    : 0)

const sum = (rows: ReadonlyArray<Row>, of: (row: Row) => number): number =>
  rows.reduce((total, row) => total + of(row), 0)

/** Everything that a run may leave in its directory. */
const EXPECTED_FILES =
  /^(?:exchange\.(?:err|record\.ndjson)|all\.keys|[a-z-]+\.(?:keys|err|told\.ndjson|orders\.ndjson|journals|journals\/life-\d+\.ndjson)|state|state\/[^.]+\.(?:json|lock|owner\.json))$/

const main = Effect.gen(function* () {
  yield* Console.error(`chaos for ${minutes} min, seed ${seed}, in ${directory}`)
  yield* prepare
  const lives = new Map(CLIENTS.map((client) => [client, { count: 0 }]))
  const livesOf = (client: Client) => lives.get(client) ?? { count: 0 }
  const played = yield* Effect.scoped(
    Effect.gen(function* () {
      // A first life finds the port, and the others keep it.
      yield* Effect.scoped(exchangeLife)
      const link = yield* openLink(() => port, yield* seededRandom(seed, "link"))
      linkPort = link.port
      const exchange = yield* Effect.forkScoped(exchangeTrouble)
      const outages = yield* Effect.forkScoped(linkTrouble(link))
      const clients = yield* Effect.forEach(RUNS, (client) =>
        Effect.forkScoped(clientTrouble(client, livesOf(client))),
      )
      const library = yield* Effect.forkScoped(
        venue === undefined ? libraryTrouble(livesOf(LIBRARY)) : Effect.void,
      )
      yield* Effect.sleep(Duration.minutes(minutes))
      yield* Fiber.interruptAll([...clients, outages, exchange])
      const calm = yield* exchangeLife
      const ended = yield* Effect.forEach(RUNS, (client) => lastLife(client, livesOf(client)), {
        concurrency: "unbounded",
      })
      yield* Fiber.join(library)
      calm.signal("SIGTERM", "started")
      yield* calm.ended
      return { ended, strays: link.strays(), unprovable: link.unprovable }
    }),
  )
  const record = readRecord(readFileSync(recordFile, "utf8"))
  const rows = CLIENTS.map((client): Row => {
    const { count } = livesOf(client)
    const ids = new Set(idsOf(client, count))
    const stories =
      client === LIBRARY
        ? storiesTold(readFileSync(toldFile, "utf8"))
        : storiesOf(readJournals(journalsOf(client).map((file) => readFileSync(file, "utf8"))))
    const judged = record.filter(({ id }) => ids.has(id))
    return { client, lives: count, findings: check(ids, stories, judged, played.unprovable, isInOrder) }
  })
  const left = {
    processes: processesNaming(directory).filter((pid) => pid !== String(process.pid)),
    sockets: socketsOn(port) + socketsOn(linkPort),
    files: strangeFiles(directory, EXPECTED_FILES),
  }
  yield* Console.log(table(columns, rows))
  yield* Console.log(
    `\n${counts.clientLives} lives of clients: ${counts.kills} killed, ${counts.stops} stopped, ${counts.suspensions} suspended, ${counts.failures} ended by themselves; ${counts.asUser} were started with ${OWN_NODE}, and of ${counts.orphaned} of these only what was started was killed; ${counts.durable} were durable; ${counts.exchangeLives} lives of the exchange, which stood still ${counts.standstills} times and judged ${record.length} requests.` +
      `\n${livesOf(LIBRARY).count} lives of the library's client, ${counts.interruptions} interrupted; ${counts.outages} outages of the link; ${played.strays} stray answers, and by ${sum(rows, (_) => _.findings.unprovable)} of them an order that cannot be told apart was accounted for falsely.` +
      rows
        .filter(({ client }) => client.bound !== undefined)
        .map(
          ({ client, findings: _ }) =>
            `\nwith a bound of ${client.bound}: ${_.excesses} excesses, ${_.nonceErrors + _.noncesOutOfOrder} nonce errors`,
        )
        .join("") +
      `\nleft over: ${left.processes.length + counts.outlived} processes, ${left.sockets} sockets, ${left.files.length} files`,
  )
  for (const { client, findings } of rows) {
    for (const name of ["executedTwice", "sentAgain", "falseAccounts", "unaccounted"] as const) {
      if (findings[name].length > 0)
        yield* Console.error(`${client.name}, ${name}: ${findings[name].slice(0, 5).join(", ")}`)
    }
  }
  if (left.files.length > 0) yield* Console.error(`files: ${left.files.slice(0, 5).join(", ")}`)
  const wrong =
    sum(rows, wrongIn) +
    left.processes.length +
    counts.outlived +
    left.sockets +
    left.files.length +
    played.ended.filter((ok, n) => !ok && RUNS[n]?.bound === undefined).length
  if (wrong === 0 && values.keep !== true) yield* Effect.sync(() => rmSync(directory, { recursive: true }))
  else yield* Console.error(`kept: ${directory}; repeat with --seed ${seed}`)
  if (wrong > 0) process.exitCode = 1
})

await untilStopped(main)
