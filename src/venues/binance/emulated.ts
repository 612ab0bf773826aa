/**
 * Binance Spot as it looks from outside, for the emulator: weights of an address, orders of an account, bans for going on.
 *
 * github.com/binance/binance-spot-api-docs: rest-api.md, errors.md, enums.md; read in November 2026.
 */
import { createHmac } from "node:crypto"
import { Redacted } from "effect"
import type { RejectReason } from "../../domain/Outcome.ts"
import {
  type EmulatedAnswer,
  type EmulatedRequest,
  type EmulatedVenue,
  type EmulatorDesk,
  jsonAnswer,
} from "../Emulated.ts"
import { type EmulatedOrder, EmulatedOrders } from "../emulatedOrders.ts"
import { assetsOf, binanceExchangeInfo, SYMBOLS } from "./emulatedPublic.ts"

const DAY_MS = 86_400_000

/** After so many refusals while an address was asked to wait, it is banned. Binance says "repeatedly" and gives no number. */
const STRIKES = 10
/** The first ban lasts so long, each further one twice as long. Binance gives the ends, 2 minutes and 3 days. */
const BAN_MS = 2 * 60_000
const LONGEST_BAN_MS = 3 * DAY_MS

/** What an address has done. */
interface Visitor {
  /** It was asked to wait until then. */
  waitUntilMs: number
  strikes: number
  bans: number
  bannedUntilMs: number
}

/** What a request weighs, and whether it must be signed; none is for all paths besides. */
const ROUTES: Readonly<Record<string, { readonly weight: number; readonly isSigned?: boolean }>> = {
  "GET /api/v3/ping": { weight: 1 },
  "GET /api/v3/time": { weight: 1 },
  "GET /api/v3/exchangeInfo": { weight: 20 },
  "POST /api/v3/order": { weight: 1, isSigned: true },
  "POST /api/v3/order/test": { weight: 1, isSigned: true },
  "DELETE /api/v3/order": { weight: 1, isSigned: true },
  "GET /api/v3/order": { weight: 4, isSigned: true },
  "GET /api/v3/openOrders": { weight: 80, isSigned: true },
  "GET /api/v3/account": { weight: 20, isSigned: true },
  "GET /api/v3/rateLimit/order": { weight: 40, isSigned: true },
  // Neither counts in the weights of the paths above: clients ask them for what there is to trade.
  "GET /sapi/v1/capital/config/getall": { weight: 0, isSigned: true },
  "GET /sapi/v1/margin/allPairs": { weight: 0 },
  "GET /sapi/v1/margin/isolated/allPairs": { weight: 0, isSigned: true },
  "GET /fapi/v1/exchangeInfo": { weight: 0 },
  "GET /dapi/v1/exchangeInfo": { weight: 0 },
}

const MANDATORY = ["symbol", "side", "type"]
const BY_TYPE: Readonly<Record<string, ReadonlyArray<string>>> = {
  LIMIT: ["timeInForce", "quantity", "price"],
  LIMIT_MAKER: ["quantity", "price"],
  MARKET: [],
}

const error = (status: number, code: number, msg: string, headers = {}): EmulatedAnswer =>
  jsonAnswer(status, { code, msg }, headers)

const seconds = (ms: number): string => String(Math.ceil(ms / 1000))

/** A request's parameters, what of them is signed, and by what. */
const readSigned = ({ body, query }: EmulatedRequest) => {
  const inQuery = new URLSearchParams(query)
  const inBody = new URLSearchParams(body)
  const param = (name: string): string => inQuery.get(name) ?? inBody.get(name) ?? ""
  const unsigned = (text: string) =>
    text
      .split("&")
      .filter((part) => !part.startsWith("signature="))
      .join("&")
  return { param, payload: unsigned(query) + unsigned(body), signature: param("signature") }
}

type Signed = ReturnType<typeof readSigned>

