/**
 * Kraken Spot as it looks from outside, for the emulator: nonces, the REST counter of a key, the engine's counter of a pair.
 *
 * docs.kraken.com: api/docs/guides/spot-rest-auth, spot-ratelimits, spot-errors; read in November 2026.
 */
import { createHash, createHmac } from "node:crypto"
import { Redacted } from "effect"
import type { ApiKey } from "../../domain/ApiKey.ts"
import {
  type EmulatedAnswer,
  type EmulatedRequest,
  type EmulatedVenue,
  type EmulatorDesk,
  type Emulation,
} from "../Emulated.ts"
import { EmulatedBans } from "../emulatedBans.ts"
import { type EmulatedOrder, EmulatedOrders } from "../emulatedOrders.ts"
import { COSTS, costOf, isOrderCall, type OrderCall } from "./emulatedCosts.ts"
import { answerPublic, ok, pairNamed, refuse } from "./emulatedPublic.ts"

/** Kraken says that wrong nonces get a key locked out, and gives no number. */
const LOCKOUT = { strikes: 20, firstMs: 15 * 60_000, longestMs: 86_400_000 }

/** Nonces are of 64 bits. */
const LARGEST_NONCE = 2n ** 64n - 1n

/** Calls besides placing and cancelling that cost more than 1. */
const CALL_COSTS: Readonly<Record<string, number>> = { Ledgers: 2, QueryLedgers: 2, TradesHistory: 2 }

const LONGEST_DEADLINE_MS = 60_000

/** Kraken's ids look like `OU22CG-KLAF2-FWUDD7`. */
const txidOf = (n: number): string =>
  n
    .toString(36)
    .toUpperCase()
    .padStart(16, "0")
    .replace(/^(.{5})(.{5})/, "O$1-$2-")

type Param = (name: string) => string

/** The fields of a form or of a JSON body, which Kraken takes, too. */
const readBody = ({ body, headers }: EmulatedRequest): Param => {
  if (!(headers["content-type"] ?? "").startsWith("application/json")) {
    const form = new URLSearchParams(body)
    return (name) => form.get(name) ?? ""
  }
  const field = (name: string) => new RegExp(`"${name}"\\s*:\\s*(?:"([^"]*)"|([\\w.+-]+))`).exec(body)
  return (name) => field(name)?.[1] ?? field(name)?.[2] ?? ""
}

const PRIVATE = "/0/private/"

/** Which call about an order a request is, if it is one. */
const callOf = ({ path }: EmulatedRequest): OrderCall | undefined => {
  const name = path.slice(PRIVATE.length)
  return path.startsWith(PRIVATE) && isOrderCall(name) ? name : undefined
}

/** What of an order can be changed, and how an edit and an amendment call that. */
const NEW_NAMES: Readonly<Record<string, readonly [string, string]>> = {
  price: ["price", "limit_price"],
  volume: ["volume", "order_qty"],
}

/** An order's fields after a change. */
const changedBy = (order: EmulatedOrder, param: Param): Param => {
  const fields = new Map(
    ["pair", "type", "ordertype", "price", "volume"].map((name) => {
      const [edited = "", amended = ""] = NEW_NAMES[name] ?? []
      return [name, param(edited) || param(amended) || order.param(name)]
    }),
  )
  return (name) => fields.get(name) ?? ""
}

class KrakenEmulation implements Emulation {
  readonly #desk: EmulatorDesk
  readonly #orders = new EmulatedOrders()
  readonly #nonces = new Map<string, bigint>()
  readonly #lockouts = new EmulatedBans(LOCKOUT)

  constructor(desk: EmulatorDesk) {
    this.#desk = desk
  }

  answer(request: EmulatedRequest): EmulatedAnswer {
    return request.path.startsWith(PRIVATE)
      ? this.#private(request)
      : answerPublic(request, this.#desk.nowMs())
  }

  #private(request: EmulatedRequest): EmulatedAnswer {
    const param = readBody(request)
    const key = this.#desk.keyOf(request.headers["api-key"] ?? "")
    if (key === undefined) return refuse("EAPI:Invalid key", "api-key")
    const nowMs = this.#desk.nowMs()
    if (nowMs < this.#lockouts.until(key.label)) return refuse("EGeneral:Temporary lockout", "blocked")
    const problem = this.#signatureProblem(request, key, param("nonce"))
    if (problem !== undefined) {
      this.#lockouts.strike(key.label, nowMs)
      return problem
    }
    this.#lockouts.forgive(key.label)
    const call = callOf(request)
    if (call === undefined) return this.#asked(request.path.slice(PRIVATE.length), key)
    return call === "AddOrder" ? this.#place(param) : this.#change(call, param)
  }

  #signatureProblem(
    { body, headers, path }: EmulatedRequest,
    key: ApiKey,
    nonce: string,
  ): EmulatedAnswer | undefined {
    const hash = createHash("sha256")
      .update(nonce + body)
      .digest()
    const hmac = createHmac("sha512", Buffer.from(Redacted.value(key.secret), "base64"))
    if (headers["api-sign"] !== hmac.update(path).update(hash).digest("base64"))
      return refuse("EAPI:Invalid signature", "api-key")
    const value = /^\d{1,20}$/.test(nonce) ? BigInt(nonce) : 0n
    if (value > LARGEST_NONCE || value <= (this.#nonces.get(key.label) ?? 0n))
      return refuse("EAPI:Invalid nonce", "nonce")
    this.#nonces.set(key.label, value)
    return undefined
  }

  #place(param: Param): EmulatedAnswer {
    const pair = pairNamed(param("pair"))
    if (pair === undefined) return refuse("EQuery:Unknown asset pair")
    const over = this.#overEngine(pair, "AddOrder", 0)
    if (over !== undefined) return over
    const missing = ["ordertype", "type", "volume"].find((name) => param(name) === "")
    if (missing !== undefined) return refuse(`EGeneral:Invalid arguments:${missing}`)
    if (param("ordertype") === "limit" && param("price") === "")
      return refuse("EGeneral:Invalid arguments:price")
    const late = this.#deadlineProblem(param("deadline"))
    if (late !== undefined) return late
    const at = param("price") === "" ? param("ordertype") : `${param("ordertype")} ${param("price")}`
    const descr = { order: `${param("type")} ${param("volume")} ${param("pair")} @ ${at}` }
    if (param("validate") === "true") return ok({ descr })
    const clientId = param("cl_ord_id") || undefined
    const order = this.#orders.make({ clientId, param, atMs: this.#desk.nowMs() }, txidOf)
    this.#orders.add(order)
    return ok({ descr, txid: [order.id] })
  }

  #deadlineProblem(deadline: string): EmulatedAnswer | undefined {
    if (deadline === "") return undefined
    const aheadMs = Date.parse(deadline) - this.#desk.nowMs()
    if (aheadMs <= 0) return refuse("EService:Deadline elapsed")
    // One that was in time when it left may be shorter by now: only what could never have been in order is refused.
    return aheadMs <= LONGEST_DEADLINE_MS ? undefined : refuse("EGeneral:Invalid arguments:deadline")
  }

