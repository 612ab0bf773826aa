// Real clients of ccxt, on real sockets and the real clock.
import { InsufficientFunds } from "ccxt"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { pace } from "../../src/ccxt.ts"
import { realTime } from "../support/realTime.ts"
import { type Answers, type Came, ccxtAt, type Tried, venueServer } from "./ccxtServer.ts"

interface Side {
  readonly name: Tried
  /** Whether a request is an order, and bears what signs it. */
  readonly isSigned: (came: Came) => boolean
  readonly isTime: (came: Came) => boolean
  readonly time: unknown
  /** The name that an order bears. */
  readonly idOf: (came: Came) => string
  readonly takes: (came: Came) => unknown
  readonly refuses: { readonly status?: number; readonly body: unknown }
}

const sides: ReadonlyArray<Side> = [
  {
    name: "kraken",
    isSigned: ({ form, headers }) =>
      headers["api-key"] === "MARK-KEY" && (headers["api-sign"] ?? "") !== "" && form.has("nonce"),
    isTime: ({ path }) => path === "/0/public/Time",
    time: { error: [], result: { unixtime: 1_700_000_000 } },
    idOf: ({ form }) => form.get("cl_ord_id") ?? "",
    takes: () => ({
      error: [],
      result: { descr: { order: "buy 1.00000000 XBTUSD @ limit 30000" }, txid: ["OABCDE-1"] },
    }),
    refuses: { body: { error: ["EOrder:Insufficient funds"] } },
  },
  {
    name: "binance",
    isSigned: ({ headers, query, form }) =>
      headers["x-mbx-apikey"] === "MARK-KEY" && (query.has("signature") || form.has("signature")),
    isTime: ({ path }) => path === "/api/v3/time",
    time: { serverTime: 1_700_000_000_000 },
    idOf: ({ form, query }) => form.get("newClientOrderId") ?? query.get("newClientOrderId") ?? "",
    takes: (came) => ({
      symbol: "BTCUSD",
      orderId: 28,
      clientOrderId: sides[1]?.idOf(came),
      transactTime: 1_700_000_000_000,
      status: "NEW",
    }),
    refuses: {
      status: 400,
      body: { code: -2010, msg: "Account has insufficient balance for requested action." },
    },
  },
  {
    name: "coinbaseexchange",
    isSigned: ({ headers }) =>
      headers["cb-access-key"] === "MARK-KEY" &&
      (headers["cb-access-sign"] ?? "") !== "" &&
      headers["cb-access-passphrase"] === "MARK-PASSPHRASE",
    isTime: ({ path }) => path === "/time",
    time: { iso: "2023-11-14T22:13:20Z", epoch: 1_700_000_000 },
    idOf: ({ body }) => /"client_oid":"([^"]+)"/.exec(body)?.[1] ?? "",
    takes: (came) => ({ id: "d0c5340b", client_oid: sides[2]?.idOf(came), product_id: "BTC-USD" }),
    refuses: { status: 400, body: { message: "Insufficient funds" } },
  },
]

const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

const paced = Effect.fnUntraced(function* (
  side: Side,
  answers: Answers,
  options?: Parameters<typeof pace>[1],
) {
  const server = yield* venueServer((came) => (side.isTime(came) ? { body: side.time } : answers(came)))
  const exchange = ccxtAt(side.name, server.url)
  const bot = yield* Effect.acquireRelease(
    Effect.promise(() => pace(exchange, options)),
    ({ close }) => Effect.promise(close),
  )
  const orders = () => server.came.filter((came) => !side.isTime(came))
  return { exchange, bot, orders }
})

