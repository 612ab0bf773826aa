/**
 * Binance Spot as it looks from outside, for the emulator: weights of an address, orders of an account, bans for going on.
 *
 * github.com/binance/binance-spot-api-docs: rest-api.md, errors.md, enums.md; read in November 2026.
 */
import { createHmac } from "node:crypto"
import { Redacted } from "effect"
import {
  type EmulatedAnswer,
  type EmulatedRequest,
  type EmulatedVenue,
  type Emulation,
  type EmulatorDesk,
  jsonAnswer,
} from "../Emulated.ts"
import { EmulatedBans } from "../emulatedBans.ts"
import { type EmulatedOrder, EmulatedOrders } from "../emulatedOrders.ts"
import { ACCOUNT, binanceExchangeInfo, open, placed, shown } from "./emulatedAnswers.ts"
import { excessOf, headerOf, LIMITS, ORDERS, RAW_REQUESTS, shownLimit, WEIGHT } from "./emulatedLimits.ts"
import {
  fieldProblem,
  isOrder,
  type Param,
  paramOf,
  payloadOf,
  refuse,
  type Route,
  routeOf,
  timeProblem,
} from "./emulatedRequests.ts"

/**
 * After so many refusals while it was asked to wait, an address is banned. Binance says "repeatedly" and gives no number; of the bans
 * it gives the ends, 2 minutes and 3 days.
 */
const BANS = { strikes: 10, firstMs: 2 * 60_000, longestMs: 3 * 86_400_000 }

const WEBSOCKETS = "Please use WebSocket Streams for live updates to avoid"

const retryAfter = (ms: number) => ({ "retry-after": String(Math.ceil(ms / 1000)) })

class BinanceEmulation implements Emulation {
  readonly #desk: EmulatorDesk
  readonly #orders = new EmulatedOrders()
  readonly #bans = new EmulatedBans(BANS)
  /** Until when each address was asked to wait. */
  readonly #waits = new Map<string, number>()

  constructor(desk: EmulatorDesk) {
    this.#desk = desk
  }

  answer(request: EmulatedRequest): EmulatedAnswer {
    const { address, path } = request
    if (this.#desk.nowMs() < this.#bans.until(address)) return this.#banned(address)
    const route = routeOf(request)
    const param = paramOf(request)
    const weight = this.#desk.counter(WEIGHT.name, address)
    const { weight: one = 1, weightOfAll = one } = route ?? {}
    const weighs = param("symbol") === "" ? weightOfAll : one
    const answer = this.#overAddress(address, weighs) ?? this.#routed(request, route, param)
    // An order that succeeds weighs nothing.
    const isFree = isOrder(request) && path === "/api/v3/order" && answer.status === 200
    if (!isFree) weight.pass(weighs)
    const used = { [`x-mbx-used-weight-${headerOf(WEIGHT)}`]: String(weight.used()) }
    return { ...answer, headers: { ...answer.headers, ...used } }
  }

  /** Refuses what is too much for its address. There must be room for an order's failing, too. */
  #overAddress(address: string, weighs: number): EmulatedAnswer | undefined {
    const raw = this.#desk.counter(RAW_REQUESTS.name, address)
    const weightMs = this.#desk.counter(WEIGHT.name, address).retryAfter(weighs)
    const refuseFor = (much: string, excess: string, waitMs: number) =>
      this.#limited(address, -1003, `Too ${much}; ${excess} ${WEBSOCKETS} polling the API.`, waitMs)
    if (!raw.pass(1)) return refuseFor("many requests", excessOf(RAW_REQUESTS, "requests"), raw.retryAfter(1))
    return weightMs > 0
      ? refuseFor("much request weight used", excessOf(WEIGHT, "request weight"), weightMs)
      : undefined
  }

  #banned(address: string): EmulatedAnswer {
    const untilMs = this.#bans.until(address)
    const msg = `Way too much request weight used; IP banned until ${untilMs}. ${WEBSOCKETS} bans.`
    return refuse(418, -1003, msg, "rate-limit", retryAfter(untilMs - this.#desk.nowMs()))
  }

  /** Refuses for a limit. Whoever is refused while he was asked to wait is banned in the end. */
  #limited(address: string, code: number, msg: string, waitMs: number): EmulatedAnswer {
    const nowMs = this.#desk.nowMs()
    const untilMs = this.#waits.get(address) ?? nowMs
    this.#waits.set(address, Math.max(untilMs, nowMs + waitMs))
    if (nowMs >= untilMs) this.#bans.forgive(address)
    else if (this.#bans.strike(address, nowMs)) return this.#banned(address)
    return refuse(429, code, msg, "rate-limit", retryAfter(waitMs))
  }

  #routed(request: EmulatedRequest, route: Route | undefined, param: Param): EmulatedAnswer {
    if (route === undefined) return refuse(404, -1000, "Not found.")
    return route.isSigned === true ? this.#signed(request, param) : this.#public(request)
  }

