/** Generated answers to what exchanges of ccxt send, and what is true of their orders. */
import { binance, bybit, coinbaseexchange, kraken } from "ccxt"
import * as fc from "fast-check"
import type { RejectReason } from "../../src/domain/Outcome.ts"
import type { HttpEnding } from "../../src/http/HttpRequest.ts"

export const NAMES = ["kraken", "binance", "coinbaseexchange", "bybit"] as const
export type Name = (typeof NAMES)[number]

/** All of it is searched for. */
export const MARKS = { apiKey: "MARK-KEY", secret: "TUFSSyBzZWNyZXQ=", password: "MARK-PASS" }
export const LEAKS = /MARK-KEY|MARK-PASS|TUFSSyBzZWNyZXQ/

const CLASSES = { kraken, binance, coinbaseexchange, bybit }
const IDS = { kraken: "XBTUSD", binance: "BTCUSD", coinbaseexchange: "BTC-USD", bybit: "BTCUSD" }

const exchangeOf = (name: Name) => {
  const exchange = new CLASSES[name](MARKS)
  exchange.setMarkets([
    {
      id: IDS[name],
      symbol: "BTC/USD",
      base: "BTC",
      quote: "USD",
      baseId: "BTC",
      quoteId: "USD",
      type: "spot",
      spot: true,
      active: true,
      contract: false,
      info: { orderTypes: ["LIMIT", "MARKET"] },
      precision: { amount: 1e-8, price: 0.01 },
      limits: { amount: {}, price: {}, cost: {} },
    },
  ])
  return exchange
}

export const exchanges = {
  kraken: exchangeOf("kraken"),
  binance: exchangeOf("binance"),
  coinbaseexchange: exchangeOf("coinbaseexchange"),
  bybit: exchangeOf("bybit"),
}

/** What a venue writes, for an order of an id. */
interface Words {
  readonly url: string
  readonly placed: (id: string) => unknown
  readonly cancelled: (id: string) => unknown
  /** Definite refusals, as ccxt has classes for them. */
  readonly refusals: ReadonlyArray<readonly [status: number, body: object, reason: RejectReason]>
  /** Words that leave it open whether the order was executed. */
  readonly open: ReadonlyArray<readonly [status: number, body: object]>
}

const said = (text: string) => ({ error: [text], echo: MARKS.apiKey })
const code = (number: number, msg: string = MARKS.apiKey) => ({ code: number, msg })
const ret = (retCode: number) => ({ retCode, retMsg: `so it says to ${MARKS.apiKey}`, result: {} })

export const WORDS: Readonly<Record<Name, Words>> = {
  kraken: {
    url: "https://api.kraken.com",
    placed: () => ({ error: [], result: { txid: ["OABC-1"], descr: { order: "buy 1 XBTUSD @ limit 3" } } }),
    cancelled: () => ({ error: [], result: { count: 1 } }),
    refusals: [
      [200, said("EOrder:Insufficient funds"), "exchange"],
      [200, said("EOrder:Unknown order"), "exchange"],
      [200, said("EOrder:Rate limit exceeded"), "rate-limit"],
      [200, said("EAPI:Invalid nonce"), "nonce"],
      [200, said("EAPI:Invalid key"), "api-key"],
    ],
    open: [
      [200, said("EService:Busy")],
      [200, said("EService:Unavailable")],
      [200, said("EGeneral:Internal error")],
      [200, said("ENew:What nobody knows")],
    ],
  },
  binance: {
    url: "https://api.binance.com",
    placed: (id) => ({ symbol: "BTCUSD", orderId: 28, clientOrderId: id, status: "NEW" }),
    cancelled: (id) => ({ symbol: "BTCUSD", orderId: 28, origClientOrderId: id, status: "CANCELED" }),
    refusals: [
      [400, code(-2010, "Account has insufficient balance for requested action."), "exchange"],
      [400, code(-1013), "exchange"],
      [429, code(-1015), "rate-limit"],
      [401, code(-2015), "api-key"],
      [400, code(-1021), "clock"],
    ],
    open: [
      [400, code(-1000)],
      [400, code(-1006)],
      [408, code(-1007)],
      [200, { symbol: "BTCUSD", orderId: 29, clientOrderId: "another", status: "NEW" }],
    ],
  },
  coinbaseexchange: {
    url: "https://api.exchange.coinbase.com",
    placed: (id) => ({ id: "d0c5340b", client_oid: id, product_id: "BTC-USD" }),
    cancelled: () => "d0c5340b",
    refusals: [
      [400, { message: "Insufficient funds", echo: MARKS.apiKey }, "exchange"],
      [404, { message: "order not found", echo: MARKS.apiKey }, "exchange"],
      [401, { message: "Invalid API Key", echo: MARKS.password }, "api-key"],
    ],
    open: [[400, { message: "what nobody knows" }]],
  },
  bybit: {
    url: "https://api.bybit.com",
    placed: (id) => ({ retCode: 0, result: { orderId: "77", orderLinkId: id } }),
    cancelled: (id) => ({ retCode: 0, result: { orderId: "77", orderLinkId: id } }),
    refusals: [
      [200, ret(170_131), "exchange"],
      [200, ret(10_006), "rate-limit"],
      [200, ret(10_003), "api-key"],
      [200, ret(10_002), "clock"],
    ],
    open: [
      [200, ret(10_000)],
      [200, ret(10_016)],
      [200, ret(999_999)],
    ],
  },
}