  /** Counts a call in the counter of its pair. One that finds no room costs its fixed part and no more. */
  #overEngine(pair: string, call: OrderCall, ageMs: number): EmulatedAnswer | undefined {
    const engine = this.#desk.counter("engine", pair)
    const cost = costOf(call, ageMs)
    const isOver = cost > 0 && engine.retryAfter(cost) > 0
    engine.pass(isOver ? COSTS[call].fixed : cost)
    return isOver ? refuse("EOrder:Rate limit exceeded", "rate-limit") : undefined
  }

  #change(call: Exclude<OrderCall, "AddOrder">, param: Param): EmulatedAnswer {
    const order = this.#orders.find(param("txid") || undefined, param("cl_ord_id"))
    if (order === undefined) return refuse("EOrder:Unknown order")
    const atMs = this.#desk.nowMs()
    const pair = pairNamed(order.param("pair")) ?? ""
    const over = this.#overEngine(pair, call, atMs - order.atMs)
    if (over !== undefined) return over
    if (call === "CancelOrder") {
      this.#orders.remove(order)
      return ok({ count: 1 })
    }
    // Its age counts from here on.
    const changed = { ...order, atMs, param: changedBy(order, param) }
    if (call === "AmendOrder") {
      this.#orders.add(changed)
      return ok({ amend_id: `${order.id}-${atMs}` })
    }
    const edited = this.#orders.make(changed, txidOf)
    this.#orders.remove(order)
    this.#orders.add(edited)
    return ok({ status: "ok", txid: edited.id, originaltxid: order.id, orders_cancelled: 1 })
  }

  #asked(name: string, { label }: ApiKey): EmulatedAnswer {
    if (!this.#desk.counter("calls", label).pass(CALL_COSTS[name] ?? 1))
      return refuse("EAPI:Rate limit exceeded")
    switch (name) {
      case "Balance":
        return ok({ ZUSD: "1000000.0000", XXBT: "1000.0000000000", XETH: "1000.0000000000" })
      case "OpenOrders":
        return ok({
          open: Object.fromEntries(
            this.#orders.all().map(({ atMs, clientId, id, param }) => [
              id,
              {
                status: "open",
                opentm: atMs / 1000,
                cl_ord_id: clientId,
                descr: {
                  pair: param("pair"),
                  type: param("type"),
                  ordertype: param("ordertype"),
                  price: param("price"),
                },
                vol: param("volume"),
                vol_exec: "0.00000000",
              },
            ]),
          ),
        })
      default:
        return refuse("EGeneral:Unknown method")
    }
  }
}

/** What an account's tier gives it: of the engine's counter of a pair, and of the counter of a key's other calls. */
const NUMBERS = {
  starter: { engine: { limit: 60, decay: 1 }, calls: { limit: 15, decay: 0.33 } },
  intermediate: { engine: { limit: 125, decay: 2.34 }, calls: { limit: 20, decay: 0.5 } },
  pro: { engine: { limit: 180, decay: 3.75 }, calls: { limit: 20, decay: 1 } },
} as const
export type EmulatedTier = keyof typeof NUMBERS

export const krakenEmulated = (tier: EmulatedTier): EmulatedVenue => ({
  limits: [
    {
      name: "engine",
      limit: { rule: "bucket", ...NUMBERS[tier].engine, decayMs: 1000, scope: "account", field: "pair" },
      countsRefusals: true,
    },
    {
      name: "calls",
      limit: { rule: "bucket", ...NUMBERS[tier].calls, decayMs: 1000, scope: "key" },
      countsRefusals: true,
    },
  ],
  orderOf: (request) => {
    if (callOf(request) === undefined) return undefined
    const param = readBody(request)
    return { id: param("cl_ord_id"), nonce: param("nonce") || undefined }
  },
  failure: refuse("EService:Timeout"),
  open: (desk) => new KrakenEmulation(desk),
})