  #public({ path }: EmulatedRequest): EmulatedAnswer {
    const serverTime = this.#desk.nowMs()
    switch (path) {
      case "/api/v3/ping":
        return jsonAnswer(200, {})
      case "/api/v3/time":
        return jsonAnswer(200, { serverTime })
      case "/api/v3/exchangeInfo":
        return jsonAnswer(200, binanceExchangeInfo(serverTime))
      case "/sapi/v1/margin/allPairs":
        return jsonAnswer(200, [])
      default:
        return jsonAnswer(200, { timezone: "UTC", serverTime, rateLimits: [], symbols: [] })
    }
  }

  #signed(request: EmulatedRequest, param: Param): EmulatedAnswer {
    const { address, headers, method, path } = request
    const key = this.#desk.keyOf(headers["x-mbx-apikey"] ?? "")
    if (key === undefined)
      return refuse(401, -2015, "Invalid API-key, IP, or permissions for action.", "api-key")
    const right = createHmac("sha256", Redacted.value(key.secret)).update(payloadOf(request)).digest("hex")
    if (param("signature") !== right)
      return refuse(400, -1022, "Signature for this request is not valid.", "api-key")
    const late = timeProblem(param, this.#desk.nowMs())
    if (late !== undefined) return late
    if (method === "GET") return this.#asked(path, param)
    return method === "DELETE" ? this.#cancel(param) : this.#place(param, path.endsWith("/test"), address)
  }

  #place(param: Param, isTest: boolean, address: string): EmulatedAnswer {
    const problem = fieldProblem(param)
    if (problem !== undefined) return problem
    if (isTest) return jsonAnswer(200, {})
    const counters = ORDERS.map((limit) => ({ limit, counter: this.#desk.counter(limit.name, "") }))
    const over = counters.findLast(({ counter }) => counter.retryAfter(1) > 0)
    if (over !== undefined) {
      const msg = `Too many new orders; ${excessOf(over.limit, "orders")}`
      return this.#limited(address, -1015, msg, over.counter.retryAfter(1))
    }
    for (const { counter } of counters) counter.pass(1)
    const headers = Object.fromEntries(
      counters.map(({ counter, limit }) => [`x-mbx-order-count-${headerOf(limit)}`, String(counter.used())]),
    )
    const clientId = param("newClientOrderId") || undefined
    if (clientId !== undefined && this.#orders.find(undefined, clientId) !== undefined)
      return refuse(400, -2010, "Duplicate order sent.", "exchange", headers)
    const made = this.#orders.make({ clientId, param, atMs: this.#desk.nowMs() }, String)
    const order = { ...made, clientId: clientId ?? `emulated-${made.id}` }
    // There is nobody to trade with.
    const status = param("type") === "MARKET" ? "EXPIRED" : "NEW"
    if (status === "NEW") this.#orders.add(order)
    return jsonAnswer(200, placed(order, status), headers)
  }

  #find(param: Param): EmulatedOrder | undefined {
    const order = this.#orders.find(param("orderId") || undefined, param("origClientOrderId"))
    return order?.param("symbol") === param("symbol") ? order : undefined
  }

  #cancel(param: Param): EmulatedAnswer {
    const order = this.#find(param)
    if (order === undefined) return refuse(400, -2011, "Unknown order sent.")
    this.#orders.remove(order)
    return jsonAnswer(200, {
      ...shown(order, "CANCELED"),
      origClientOrderId: order.clientId,
      clientOrderId: param("newClientOrderId") || `emulated-cancel-${order.id}`,
      transactTime: this.#desk.nowMs(),
    })
  }

  #asked(path: string, param: Param): EmulatedAnswer {
    switch (path) {
      case "/api/v3/order": {
        const order = this.#find(param)
        return order === undefined
          ? refuse(400, -2013, "Order does not exist.")
          : jsonAnswer(200, open(order))
      }
      case "/api/v3/openOrders": {
        const isAskedFor = (order: EmulatedOrder) => ["", order.param("symbol")].includes(param("symbol"))
        return jsonAnswer(200, this.#orders.all().filter(isAskedFor).map(open))
      }
      case "/api/v3/account":
        return jsonAnswer(200, ACCOUNT)
      case "/api/v3/rateLimit/order":
        return jsonAnswer(
          200,
          ORDERS.map((limit) => ({
            ...shownLimit(limit),
            count: this.#desk.counter(limit.name, "").used(),
          })),
        )
      default:
        return jsonAnswer(200, [])
    }
  }
}

export const binanceEmulated: EmulatedVenue = {
  limits: LIMITS,
  orderOf: (request) => {
    const param = paramOf(request)
    return isOrder(request) ? { id: param("newClientOrderId"), nonce: param("timestamp") } : undefined
  },
  failure: refuse(
    504,
    -1007,
    "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
  ),
  open: (desk) => new BinanceEmulation(desk),
}