/** What is wrong with a signed request's time; times may be in microseconds. */
const timeProblem = ({ param }: Signed, nowMs: number): EmulatedAnswer | undefined => {
  const text = param("timestamp")
  if (!/^\d{1,16}$/.test(text))
    return error(400, -1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.")
  const recvWindow = Number(param("recvWindow") || 5000)
  if (!(recvWindow <= 60_000)) return error(400, -1131, "recvWindow must be less than 60000")
  const timestamp = text.length >= 16 ? Number(text) / 1000 : Number(text)
  if (timestamp >= nowMs + 1000)
    return error(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
  if (nowMs - timestamp > recvWindow)
    return error(400, -1021, "Timestamp for this request is outside of the recvWindow.")
  return undefined
}

const fieldProblem = ({ param }: Signed): EmulatedAnswer | undefined => {
  const wanted = [...MANDATORY, ...(BY_TYPE[param("type")] ?? [])]
  const missing = wanted.find((name) => param(name) === "")
  if (missing !== undefined)
    return error(400, -1102, `Mandatory parameter '${missing}' was not sent, was empty/null, or malformed.`)
  if (!SYMBOLS.includes(param("symbol"))) return error(400, -1121, "Invalid symbol.")
  if (BY_TYPE[param("type")] === undefined) return error(400, -1116, "Invalid orderType.")
  return ["BUY", "SELL"].includes(param("side")) ? undefined : error(400, -1117, "Invalid side.")
}

const shown = ({ atMs, clientId, id, param }: EmulatedOrder, status: string) => ({
  symbol: param("symbol"),
  orderId: Number(id),
  orderListId: -1,
  clientOrderId: clientId,
  transactTime: atMs,
  price: param("price") || "0.00000000",
  origQty: param("quantity") || "0.00000000",
  executedQty: "0.00000000",
  origQuoteOrderQty: param("quoteOrderQty") || "0.00000000",
  cummulativeQuoteQty: "0.00000000",
  status,
  timeInForce: param("timeInForce") || "GTC",
  type: param("type"),
  side: param("side"),
  workingTime: atMs,
  selfTradePreventionMode: "EXPIRE_MAKER",
})

class BinanceEmulation {
  readonly #desk: EmulatorDesk
  readonly #orders = new EmulatedOrders()
  readonly #visitors = new Map<string, Visitor>()

  constructor(desk: EmulatorDesk) {
    this.#desk = desk
  }

  answer(request: EmulatedRequest): EmulatedAnswer {
    const nowMs = this.#desk.nowMs()
    const weight = this.#desk.counter("weight", request.address)
    const visitor = this.#visitorAt(request.address)
    const ofOrders = `${request.method} ${request.path}`.match(
      /^(?:POST|DELETE) \/api\/v3\/order(?:\/test)?$/,
    )
    const unlooked = (answer: EmulatedAnswer): EmulatedAnswer =>
      ofOrders === null ? answer : this.#about(request, answer, undefined, "rate-limit")
    if (nowMs < visitor.bannedUntilMs) return unlooked(this.#banned(visitor))

    const route = ROUTES[`${request.method} ${request.path}`]
    const weighs = route?.weight ?? 1
    // An order that succeeds weighs nothing: there must be room for its failing.
    const waitMs = weight.retryAfter(weighs)
    let answer: EmulatedAnswer
    if (waitMs > 0) {
      weight.pass(weighs)
      const msg =
        "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."
      answer = unlooked(this.#limited(visitor, -1003, msg, waitMs))
    } else {
      answer =
        route === undefined
          ? error(404, -1000, "Not found.")
          : route.isSigned === true
            ? this.#signed(request, visitor)
            : this.#public(request)
      const isFree = request.path === "/api/v3/order" && ofOrders !== null && answer.status === 200
      if (!isFree) weight.pass(weighs)
    }
    return { ...answer, headers: { ...answer.headers, "x-mbx-used-weight-1m": String(weight.used()) } }
  }

  #visitorAt(address: string): Visitor {
    const known = this.#visitors.get(address)
    if (known !== undefined) return known
    const visitor = { waitUntilMs: 0, strikes: 0, bans: 0, bannedUntilMs: 0 }
    this.#visitors.set(address, visitor)
    return visitor
  }

  #banned({ bannedUntilMs }: Visitor): EmulatedAnswer {
    const msg = `Way too much request weight used; IP banned until ${bannedUntilMs}. Please use WebSocket Streams for live updates to avoid bans.`
    return error(418, -1003, msg, { "retry-after": seconds(bannedUntilMs - this.#desk.nowMs()) })
  }

  /** Refuses for a limit. Whoever is refused while he was asked to wait is banned in the end. */
  #limited(visitor: Visitor, code: number, msg: string, waitMs: number): EmulatedAnswer {
    const nowMs = this.#desk.nowMs()
    visitor.strikes = nowMs < visitor.waitUntilMs ? visitor.strikes + 1 : 0
    visitor.waitUntilMs = Math.max(visitor.waitUntilMs, nowMs + waitMs)
    if (visitor.strikes < STRIKES) return error(429, code, msg, { "retry-after": seconds(waitMs) })
    visitor.bannedUntilMs = nowMs + Math.min(BAN_MS * 2 ** visitor.bans, LONGEST_BAN_MS)
    visitor.bans += 1
    visitor.strikes = 0
    return this.#banned(visitor)
  }

  #public({ path }: EmulatedRequest): EmulatedAnswer {
    const nowMs = this.#desk.nowMs()
    switch (path) {
      case "/api/v3/ping":
        return jsonAnswer(200, {})
      case "/api/v3/time":
        return jsonAnswer(200, { serverTime: nowMs })
      case "/api/v3/exchangeInfo":
        return jsonAnswer(200, binanceExchangeInfo(nowMs))
      case "/sapi/v1/margin/allPairs":
        return jsonAnswer(200, [])
      default:
        return jsonAnswer(200, { timezone: "UTC", serverTime: nowMs, rateLimits: [], symbols: [] })
    }
  }

  #about(
    { body, query }: EmulatedRequest,
    answer: EmulatedAnswer,
    key: string | undefined,
    verdict: "accepted" | RejectReason,
  ): EmulatedAnswer {
    const { param } = readSigned({ method: "", path: "", headers: {}, address: "", body, query })
    return { ...answer, order: { key, id: param("newClientOrderId"), nonce: param("timestamp"), verdict } }
  }

  #signed(request: EmulatedRequest, visitor: Visitor): EmulatedAnswer {
    const { method, path } = request
    const signed = readSigned(request)
    const isOrder = method !== "GET"
    const key = this.#desk.keyOf(request.headers["x-mbx-apikey"] ?? "")
    const refuse = (answer: EmulatedAnswer, verdict: RejectReason, label?: string) =>
      isOrder ? this.#about(request, answer, label, verdict) : answer
    if (key === undefined)
      return refuse(error(401, -2015, "Invalid API-key, IP, or permissions for action."), "api-key")
    const late = timeProblem(signed, this.#desk.nowMs())
    const right = createHmac("sha256", Redacted.value(key.secret)).update(signed.payload).digest("hex")
    if (signed.signature !== right)
      return refuse(error(400, -1022, "Signature for this request is not valid."), "api-key")
    if (late !== undefined) return refuse(late, "clock", key.label)
    if (!isOrder) return this.#asked(path, signed)
    const answer =
      method === "DELETE" ? this.#cancel(signed) : this.#place(signed, path.endsWith("/test"), visitor)
    const verdict =
      answer.status === 200
        ? "accepted"
        : answer.status === 429 || answer.status === 418
          ? "rate-limit"
          : "exchange"
    return this.#about(request, answer, key.label, verdict)
  }

  #place(signed: Signed, isTest: boolean, visitor: Visitor): EmulatedAnswer {
    const problem = fieldProblem(signed)
    if (problem !== undefined) return problem
    if (isTest) return jsonAnswer(200, {})
    const [short, day] = [this.#desk.counter("orders", ""), this.#desk.counter("orders of a day", "")]
    const [shortMs, dayMs] = [short.retryAfter(1), day.retryAfter(1)]
    if (dayMs > 0)
      return this.#limited(
        visitor,
        -1015,
        "Too many new orders; current limit is 200000 orders per 1 DAY.",
        dayMs,
      )
    if (shortMs > 0)
      return this.#limited(
        visitor,
        -1015,
        "Too many new orders; current limit is 100 orders per 10 SECOND.",
        shortMs,
      )
    short.pass(1)
    day.pass(1)
    const counted = {
      "x-mbx-order-count-10s": String(short.used()),
      "x-mbx-order-count-1d": String(day.used()),
    }
    const clientId = signed.param("newClientOrderId")
    if (clientId !== "" && this.#orders.find(undefined, clientId) !== undefined)
      return error(400, -2010, "Duplicate order sent.", counted)
    this.#orders.placed += 1
    const id = String(this.#orders.placed)
    const order = {
      id,
      clientId: clientId === "" ? `emulated-${id}` : clientId,
      param: signed.param,
      atMs: this.#desk.nowMs(),
    }
    // There is nobody to trade with.
    const status = signed.param("type") === "MARKET" ? "EXPIRED" : "NEW"
    if (status === "NEW") this.#orders.add(order)
    const isShort = signed.param("newOrderRespType") === "ACK"
    const { clientOrderId, orderId, orderListId, symbol, transactTime, ...more } = shown(order, status)
    const ack = { symbol, orderId, orderListId, clientOrderId, transactTime }
    return jsonAnswer(200, isShort ? ack : { ...ack, ...more, fills: [] }, counted)
  }

  #find({ param }: Signed): EmulatedOrder | undefined {
    const order = this.#orders.find(param("orderId") || undefined, param("origClientOrderId"))
    return order?.param("symbol") === param("symbol") ? order : undefined
  }

  #cancel(signed: Signed): EmulatedAnswer {
    const order = this.#find(signed)
    if (order === undefined) return error(400, -2011, "Unknown order sent.")
    this.#orders.remove(order)
    const clientOrderId = signed.param("newClientOrderId") || `emulated-cancel-${order.id}`
    return jsonAnswer(200, {
      ...shown(order, "CANCELED"),
      origClientOrderId: order.clientId,
      clientOrderId,
      transactTime: this.#desk.nowMs(),
    })
  }

  #asked(path: string, signed: Signed): EmulatedAnswer {
    switch (path) {
      case "/api/v3/order": {
        const order = this.#find(signed)
        return order === undefined
          ? error(400, -2013, "Order does not exist.")
          : jsonAnswer(200, {
              ...shown(order, "NEW"),
              time: order.atMs,
              updateTime: order.atMs,
              isWorking: true,
            })
      }
      case "/api/v3/openOrders": {
        const symbol = signed.param("symbol")
        const orders = this.#orders.all().filter(({ param }) => symbol === "" || param("symbol") === symbol)
        const all = orders.map((order) => ({
          ...shown(order, "NEW"),
          time: order.atMs,
          updateTime: order.atMs,
        }))
        return jsonAnswer(200, all)
      }
      case "/api/v3/account":
        return jsonAnswer(200, {
          canTrade: true,
          accountType: "SPOT",
          balances: assetsOf(SYMBOLS).map((asset) => ({
            asset,
            free: "1000000.00000000",
            locked: "0.00000000",
          })),
        })
      case "/api/v3/rateLimit/order":
        return jsonAnswer(200, [
          {
            rateLimitType: "ORDERS",
            interval: "SECOND",
            intervalNum: 10,
            limit: 100,
            count: this.#desk.counter("orders", "").used(),
          },
          {
            rateLimitType: "ORDERS",
            interval: "DAY",
            intervalNum: 1,
            limit: 200_000,
            count: this.#desk.counter("orders of a day", "").used(),
          },
        ])
      default:
        return jsonAnswer(200, [])
    }
  }
}

export const binanceEmulated: EmulatedVenue = {
  limits: [
    {
      name: "weight",
      limit: { rule: "fixed", limit: 6000, windowMs: 60_000, scope: "ip" },
      countsRefusals: true,
    },
    { name: "orders", limit: { rule: "fixed", limit: 100, windowMs: 10_000, scope: "account" } },
    { name: "orders of a day", limit: { rule: "fixed", limit: 200_000, windowMs: DAY_MS, scope: "account" } },
  ],
  open: (desk) => {
    const emulation = new BinanceEmulation(desk)
    return (request) => emulation.answer(request)
  },
}
