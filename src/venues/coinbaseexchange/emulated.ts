/**
 * Coinbase Exchange as it looks from outside, for the emulator: signatures, their time, and lazily filled buckets.
 *
 * docs.cdp.coinbase.com/exchange/rest-api: authentication, requests, rate-limits; read in November 2026.
 */
import { createHash, createHmac } from "node:crypto"
import { Option, Predicate, Redacted } from "effect"
import type { ApiKey } from "../../domain/ApiKey.ts"
import type { RejectReason } from "../../domain/Outcome.ts"
import {
  type EmulatedAnswer,
  type EmulatedRequest,
  type EmulatedVenue,
  type EmulatorDesk,
  type Emulation,
  jsonAnswer,
} from "../Emulated.ts"
import { type EmulatedOrder, EmulatedOrders } from "../emulatedOrders.ts"

/** What is signed with a time further off is refused. */
const EXPIRY_MS = 30_000

const CURRENCIES = ["BTC", "ETH", "LTC", "SOL", "USD", "EUR"]
const PRODUCTS = ["BTC-USD", "BTC-EUR", "ETH-USD", "ETH-BTC", "LTC-USD", "SOL-USD"]

const currency = (id: string) => ({
  id,
  name: id,
  min_size: "0.00000001",
  status: "online",
  message: "",
  max_precision: "0.00000001",
  convertible_to: [],
  details: { type: id === "USD" || id === "EUR" ? "fiat" : "crypto", symbol: id, network_confirmations: 1 },
  default_network: "",
  supported_networks: [],
})

const product = (id: string) => {
  const [base_currency = "", quote_currency = ""] = id.split("-")
  return {
    id,
    base_currency,
    quote_currency,
    quote_increment: "0.00001",
    base_increment: "0.00000001",
    display_name: id.replace("-", "/"),
    min_market_funds: "1",
    margin_enabled: false,
    post_only: false,
    limit_only: false,
    cancel_only: false,
    status: "online",
    status_message: "",
    trading_disabled: false,
    fx_stablecoin: false,
    auction_mode: false,
  }
}

const refuse = (status: number, message: string, refused: RejectReason = "exchange"): EmulatedAnswer => ({
  ...jsonAnswer(status, { message }),
  refused,
})

const parseJson = Option.liftThrowable((text: string): unknown => JSON.parse(text))

/** A JSON body's fields as text. */
const readBody = (body: string): ((name: string) => string) => {
  const parsed = Option.getOrUndefined(parseJson(body))
  return (name) => (Predicate.hasProperty(parsed, name) ? String(parsed[name]) : "")
}

/** The bytes of an id that is always the same for the same number. */
const uuidOf = (placed: number): string =>
  createHash("sha256")
    .update(`order ${placed}`)
    .digest("hex")
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5")

/** The path of one order. */
const ORDER = /^\/orders\/./

const shown = ({ atMs, clientId, id, param }: EmulatedOrder) => ({
  id,
  ...(clientId === undefined ? {} : { client_oid: clientId }),
  price: param("price"),
  size: param("size"),
  product_id: param("product_id"),
  side: param("side"),
  type: param("type") || "limit",
  time_in_force: param("time_in_force") || "GTC",
  post_only: param("post_only") === "true",
  created_at: new Date(atMs).toISOString(),
  fill_fees: "0",
  filled_size: "0",
  executed_value: "0",
  status: "pending",
  settled: false,
})

class CoinbaseEmulation implements Emulation {
  readonly #desk: EmulatorDesk
  readonly #orders = new EmulatedOrders()

  constructor(desk: EmulatorDesk) {
    this.#desk = desk
  }

  answer(request: EmulatedRequest): EmulatedAnswer {
    if ((request.headers["user-agent"] ?? "") === "") return refuse(400, "User-Agent header is required.")
    return /^\/(?:time|products|currencies)(?:\/|$)/.test(request.path)
      ? this.#public(request)
      : this.#private(request)
  }

  #public({ address, path }: EmulatedRequest): EmulatedAnswer {
    const nowMs = this.#desk.nowMs()
    if (!this.#desk.counter("public", address).pass(1)) return refuse(429, "Public rate limit exceeded")
    if (path === "/time") return jsonAnswer(200, { iso: new Date(nowMs).toISOString(), epoch: nowMs / 1000 })
    if (path === "/products") return jsonAnswer(200, PRODUCTS.map(product))
    if (path === "/currencies") return jsonAnswer(200, CURRENCIES.map(currency))
    const [, kind = "", id = ""] = path.split("/")
    if (kind === "products" && PRODUCTS.includes(id)) return jsonAnswer(200, product(id))
    return refuse(404, "NotFound")
  }

