/**
 * Kraken Spot as it looks from outside, for the emulator: nonces, the REST counter of a key, the engine's counter of a pair.
 *
 * docs.kraken.com: api/docs/guides/spot-rest-auth, spot-ratelimits, spot-errors; read in November 2026.
 */
import { createHash, createHmac } from "node:crypto"
import { Redacted } from "effect"
import type { ApiKey } from "../../domain/ApiKey.ts"
import type { RejectReason } from "../../domain/Outcome.ts"
import {
  type EmulatedAnswer,
  type EmulatedRequest,
  type EmulatedVenue,
  type EmulatorDesk,
  jsonAnswer,
} from "../Emulated.ts"
import { EmulatedOrders } from "../emulatedOrders.ts"
import { krakenAssetPairs, krakenAssets, pairNamed } from "./emulatedPublic.ts"

/** So many wrong keys, signatures or nonces one after another lock a key out, for so long. Kraken gives no number. */
const WRONG_IN_A_ROW = 20
const LOCKOUT_MS = 15 * 60_000

/** What cancelling costs while an order is younger than so many seconds. */
const CANCEL_COSTS = [
  [5, 8],
  [10, 6],
  [15, 5],
  [45, 4],
  [90, 2],
  [300, 1],
] as const

const cancelCost = (ageMs: number): number =>
  CANCEL_COSTS.find(([seconds]) => ageMs < seconds * 1000)?.[1] ?? 0

/** The ends of a deadline, from now on. */
const DEADLINE_MS = { least: 500, most: 60_000 } as const

const ok = (result: unknown): EmulatedAnswer => jsonAnswer(200, { error: [], result })
const errors = (...error: ReadonlyArray<string>): EmulatedAnswer => jsonAnswer(200, { error })

/** An answer about an order, and what it means. */
interface Ruled {
  readonly answer: EmulatedAnswer
  readonly verdict: "accepted" | RejectReason
}

const refused = (error: string, verdict: RejectReason = "exchange"): Ruled => ({
  answer: errors(error),
  verdict,
})

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

/** What was wrong with a key's requests, one after another. */
interface Trouble {
  inARow: number
  lockedUntilMs: number
}

class KrakenEmulation {
  readonly #desk: EmulatorDesk
  readonly #orders = new EmulatedOrders()
  readonly #nonces = new Map<string, bigint>()
  readonly #troubles = new Map<string, Trouble>()

  constructor(desk: EmulatorDesk) {
    this.#desk = desk
  }

  answer(request: EmulatedRequest): EmulatedAnswer {
    return request.path.startsWith("/0/private/") ? this.#private(request) : this.#public(request)
  }

