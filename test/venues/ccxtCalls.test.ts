// What a paced bot's exchange may do by itself, and what becomes of the order then. On real sockets and the real clock.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { inspect } from "node:util"
import { BadSymbol, InvalidNonce } from "ccxt"
import { Effect, Redacted } from "effect"
import { expect, it, vi } from "vitest"
import { pace, type Paced } from "../../src/ccxt.ts"
import { labelCredentials } from "../../src/domain/ApiKey.ts"
import type { HttpTransport } from "../../src/http/HttpTransport.ts"
import { CcxtCalls } from "../../src/venues/ccxt/CcxtCalls.ts"
import { Courier } from "../../src/venues/ccxt/Courier.ts"
import { temporaryFolder } from "../run/journalFile.ts"
import { leaksOf } from "../support/marks.ts"
import { realTime } from "../support/realTime.ts"
import { type Answers, type Came, ccxtAt, type Tried, venueServer } from "./ccxtServer.ts"

const TIMES: Readonly<Record<string, unknown>> = {
  "/0/public/Time": { error: [], result: { unixtime: 1_700_000_000 } },
  "/api/v3/time": { serverTime: 1_700_000_000_000 },
  "/v5/market/time": { retCode: 0, result: { timeSecond: "1700000000", timeNano: "1700000000000000000" } },
}

/** An exchange at a venue, what came there but for pings, and how to pace it. */
const tried = Effect.fnUntraced(function* (name: Tried, answers: Answers) {
  const server = yield* venueServer((came) => {
    const time = TIMES[came.path]
    return time === undefined ? answers(came) : { body: time }
  })
  const exchange = ccxtAt(name, server.url)
  const orders = () => server.came.filter(({ path }) => TIMES[path] === undefined)
  const paced = (options?: Parameters<typeof pace>[1]) =>
    Effect.acquireRelease(
      Effect.promise(() => pace<unknown>(exchange, options)),
      ({ close }) => Effect.promise(close),
    )
  return { exchange, orders, paced }
})

const place = ({ createOrder }: Paced<unknown>, params?: object) =>
  createOrder("BTC/USD", "limit", "buy", 1, 30_000, params)

const thrown = (work: Promise<unknown>): Effect.Effect<unknown> =>
  Effect.promise(() =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  )

const taken = ({ form, query }: Came) => ({
  body: {
    symbol: "BTCUSD",
    orderId: 28,
    clientOrderId: form.get("newClientOrderId") ?? query.get("newClientOrderId"),
    status: "NEW",
  },
})

const retrying: ReadonlyArray<readonly [where: string, options: object, params: object]> = [
  ["all calls", { maxRetriesOnFailure: 3 }, {}],
  ["the venue's call", { order: { maxRetriesOnFailure: 3 } }, {}],
  ["the order", {}, { maxRetriesOnFailure: 3 }],
]
for (const [where, options, params] of retrying)
  realTime(
    `an order is sent once, and told of by its own answer, where ccxt is set up to try again for ${where}`,
    Effect.gen(function* () {
      const { exchange, orders, paced } = yield* tried("binance", () => ({
        status: 400,
        body: { code: -1021, msg: "Timestamp for this request is outside of the recvWindow." },
      }))
      Object.assign(exchange.options, options)
      expect(yield* thrown(place(yield* paced(), params))).toBeInstanceOf(InvalidNonce)
      expect(orders()).toHaveLength(1)
    }),
  )

realTime(
  "an order leaves by its dispatcher alone, where the bot has wrapped what places orders, and paced it before",
  Effect.gen(function* () {
    const { exchange, orders, paced } = yield* tried("binance", taken)
    const own = exchange.createOrder.bind(exchange)
    exchange.createOrder = (...order) => own(...order)
    const first = yield* paced()
    Object.assign(exchange, { createOrder: first.createOrder })
    yield* Effect.promise(() => place(first))
    expect(orders()).toHaveLength(1)
    const second = yield* paced()
    yield* Effect.promise(() => place(second))
    expect(orders()).toHaveLength(2)
  }),
)

realTime(
  "an order that was taken may have been executed, where ccxt fails on what it has read",
  Effect.gen(function* () {
    const { exchange, orders, paced } = yield* tried("binance", taken)
    exchange.parseOrder = () => {
      throw new BadSymbol("binance does not have market symbol BTCUSD")
    }
    expect(String(yield* thrown(place(yield* paced())))).toMatch(/BTCUSD.*may have been executed/)
    expect(orders()).toHaveLength(1)
  }),
)

realTime(
  "of two orders of one name at the same time one is placed, and the other told so",
  Effect.gen(function* () {
    const { orders, paced } = yield* tried("binance", taken)
    const bot = yield* paced()
    const params = { clientOrderId: "mine" }
    const both = yield* Effect.promise(() => Promise.allSettled([place(bot, params), place(bot, params)]))
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"])
    expect(inspect(both)).toContain("DuplicateOrder")
    expect(orders()).toHaveLength(1)
  }),
)

realTime(
  "an order can be cancelled by the name that the bot has given it, while that is under way",
  Effect.gen(function* () {
    const { orders, paced } = yield* tried("binance", taken)
    const bot = yield* paced()
    const params = { clientOrderId: "mine" }
    yield* Effect.promise(() => Promise.all([place(bot, params), bot.cancelOrder("", "BTC/USD", params)]))
    expect(
      orders()
        .map(({ method }) => method)
        .toSorted(),
    ).toEqual(["DELETE", "POST"])
  }),
)