describe.each(sides)("a bot of ccxt's $name, paced", (side) => {
  realTime(
    "has its orders sent once each, signed, within the limit, and answered as ccxt answers",
    Effect.gen(function* () {
      const { bot, orders } = yield* paced(side, (came) => ({ body: side.takes(came) }), {
        limits: [{ limit: { rule: "log", limit: 5, windowMs: 300, scope: "account" } }],
      })
      const placed = yield* Effect.promise(() =>
        Promise.all(Array.from({ length: 12 }, () => bot.createOrder("BTC/USD", "limit", "buy", 1, 30_000))),
      )
      expect(placed.map(({ id }) => id)).toEqual(Array.from({ length: 12 }, () => placed[0]?.id))
      expect(placed[0]?.id).toMatch(/./)
      expect(orders().length).toBe(12)
      expect(orders().every(side.isSigned)).toBe(true)
      expect(new Set(orders().map(side.idOf)).size).toBe(12)
      const times = orders().map(({ atMs }) => atMs)
      for (const [n, atMs] of times.entries())
        expect(times.slice(n).filter((later) => later < atMs + 300).length).toBeLessThanOrEqual(5)
      if (side.name === "kraken") {
        const nonces = orders().map(({ form }) => Number(form.get("nonce")))
        expect(nonces).toEqual([...new Set(nonces)].toSorted((a, b) => a - b))
      }
    }),
  )

  realTime(
    "is told of a refusal in ccxt's own class, with no credential in it",
    Effect.gen(function* () {
      const { bot, orders } = yield* paced(side, () => side.refuses)
      const error = yield* Effect.promise(() => thrown(bot.createOrder("BTC/USD", "limit", "buy", 1, 30_000)))
      expect(error).toBeInstanceOf(InsufficientFunds)
      expect(orders().length).toBe(1)
      expect(String(error)).not.toMatch(/MARK|bWFyaz/)
    }),
  )

  realTime(
    "is told that an order may have been executed, and has it sent once, where no usable answer comes",
    Effect.gen(function* () {
      for (const answer of [
        undefined,
        { status: 503, body: "{}" },
        { status: 502, body: "<html>" },
        { status: 200, body: "<html>" },
        { status: 200, body: "{}" },
      ]) {
        const { bot, orders } = yield* paced(side, () => answer)
        const error = yield* Effect.promise(() =>
          thrown(bot.createOrder("BTC/USD", "limit", "buy", 1, 30_000)),
        )
        expect(String(error)).toContain("may have been executed")
        expect(orders().length).toBe(1)
      }
    }),
  )

  realTime(
    "is told what ccxt cannot send, before anything is",
    Effect.gen(function* () {
      const { bot, orders } = yield* paced(side, () => side.refuses)
      const error = yield* Effect.promise(() => thrown(bot.createOrder("NO/PE", "limit", "buy", 1, 30_000)))
      expect(String(error)).toContain("NO/PE")
      expect(orders()).toEqual([])
    }),
  )
})

describe("an exchange that cannot be paced", () => {
  const URL_OF_NOBODY = "http://127.0.0.1:9"
  const problems: ReadonlyArray<readonly [what: string, change: object, words: string]> = [
    ["without markets", { markets: undefined }, "await exchange.loadMarkets() first"],
    ["behind a proxy", { httpsProxy: "http://127.0.0.1:8" }, "it has httpsProxy set"],
    ["with an agent of its own", { httpsAgent: {} }, "it has httpsAgent set"],
    ["whose limits nobody knows", { id: "lakeside" }, "none are known of lakeside"],
    ["that does not tell its time", { has: {} }, "give its address"],
    ["without a secret", { secret: "" }, "the secret of key-1 is empty"],
  ]

  it.each(problems)("%s is refused before anything is sent", async (_, change, words) => {
    const exchange = Object.assign(ccxtAt("kraken", URL_OF_NOBODY), change)
    expect(String(await thrown(pace(exchange)))).toContain(words)
  })

  it("elsewhere than its orders go is told so, and its other calls stay as they were", async () => {
    const exchange = ccxtAt("binance", URL_OF_NOBODY)
    const bot = await pace(exchange, { url: new URL("http://127.0.0.1:10") })
    expect(String(await thrown(bot.createOrder("BTC/USD", "limit", "buy", 1, 30_000)))).toContain(
      "it goes to http://127.0.0.1:9, and orders to http://127.0.0.1:10",
    )
    await bot.close()
    expect(exchange.enableRateLimit).toBe(true)
    expect(exchange.fetchImplementation).toBeUndefined()
  })
})