  #public({ body, path, query }: EmulatedRequest): EmulatedAnswer {
    const nowMs = this.#desk.nowMs()
    switch (path) {
      case "/0/public/Time":
        return ok({ unixtime: Math.floor(nowMs / 1000), rfc1123: new Date(nowMs).toUTCString() })
      case "/0/public/SystemStatus":
        return ok({ status: "online", timestamp: new Date(nowMs).toISOString() })
      case "/0/public/Assets":
        return ok(krakenAssets)
      case "/0/public/AssetPairs": {
        const asked = new URLSearchParams(query).get("pair") ?? new URLSearchParams(body).get("pair")
        if (asked === null) return ok(krakenAssetPairs)
        const names = asked.split(",").map(pairNamed)
        if (names.some((name) => name === undefined)) return errors("EQuery:Unknown asset pair")
        return ok(
          Object.fromEntries(Object.entries(krakenAssetPairs).filter(([name]) => names.includes(name))),
        )
      }
      default:
        return errors("EGeneral:Unknown method")
    }
  }

  #private(request: EmulatedRequest): EmulatedAnswer {
    const param = readBody(request)
    const name = request.path.slice("/0/private/".length)
    const isOrder = name === "AddOrder" || name === "CancelOrder"
    const about = ({ answer, verdict }: Ruled, key?: ApiKey): EmulatedAnswer =>
      isOrder
        ? {
            ...answer,
            order: { key: key?.label, id: param("cl_ord_id"), nonce: param("nonce") || undefined, verdict },
          }
        : answer
    const key = this.#desk.keyOf(request.headers["api-key"] ?? "")
    if (key === undefined) return about(refused("EAPI:Invalid key", "api-key"))
    const trouble = this.#troubles.get(key.label) ?? { inARow: 0, lockedUntilMs: 0 }
    this.#troubles.set(key.label, trouble)
    const nowMs = this.#desk.nowMs()
    if (nowMs < trouble.lockedUntilMs) return about(refused("EGeneral:Temporary lockout", "blocked"), key)
    const problem = this.#signatureProblem(request, key, param("nonce"))
    if (problem !== undefined) {
      trouble.inARow += 1
      if (trouble.inARow >= WRONG_IN_A_ROW) {
        trouble.inARow = 0
        trouble.lockedUntilMs = nowMs + LOCKOUT_MS
      }
      return about(problem, problem.verdict === "api-key" ? undefined : key)
    }
    trouble.inARow = 0
    if (name === "AddOrder") return about(this.#place(param), key)
    if (name === "CancelOrder") return about(this.#cancel(param), key)
    return this.#asked(name, key)
  }

  #signatureProblem({ body, headers, path }: EmulatedRequest, key: ApiKey, nonce: string): Ruled | undefined {
    const hash = createHash("sha256")
      .update(nonce + body)
      .digest()
    const hmac = createHmac("sha512", Buffer.from(Redacted.value(key.secret), "base64"))
    if (headers["api-sign"] !== hmac.update(path).update(hash).digest("base64"))
      return refused("EAPI:Invalid signature", "api-key")
    if (!/^\d{1,20}$/.test(nonce) || BigInt(nonce) <= (this.#nonces.get(key.label) ?? 0n))
      return refused("EAPI:Invalid nonce", "nonce")
    this.#nonces.set(key.label, BigInt(nonce))
    return undefined
  }

  #place(param: Param): Ruled {
    const pair = pairNamed(param("pair"))
    if (pair === undefined) return refused("EQuery:Unknown asset pair")
    // It costs on receipt, whatever becomes of it.
    if (!this.#desk.counter("engine", pair).pass(1))
      return refused("EOrder:Rate limit exceeded", "rate-limit")
    const missing = ["ordertype", "type", "volume"].find((name) => param(name) === "")
    if (missing !== undefined) return refused(`EGeneral:Invalid arguments:${missing}`)
    if (param("ordertype") === "limit" && param("price") === "")
      return refused("EGeneral:Invalid arguments:price")
    const late = this.#deadlineProblem(param("deadline"))
    if (late !== undefined) return late
    const at = param("price") === "" ? param("ordertype") : `${param("ordertype")} ${param("price")}`
    const descr = { order: `${param("type")} ${param("volume")} ${param("pair")} @ ${at}` }
    if (param("validate") === "true") return { answer: ok({ descr }), verdict: "accepted" }
    this.#orders.placed += 1
    const digits = this.#orders.placed.toString(36).toUpperCase().padStart(16, "0")
    const id = `O${digits.slice(0, 5)}-${digits.slice(5, 10)}-${digits.slice(10)}`
    this.#orders.add({ id, clientId: param("cl_ord_id") || undefined, param, atMs: this.#desk.nowMs() })
    return { answer: ok({ descr, txid: [id] }), verdict: "accepted" }
  }

  #deadlineProblem(deadline: string): Ruled | undefined {
    if (deadline === "") return undefined
    const aheadMs = Date.parse(deadline) - this.#desk.nowMs()
    if (aheadMs <= 0) return refused("EService:Deadline elapsed")
    // One that was in time when it left may be shorter by now: only what could never have been in order is refused.
    return aheadMs <= DEADLINE_MS.most ? undefined : refused("EGeneral:Invalid arguments:deadline")
  }

  #cancel(param: Param): Ruled {
    const order = this.#orders.find(param("txid") || undefined, param("cl_ord_id"))
    if (order === undefined) return refused("EOrder:Unknown order")
    const pair = pairNamed(order.param("pair")) ?? ""
    if (!this.#desk.counter("engine", pair).pass(cancelCost(this.#desk.nowMs() - order.atMs)))
      return refused("EOrder:Rate limit exceeded", "rate-limit")
    this.#orders.remove(order)
    return { answer: ok({ count: 1 }), verdict: "accepted" }
  }

  #asked(name: string, { label }: ApiKey): EmulatedAnswer {
    if (!this.#desk.counter("calls", label).pass(1)) return errors("EAPI:Rate limit exceeded")
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
        return errors("EGeneral:Unknown method")
    }
  }
}

/** An account of the lowest tier. */
export const krakenEmulated: EmulatedVenue = {
  limits: [
    {
      name: "engine",
      limit: { rule: "bucket", limit: 60, decay: 1, decayMs: 1000, scope: "account", field: "pair" },
      countsRefusals: true,
    },
    {
      name: "calls",
      limit: { rule: "bucket", limit: 15, decay: 0.33, decayMs: 1000, scope: "key" },
      countsRefusals: true,
    },
  ],
  open: (desk) => {
    const emulation = new KrakenEmulation(desk)
    return (request) => emulation.answer(request)
  },
}
