// On the real clock: `run --venue` as a process, against servers of this machine that answer as venues do.
import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect } from "@effect/vitest"
import { Duration, Effect, Redacted } from "effect"
import { labelCredentials } from "../../src/domain/ApiKey.ts"
import { emulatedVenues } from "../../src/exchange/emulatedVenues.ts"
import { makeVenue } from "../../src/exchange/ExchangeServer.ts"
import { temporaryFolder } from "../run/journalFile.ts"
import { leaksOf } from "../support/marks.ts"
import { realTime as test } from "../support/realTime.ts"
import { type Answering, venueServer } from "../support/venueServer.ts"
import { launch, MAIN } from "./process.ts"

/** Kraken's and Coinbase's secrets are base64: this one's own letters are easy to find again. */
const KEY = "MARKkey/1+2"
const SECRET = "MARKsecret+9/AAAAA=="
const PASSPHRASE = 'MARKpass&"3'
const LINES = {
  kraken: `${KEY} ${SECRET}`,
  binance: `${KEY} ${SECRET}`,
  coinbaseexchange: `${KEY} ${SECRET} ${PASSPHRASE}`,
}
const FORMS = [KEY, SECRET, PASSPHRASE]

const UUID = "0f2c3f6e-6f0a-4c39-8a3c-0a9a2d6a0b1"
const ORDERS = {
  kraken: [1, 2, 3].map((n) => ({
    id: `o-${n}`,
    params: { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "1" },
  })),
  binance: [1, 2, 3].map((n) => ({
    id: `o-${n}`,
    params: { symbol: "LTCBTC", side: "BUY", type: "LIMIT" },
  })),
  coinbaseexchange: [1, 2, 3].map((n) => ({ id: `${UUID}${n}`, params: { product_id: "A-B", side: "buy" } })),
}

const ANSWERS: Readonly<Record<keyof typeof ORDERS, Answering>> = {
  kraken: ({ url, body }, response) => {
    const nonce = new URLSearchParams(body).get("nonce") ?? ""
    const placed = { descr: { order: "buy 1 XBTUSD @ market" }, txid: [`OU-${nonce}`] }
    const result = url === "/0/public/Time" ? { unixtime: Math.floor(Date.now() / 1000) } : placed
    response.end(JSON.stringify({ error: [], result }))
  },
  binance: ({ url }, response) => {
    response.end(JSON.stringify(url === "/api/v3/time" ? { serverTime: Date.now() } : {}))
  },
  coinbaseexchange: ({ body, url }, response) => {
    const epoch = Date.now() / 1000
    const placed = { id: "d0c5340b", status: "pending", client_oid: /"client_oid":"([^"]*)"/.exec(body)?.[1] }
    response.end(JSON.stringify(url === "/time" ? { iso: "x", epoch } : placed))
  },
}

/** Runs in a folder of its own, with orders and keys in files. */
const runVenue = Effect.fnUntraced(function* (
  venue: keyof typeof ORDERS,
  args: ReadonlyArray<string>,
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly orders?: ReadonlyArray<unknown>
    readonly keys?: string
    readonly mode?: number
  } = {},
) {
  const folder = yield* temporaryFolder
  const file = (name: string) => join(folder, name)
  const orders = options.orders ?? ORDERS[venue]
  writeFileSync(file("orders"), orders.map((order) => JSON.stringify(order)).join("\n"))
  writeFileSync(file("keys"), options.keys ?? LINES[venue])
  chmodSync(file("keys"), options.mode ?? 0o600)
  const ended = yield* Effect.promise(
    () =>
      launch(
        [
          MAIN,
          "run",
          `--venue=${venue}`,
          `--orders=${file("orders")}`,
          `--log=${file("log")}`,
          `--state=${file("state")}`,
          "--log-level=all",
          "--ttl=none",
          ...(options.env === undefined ? [`--keys-file=${file("keys")}`] : []),
          ...args,
        ],
        options.env === undefined ? {} : { env: options.env },
      ).ended,
  )
  const shown = `${ended.stdout}${ended.stderr}`
  expect(leaksOf(shown, FORMS)).toEqual([])
  return { ...ended, file, journal: () => readFileSync(file("log"), "utf8") }
})

const venues = ["kraken", "binance", "coinbaseexchange"] as const

/** More orders than an emulated venue takes at once. */
const MANY: Readonly<Record<keyof typeof ORDERS, ReadonlyArray<unknown>>> = {
  kraken: Array.from({ length: 63 }, (_, n) => ({
    id: `o-${n}`,
    params: { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "1" },
  })),
  binance: Array.from({ length: 104 }, (_, n) => ({
    id: `o-${n}`,
    params: { symbol: "LTCBTC", side: "BUY", type: "LIMIT_MAKER", quantity: "1", price: "0.1" },
  })),
  coinbaseexchange: Array.from({ length: 40 }, (_, n) => ({
    id: `${UUID.slice(0, -2)}${100 + n}`,
    params: { product_id: "BTC-USD", side: "buy", price: "1", size: "1" },
  })),
}