realTime(
  "what a bot leaves out of an order, or gives null for, stays out",
  Effect.gen(function* () {
    const { orders, paced } = yield* tried("binance", taken)
    const bot = yield* paced()
    yield* Effect.promise(() => bot.createOrder("BTC/USD", "market", "buy", 1, null))
    const [{ form, query } = { form: new URLSearchParams(), query: new URLSearchParams() }] = orders()
    expect(`${form.toString()}${query.toString()}`).not.toMatch(/NaN|price/)
  }),
)

const ACCOUNT: Readonly<Record<string, object>> = {
  "/v5/user/query-api": { unified: 0, uta: 1 },
  "/v5/account/info": { unifiedMarginStatus: 6 },
}
const bybitAnswers: Answers = ({ body, path }) => ({
  body: {
    retCode: 0,
    result: ACCOUNT[path] ?? { orderId: "77", orderLinkId: /"orderLinkId":"([^"]+)"/.exec(body)?.[1] },
  },
})

realTime(
  "what ccxt must know before it can write an order is asked once, and is no order",
  Effect.gen(function* () {
    const { orders, paced } = yield* tried("bybit", bybitAnswers)
    const bot = yield* paced()
    yield* Effect.promise(() => place(bot))
    yield* Effect.promise(() => Promise.all([place(bot), place(bot)]))
    const paths = orders().map(({ path }) => path)
    expect(paths.slice(0, 2).toSorted()).toEqual(Object.keys(ACCOUNT).toSorted())
    expect(paths.slice(2)).toEqual(["/v5/order/create", "/v5/order/create", "/v5/order/create"])
  }),
)

realTime(
  "an order certainly was not sent, where the venue does not answer what ccxt must know before",
  Effect.gen(function* () {
    const { orders, paced } = yield* tried("bybit", (came) =>
      ACCOUNT[came.path] === undefined ? bybitAnswers(came) : undefined,
    )
    expect(String(yield* thrown(place(yield* paced())))).toMatch(
      /it asks \/v5\/.* first, and there is no answer/,
    )
    expect(orders().map(({ path }) => path)).not.toContain("/v5/order/create")
  }),
)

realTime(
  "nothing is asked between orders whose nonces must rise",
  Effect.gen(function* () {
    const { orders, paced } = yield* tried("bybit", bybitAnswers)
    const bot = yield* paced({ nonces: "rising" })
    expect(String(yield* thrown(place(bot)))).toContain("where nonces rise nothing goes between orders")
    expect(orders()).toEqual([])
  }),
)

realTime(
  "no credential is printed, thrown or kept, where ccxt is set up to print requests and the venue repeats them in any form",
  Effect.gen(function* () {
    const secrets = ["MARK/key+1", 'MARK"secret\\2', "MARK/token"]
    const [apiKey = "", secret = "", token = ""] = secrets
    const escaped = secrets.map((text) => JSON.stringify(text).replaceAll("/", "\\/"))
    const text = secrets.map((text) => `${text} ${encodeURIComponent(text)}`).join()
    const msg = JSON.stringify(`Account has insufficient balance for requested action. ${text}`)
    const { exchange, orders, paced } = yield* tried("binance", () => ({
      status: 400,
      body: `{"code":-2010,"msg":${msg},"echo":[${escaped.join()}]}`,
    }))
    Object.assign(exchange, { verbose: true, apiKey, secret, token })
    const printed = vi.spyOn(console, "log").mockReturnValue(undefined)
    const state = yield* temporaryFolder
    const bot = yield* paced({ state })
    const error = yield* thrown(place(bot))
    const said = inspect([printed.mock.calls, error, bot], { depth: 9, showHidden: true })
    printed.mockRestore()
    const kept = readdirSync(state, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => name + readFileSync(join(parentPath, name), "latin1"))
    expect(orders()[0]?.headers["x-mbx-apikey"]).toBe(apiKey)
    expect(said).toContain("key-1")
    expect(kept).not.toEqual([])
    expect(leaksOf([said, JSON.stringify(error), ...kept].join("\n"), secrets)).toEqual([])
  }),
)

const DEMO_KEY = labelCredentials([{ key: Redacted.make("key"), secret: Redacted.make("c2VjcmV0") }])[0]

it("two calls at the same time do not read each other's answers", async () => {
  const calls = new CcxtCalls(ccxtAt("kraken", "http://127.0.0.1:9"))
  const cancel = (error: string) =>
    calls
      .run(
        {
          send: () =>
            Promise.resolve({
              answer: { status: 200, headers: {}, body: JSON.stringify({ error: [error] }) },
            }),
        },
        DEMO_KEY,
        (heir) => heir.cancelOrder("OABC-1"),
      )
      .catch(String)
  const [busy, unknown] = await Promise.all([cancel("EService:Busy"), cancel("EOrder:Unknown order")])
  expect(busy).toContain("ExchangeNotAvailable")
  expect(unknown).toContain("OrderNotFound")
})

it("nothing is sent for a call that nobody waits for any more", async () => {
  let sends = 0
  const send: HttpTransport["send"] = () =>
    Effect.suspend(() => {
      sends += 1
      return Effect.never
    })
  const courier = new Courier({
    http: { send, sendApart: send },
    origin: "http://127.0.0.1:9",
    watch: { onWritten: () => undefined, onSettled: () => undefined },
    isOrder: true,
    names: [],
    onAnswer: () => undefined,
  })
  const call = courier.callUntil(AbortSignal.abort())
  const message = { method: "POST", path: "/", headers: {} } as const
  await expect(call.send("http://127.0.0.1:9", message)).rejects.toThrow("nobody waits")
  expect(sends).toBe(0)
  expect(courier.sending.isBegun).toBe(false)
})