  #signatureProblem(request: EmulatedRequest, key: ApiKey): EmulatedAnswer | undefined {
    const { body, headers, method, path, query } = request
    const timestamp = headers["cb-access-timestamp"] ?? ""
    if (key.passphrase !== undefined && headers["cb-access-passphrase"] !== Redacted.value(key.passphrase))
      return refuse(401, "Invalid Passphrase", "api-key")
    const target = query === "" ? path : `${path}?${query}`
    const right = createHmac("sha256", Buffer.from(Redacted.value(key.secret), "base64"))
      .update(`${timestamp}${method}${target}${body}`)
      .digest("base64")
    if (headers["cb-access-sign"] !== right) return refuse(401, "invalid signature", "api-key")
    if (!/^\d+(?:\.\d+)?$/.test(timestamp)) return refuse(400, "invalid timestamp", "clock")
    return Math.abs(Number(timestamp) * 1000 - this.#desk.nowMs()) > EXPIRY_MS
      ? refuse(400, "request timestamp expired", "clock")
      : undefined
  }

  #private(request: EmulatedRequest): EmulatedAnswer {
    const { body, headers, method, path } = request
    const key = this.#desk.keyOf(headers["cb-access-key"] ?? "")
    if (key === undefined) return refuse(401, "Invalid API Key", "api-key")
    const problem = this.#signatureProblem(request, key)
    if (problem !== undefined) return problem
    // All keys belong to one profile.
    if (!this.#desk.counter(path.startsWith("/fills") ? "fills" : "private", "").pass(1))
      return refuse(429, "Private rate limit exceeded", "rate-limit")
    if (method === "POST" && path === "/orders") return this.#place(readBody(body))
    if (method === "DELETE" && ORDER.test(path)) return this.#cancel(path)
    return this.#asked(request)
  }

  #place(param: (name: string) => string): EmulatedAnswer {
    if (!PRODUCTS.includes(param("product_id"))) return refuse(400, "Product not found")
    if (!["buy", "sell"].includes(param("side"))) return refuse(400, "Invalid side")
    const isMarket = param("type") === "market"
    if (!isMarket && (param("price") === "" || param("size") === "")) return refuse(400, "size required")
    if (isMarket && param("size") === "" && param("funds") === "")
      return refuse(400, "size or funds required")
    const clientId = param("client_oid") || undefined
    const order = this.#orders.make({ clientId, param, atMs: this.#desk.nowMs() }, uuidOf)
    this.#orders.add(order)
    return jsonAnswer(200, shown(order))
  }

  #named(path: string): EmulatedOrder | undefined {
    const name = path.slice("/orders/".length).replaceAll("%3A", ":")
    return name.startsWith("client:")
      ? this.#orders.find(undefined, name.slice("client:".length))
      : this.#orders.find(name, undefined)
  }

  #cancel(path: string): EmulatedAnswer {
    const order = this.#named(path)
    if (order === undefined) return refuse(404, "order not found")
    this.#orders.remove(order)
    return jsonAnswer(200, order.id)
  }

  #asked({ method, path }: EmulatedRequest): EmulatedAnswer {
    if (method !== "GET") return refuse(404, "NotFound")
    if (path === "/orders")
      return jsonAnswer(
        200,
        this.#orders.all().map((order) => ({ ...shown(order), status: "open" })),
      )
    // Nobody trades.
    if (path === "/fills") return jsonAnswer(200, [])
    if (path === "/accounts")
      return jsonAnswer(
        200,
        CURRENCIES.map((id) => ({
          id: uuidOf(-1 - CURRENCIES.indexOf(id)),
          currency: id,
          balance: "1000000",
          available: "1000000",
          hold: "0",
          profile_id: uuidOf(0),
          trading_enabled: true,
        })),
      )
    const order = path.startsWith("/orders/") ? this.#named(path) : undefined
    return order === undefined
      ? refuse(404, "NotFound")
      : jsonAnswer(200, { ...shown(order), status: "open" })
  }
}

export const coinbaseExchangeEmulated: EmulatedVenue = {
  limits: [
    { name: "private", limit: { rule: "bucket", limit: 30, decay: 15, decayMs: 1000, scope: "account" } },
    { name: "fills", limit: { rule: "bucket", limit: 20, decay: 10, decayMs: 1000, scope: "account" } },
    { name: "public", limit: { rule: "bucket", limit: 15, decay: 10, decayMs: 1000, scope: "ip" } },
  ],
  orderOf: ({ body, headers, method, path }) =>
    (method === "POST" && path === "/orders") || (method === "DELETE" && ORDER.test(path))
      ? { id: readBody(body)("client_oid"), nonce: headers["cb-access-timestamp"] }
      : undefined,
  failure: refuse(500, "Internal Server Error"),
  open: (desk) => new CoinbaseEmulation(desk),
}
