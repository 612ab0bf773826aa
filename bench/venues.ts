/**
 * How much of what a venue lets through its clients get: Paceline beside ccxt with its own throttler, against each emulated venue with the
 * same orders and delays. Exchange and client are processes of their own; the venues take their turns side by side.
 *
 *     npm run bench:venues -- [--seconds 60] [--seed N] [--venue NAME] [--load 2] [--phase MS] [--json]
 *
 * Orders are made at random moments, for the venue's symbols in turn at random, and are worth sending for a second. The first minute begins
 * with one of the venue's windows, or `--phase` into it. The ceiling is what a client without delay carries of the same orders.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import { Console, Effect, Redacted, Schema } from "effect"
import { demoKeys } from "../src/exchange/demoKeys.ts"
import { againstEmulator } from "./support/exchangeProcess.ts"
import { type Columns, table } from "./support/table.ts"
import { type ClientProgram, feedClient, type TimedLine } from "./support/venues/client.ts"
import {
  type Asked,
  carried,
  type EmulatedName,
  offeredAt,
  type OfferedOrder,
  offeredOrders,
  TTL_MS,
  VENUES,
} from "./support/venues/offered.ts"

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "7" },
    load: { type: "string", default: "2" },
    phase: { type: "string", default: "0" },
    venue: { type: "string" },
    json: { type: "boolean", default: false },
  },
})
const number = (text: string): number => Number(text)
const seconds = number(values.seconds)
const seed = number(values.seed)
const load = number(values.load)
const phaseMs = number(values.phase)
const names = VENUES.filter((name) => values.venue === undefined || values.venue === name)
if (names.length === 0 || ![seconds, load].every((each) => each > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    "usage: npm run bench:venues -- [--seconds N] [--seed N] [--venue NAME] [--load X] [--phase MS] [--json]\n",
  )
  process.exit(2)
}

/** The longest delay, each way: the emulator's own default. */
const LONGEST_MS = 50
/** The longest of the windows that begin together. */
const WINDOW_MS = 10_000

interface Client {
  readonly name: string
  readonly keys: number
  /** A style of ccxt's bot, and how many milliseconds its throttler leaves to a cost of one, where that is not ccxt's default. */
  readonly ccxt?: { readonly style: "turn" | "all"; readonly rateLimit?: number }
}

const paceline = (keys = 1): Client => ({ name: "paceline", keys })
const inTurn: Client = { name: "ccxt, one by one", keys: 1, ccxt: { style: "turn" } }
const atOnce: Client = { name: "ccxt, `Promise.all`", keys: 1, ccxt: { style: "all" } }
/** Told by the bot's author how many orders the venue takes. */
const told = (rateLimit: number): Client => ({
  name: "ccxt, told the limit",
  keys: 1,
  ccxt: { style: "all", rateLimit },
})
const clientsOf: Readonly<Record<EmulatedName, ReadonlyArray<Client>>> = {
  // Its throttler has one rate for all that is asked, and Kraken a counter for each pair: there is nothing to tell it.
  kraken: [paceline(1), paceline(3), inTurn, atOnce],
  // To ccxt an order costs a fifth.
  binance: [paceline(), inTurn, atOnce, told(500)],
  coinbaseexchange: [paceline(), inTurn, atOnce, told(1000 / 15)],
}

const Verdicts = Schema.Record(Schema.String, Schema.Int)
const VenueTally = Schema.Struct({
  type: Schema.tag("tally"),
  keys: Schema.Array(Schema.Struct({ verdicts: Verdicts })),
  unread: Schema.Int,
})

const directory = mkdtempSync(join(tmpdir(), "paceline-bench-"))

const keysFile = (venue: EmulatedName, keys: number): string => {
  const path = join(directory, `${venue}-${keys}.keys`)
  const plain = demoKeys.slice(0, keys).map(({ key = Redacted.make(""), passphrase, secret }) => {
    const parts =
      venue === "coinbaseexchange" && passphrase !== undefined ? [key, secret, passphrase] : [key, secret]
    return parts.map(Redacted.value).join(" ")
  })
  writeFileSync(path, `${plain.join("\n")}\n`, { mode: 0o600 })
  return path
}