/** More requests than Binance takes orders, and more than Kraken's engine counts, with cancels of those that are long there. */
const MIXED = {
  kraken: [
    ...MANY.kraken.slice(0, 26),
    ...Array.from({ length: 5 }, (_, n) => ({
      id: `c-${n}`,
      params: { action: "cancel", pair: "XBTUSD", cl_ord_id: `o-${n}` },
    })),
  ],
  binance: [
    ...MANY.binance.slice(0, 95),
    ...Array.from({ length: 60 }, (_, n) => ({
      id: `c-${n}`,
      params: { action: "cancel", symbol: "LTCBTC", origClientOrderId: `o-${n}` },
    })),
  ],
}

describe.concurrent("run --venue", () => {
  for (const venue of venues) {
    test(
      `${venue} sends a file's orders, keeps what the venue says of them, and shows no credentials`,
      Effect.gen(function* () {
        const { seen, url } = yield* venueServer(ANSWERS[venue])
        const { journal, status, stderr } = yield* runVenue(venue, ["--url", url.href])
        expect([status, stderr.match(/internal error/)]).toEqual([0, null])
        const lines = journal()
        expect(leaksOf(lines, FORMS)).toEqual([])
        expect(lines.match(/"outcome":"accepted"/g)).toHaveLength(3)
        expect(lines).toContain(`"venue":"${venue}"`)
        if (venue === "kraken") expect(lines).toContain('"said":"txid=OU-')
        if (venue === "coinbaseexchange") expect(lines).toContain('"said":"id=d0c5340b&status=pending"')
        const sent = seen.filter(({ method }) => method === "POST")
        expect(sent).toHaveLength(3)
        const texts = sent.map(({ body, url: path }) => body + path).join()
        expect(leaksOf(texts, FORMS)).toEqual([])
        if (venue === "kraken") expect(texts).toContain("validate=true")
        if (venue === "binance") expect(texts).toContain("/api/v3/order/test?")
      }),
    )

    test(
      `${venue} carries more orders than its emulation takes at once, and none is refused`,
      Effect.gen(function* () {
        const [key = "", secret = "", passphrase] = LINES[venue].split(" ")
        const parts = { key: Redacted.make(key), secret: Redacted.make(secret) }
        const emulated = yield* makeVenue({
          host: "127.0.0.1",
          port: 0,
          venue: emulatedVenues[venue],
          keys: labelCredentials([
            passphrase === undefined ? parts : { ...parts, passphrase: Redacted.make(passphrase) },
          ]),
          maxDelay: Duration.millis(10),
          seed: 1,
        })
        const orders = MANY[venue]
        const { status } = yield* runVenue(venue, ["--url", emulated.url, "--live"], { orders })
        expect(status).toBe(0)
        expect(yield* emulated.tally).toMatchObject({
          keys: [{ orders: orders.length, verdicts: { accepted: orders.length } }],
          unsigned: 0,
          unread: 0,
          banned: 0,
        })
      }),
    )

    test(
      `${venue} shows no credentials that answers repeat`,
      Effect.gen(function* () {
        const { url } = yield* venueServer(({ headers, method }, response) => {
          const repeated = JSON.stringify([headers, LINES[venue].split(" ")])
          response.statusCode = method === "GET" || venue === "kraken" ? 200 : 400
          if (method === "GET")
            return ANSWERS[venue]({ method, headers, url: timeOf(venue), body: "" }, response)
          response.end(
            JSON.stringify({ error: [`EOrder:${repeated}`], code: -2010, msg: repeated, message: repeated }),
          )
        })
        const { journal, status } = yield* runVenue(venue, ["--url", url.href], {
          env: { PACELINE_API_KEYS: LINES[venue] },
        })
        expect(status).toBe(1)
        expect(journal()).toContain('"outcome":"rejected","reason":"exchange","said":"')
        expect(leaksOf(journal(), FORMS)).toEqual([])
      }),
    )
  }

  for (const venue of ["kraken", "binance"] as const)
    test(
      `${venue} carries orders and cancels as it counts them, and its journal proves it`,
      Effect.gen(function* () {
        const [key = "", secret = ""] = LINES[venue].split(" ")
        const emulated = yield* makeVenue({
          host: "127.0.0.1",
          port: 0,
          venue: emulatedVenues[venue],
          keys: labelCredentials([{ key: Redacted.make(key), secret: Redacted.make(secret) }]),
          maxDelay: Duration.millis(10),
          seed: 1,
        })
        const orders = MIXED[venue]
        const { file, journal, status } = yield* runVenue(venue, ["--url", emulated.url, "--live"], {
          orders,
        })
        expect(status).toBe(0)
        expect(yield* emulated.tally).toMatchObject({
          keys: [{ orders: orders.length, verdicts: { accepted: orders.length } }],
          banned: 0,
        })
        const certified = launch([MAIN, "summarise", "--certify", file("log")]).ended
        expect((yield* Effect.promise(() => certified)).status).toBe(0)
        // Of Binance's 100 orders in ten seconds cancels take none; at Kraken five take 40 of 60.
        const sentAt = Array.from(journal().matchAll(/"type":"sent","t":([\d.]+)/g), ([, t]) => Number(t))
        if (venue === "binance") expect(Math.max(...sentAt)).toBeLessThan(9000)
        else expect(Math.max(...sentAt)).toBeGreaterThan(4000)
      }),
    )

  test(
    "has orders executed with --live alone",
    Effect.gen(function* () {
      const { seen, url } = yield* venueServer(ANSWERS.kraken)
      const { journal, status } = yield* runVenue("kraken", [
        "--url",
        url.href,
        "--live",
        "--nonce-unit=ns",
        "--tier=pro",
        "--expiry=20s",
      ])
      expect(status).toBe(0)
      expect(journal()).toContain('"said":"txid=OU-')
      expect(seen.some(({ body }) => body.includes("validate"))).toBe(false)
      // Each request after the one before.
      const nonces = seen
        .filter(({ method }) => method === "POST")
        .map(({ body }) => Number(new URLSearchParams(body).get("nonce")))
      expect(nonces).toEqual(nonces.toSorted((a, b) => a - b))
      expect(Math.min(...nonces)).toBeGreaterThan(1.7e18)
      expect(journal()).toContain('"limit":180')
      const deadlines = seen.flatMap(({ body }) => new URLSearchParams(body).get("deadline") ?? [])
      expect(deadlines).toHaveLength(3)
      for (const deadline of deadlines)
        expect(Math.abs(Date.parse(deadline) - Date.now() - 10_000)).toBeLessThan(10_000)
    }),
  )

  test(
    "says of a run without --live that nothing was executed, and goes on from it only to check again",
    Effect.gen(function* () {
      const { seen, url } = yield* venueServer(ANSWERS.binance)
      const checked = yield* runVenue("binance", ["--url", url.href])
      expect(checked.stdout).toContain("orders were only checked: none was executed")
      expect(checked.stderr).toContain("only checks orders")
      const sentBefore = seen.length
      const args = ["--url", url.href, `--resume=${checked.file("log")}`]
      const live = yield* runVenue("binance", [...args, "--live"])
      expect(live.status).toBe(2)
      expect(live.stderr).toContain("is of a run that only had its orders checked: none was executed")
      expect(seen).toHaveLength(sentBefore)
      expect((yield* runVenue("binance", args)).stderr).toContain("3 orders were done before")
    }),
  )

  test(
    "says in one line what is missing, before anything is sent",
    Effect.gen(function* () {
      const { seen, url } = yield* venueServer(ANSWERS.kraken)
      const at = ["--url", url.href]
      const refused = Effect.fnUntraced(function* (
        venue: keyof typeof ORDERS,
        args: ReadonlyArray<string>,
        options?: Parameters<typeof runVenue>[2],
      ) {
        const { status, stderr } = yield* runVenue(venue, args, options)
        expect(status).toBe(2)
        expect(stderr.trim().split("\n")).toHaveLength(1)
        return stderr.trim()
      })
      expect(yield* refused("kraken", at, { env: { PACELINE_API_KEYS: "" } })).toContain(
        "--venue kraken: give API keys with --keys-file or in PACELINE_API_KEYS, each as key and secret (base64), with blanks between",
      )
      expect(yield* refused("kraken", at, { mode: 0o644 })).toContain("is open to others than its owner")
      expect(yield* refused("kraken", at, { keys: "only-a-key" })).toContain(
        "line 1: there are no credentials for kraken; write key and secret (base64), with blanks between",
      )
      expect(yield* refused("coinbaseexchange", at, { keys: LINES.kraken })).toContain(
        "write key, secret (base64) and passphrase, with blanks between",
      )
      expect(yield* refused("kraken", at, { keys: `${LINES.kraken}\n${LINES.kraken}` })).toContain(
        "line 2: the API key is the same as in line 1",
      )
      expect(yield* refused("kraken", at, { orders: [{ id: "o-1", params: { pair: "XBTUSD" } }] })).toContain(
        "line 1: ",
      )
      expect(yield* refused("coinbaseexchange", [])).toContain("add --live")
      expect(yield* refused("binance", ["--nonce-unit=us"])).toContain(
        "--nonce-unit and --venue binance: its orders carry the time and no nonces; leave --nonce-unit out",
      )
      expect(seen).toEqual([])
    }),
  )
})

const timeOf = (venue: keyof typeof ORDERS): string =>
  ({ kraken: "/0/public/Time", binance: "/api/v3/time", coinbaseexchange: "/time" })[venue]