/** What becomes of a request, and what is true of its order. */
export interface Fate {
  readonly ending: HttpEnding
  /** Whether it was certainly not executed; where it was refused, why. */
  readonly truth:
    | { readonly kind: "never" }
    | { readonly kind: "may-be" }
    | { readonly kind: "refused"; readonly reason: RejectReason }
  /** How many turns it takes. */
  readonly turns: number
}

const answered = (status: number, body: string): HttpEnding => ({
  kind: "answered",
  answer: { status, headers: {}, body },
})

const MAY_BE = { kind: "may-be" } as const

const fateOf = (name: Name, id: string, isCancel: boolean): fc.Arbitrary<Fate> => {
  const { cancelled, open, placed, refusals } = WORDS[name]
  const taken = JSON.stringify(isCancel ? cancelled(id) : placed(id))
  const may = (status: number, body: string) => ({ ending: answered(status, body), truth: MAY_BE })
  const refusal = fc.constantFrom(...refusals)
  const ends = fc.oneof(
    fc.constantFrom(
      { ending: { kind: "never-sent", code: "ECONNREFUSED" }, truth: { kind: "never" } } as const,
      { ending: { kind: "broken", code: "ECONNRESET" }, truth: MAY_BE } as const,
      { ending: { kind: "timeout" }, truth: MAY_BE } as const,
    ),
    fc.constantFrom(200, 201).map((status) => may(status, taken)),
    refusal.map(([status, body, reason]) => ({
      ending: answered(status, JSON.stringify(body)),
      truth: { kind: "refused", reason } as const,
    })),
    fc.constantFrom(...open).map(([status, body]) => may(status, JSON.stringify(body))),
    // A failing server's words, a redirect, a page, and what is cut short.
    fc
      .tuple(fc.constantFrom(500, 502, 503, 504, 520), refusal)
      .map(([status, [, body]]) => may(status, JSON.stringify(body))),
    fc.constantFrom(500, 503).map((status) => may(status, taken)),
    fc.constantFrom(301, 307).map((status) => may(status, "")),
    fc.constantFrom(200, 404, 408, 502).map((status) => may(status, "<html>a page</html>")),
    fc.integer({ min: 0, max: taken.length - 1 }).map((length) => may(200, taken.slice(0, length))),
  )
  return fc.tuple(ends, fc.nat(4)).map(([end, turns]) => ({ ...end, turns }))
}

export interface CcxtOrder {
  readonly id: string
  readonly isCancel: boolean
  readonly fate: Fate
}

export interface CcxtWorld {
  readonly name: Name
  readonly orders: ReadonlyArray<CcxtOrder>
  /** How often ccxt is told to try again, and for what. */
  readonly retries: number
  readonly retriesFor: "all" | "order"
  /** What ccxt fails with on what it has read; undefined where it does not. */
  readonly readingFails: "BadSymbol" | "InvalidOrder" | "ArgumentsRequired" | "RateLimitExceeded" | undefined
}

export const worlds: fc.Arbitrary<CcxtWorld> = fc.constantFrom(...NAMES).chain((name) =>
  fc.record({
    name: fc.constant(name),
    orders: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }).chain((cancels) =>
      fc.tuple(
        ...cancels.map((isCancel, index) =>
          fateOf(name, `order-${index}`, isCancel).map((fate) => ({
            id: `order-${index}`,
            isCancel,
            fate,
          })),
        ),
      ),
    ),
    retries: fc.constantFrom(0, 0, 2),
    retriesFor: fc.constantFrom("all", "order"),
    readingFails: fc.constantFrom(
      undefined,
      undefined,
      "BadSymbol",
      "InvalidOrder",
      "ArgumentsRequired",
      "RateLimitExceeded",
    ),
  }),
)