const programOf = (venue: EmulatedName, { ccxt, keys }: Client, url: URL): ClientProgram => {
  const address = url.href.replace(/\/$/, "")
  if (ccxt !== undefined) {
    const { rateLimit, style } = ccxt
    const more = rateLimit === undefined ? [] : [String(rateLimit)]
    return {
      args: ["bench/support/venues/ccxtBot.ts", venue, address, style, ...more],
      ready: /^ready$/m,
      ends: false,
    }
  }
  const flags = [
    ["--venue", venue],
    ["--url", address],
    ["--keys-file", keysFile(venue, keys)],
    ["--orders", "-"],
    ["--ttl", `${TTL_MS}ms`],
    ["--log", join(directory, `${venue}-${keys}.ndjson`)],
    ["--state", join(directory, `${venue}-${keys}.state`)],
  ]
  return {
    args: ["dist/main.js", "run", "--live", ...flags.flat()],
    ready: /^journal:/m,
    ends: true,
  }
}

/** What the client is told: the run begins with the venue's next window, or so much later. */
const linesOf =
  (venue: EmulatedName, client: Client, orders: ReadonlyArray<OfferedOrder>) => (nowMs: number) => {
    const firstMs = phaseMs + WINDOW_MS * Math.ceil((nowMs - phaseMs) / WINDOW_MS)
    return orders.map((order): TimedLine => {
      const atMs = firstMs + order.madeMs
      const { id, price, symbol } = order
      const createdAt = Math.round(atMs)
      const told =
        client.ccxt === undefined
          ? { id, params: offeredAt[venue].paramsOf(order), createdAt }
          : { symbol, price, createdAt }
      return { atMs, text: JSON.stringify(told) }
    })
  }

interface Row {
  readonly venue: EmulatedName
  readonly client: string
  readonly keys: number
  readonly offered: number
  /** What a client without delay carries. */
  readonly ceiling: number
  /** The same where each of its keys waits for the answer to its last order; undefined where none has to. */
  readonly inOrder: number | undefined
  readonly accepted: number
  /** Refused for a limit. */
  readonly exceeds: number
  readonly nonce: number
  /** Refused for something else. */
  readonly otherwise: number
  /** Turned away unread, by a ban. */
  readonly banned: number
}

const measure = Effect.fnUntraced(function* (venue: EmulatedName, client: Client) {
  const asked: Asked = { venue, seconds, seed, load, phaseMs }
  const orders = yield* offeredOrders(asked)
  const { tally } = yield* againstEmulator(
    ["--venue", venue, "--seed", String(seed), "--max-delay", `${LONGEST_MS}ms`],
    VenueTally,
    (url) => feedClient(programOf(venue, client, url), linesOf(venue, client, orders), TTL_MS),
  )
  const count = (...verdicts: ReadonlyArray<string>): number =>
    tally.keys.reduce(
      (sum, key) => sum + verdicts.reduce((some, verdict) => some + (key.verdicts[verdict] ?? 0), 0),
      0,
    )
  const { keys, name } = client
  const row: Row = {
    venue,
    client: name,
    keys,
    offered: orders.length,
    ceiling: yield* carried(asked, orders),
    inOrder: offeredAt[venue].isInOrder
      ? yield* carried(asked, orders, { keys, longestMs: LONGEST_MS })
      : undefined,
    accepted: count("accepted"),
    exceeds: count("rate-limit"),
    nonce: count("nonce"),
    otherwise: count("clock", "exchange", "api-key"),
    banned: tally.unread + count("blocked"),
  }
  yield* Console.error(`${venue}, ${name}: ${row.accepted} of ${row.ceiling}`)
  return row
})

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`
const columns: Columns<Row> = [
  ["venue", (_) => _.venue],
  ["client", (_) => (_.keys === 1 ? _.client : `${_.client}, ${_.keys} keys`)],
  ["offered", (_) => String(_.offered)],
  ["ceiling", (_) => String(_.ceiling)],
  ["nonces allow", (_) => (_.inOrder === undefined ? "-" : String(_.inOrder))],
  ["accepted", (_) => String(_.accepted)],
  ["share", (_) => percent(_.accepted, _.inOrder ?? _.ceiling)],
  ["over the limit", (_) => String(_.exceeds)],
  ["bad nonce", (_) => String(_.nonce)],
  ["refused otherwise", (_) => String(_.otherwise)],
  ["while banned", (_) => String(_.banned)],
]

const main = Effect.gen(function* () {
  yield* Console.error(`${seconds} s each, load ${load}, seed ${seed}`)
  const rows = yield* Effect.forEach(
    names,
    (venue) => Effect.forEach(clientsOf[venue], (client) => measure(venue, client)),
    { concurrency: "unbounded" },
  )
  yield* Console.log(values.json ? JSON.stringify(rows.flat()) : table(columns, rows.flat()))
}).pipe(Effect.ensuring(Effect.sync(() => rmSync(directory, { recursive: true }))))

await Effect.runPromise(main)
