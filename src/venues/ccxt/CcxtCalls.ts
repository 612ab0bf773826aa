/**
 * ccxt, at work for us: it writes, signs and reads, and we send. It works on an heir of the user's exchange, a key each, that has
 * all that the exchange has but its throttle, its way to send and, where nonces must rise, its nonces. The exchange itself stays as
 * it is.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { STATUS_CODES } from "node:http"
import { Predicate } from "effect"
import type { Credentials } from "../../domain/ApiKey.ts"
import type { Nonces } from "../../domain/LimitSpec.ts"
import type { AnswerHeaders } from "../../http/advice.ts"
import type { HttpMessage } from "../../http/Connection.ts"
import type { Answer } from "../../http/HttpRequest.ts"
import { plainOf } from "../credentials.ts"
import type { CcxtExchange, CcxtInit, CcxtResponse } from "./CcxtExchange.ts"

/** One call of ccxt's, and what sends for it. */
export interface CcxtCall {
  readonly nonce?: number
  /** Fails where there is no answer. */
  readonly send: (origin: string, message: HttpMessage) => Promise<Answer>
}

const heirOf = <A extends object>(parent: A): A => {
  const isHeir = (value: unknown): value is A =>
    Predicate.isObject(value) && Object.getPrototypeOf(value) === parent
  const heir: unknown = Object.create(parent)
  return isHeir(heir) ? heir : parent
}

const METHODS = ["GET", "POST", "PUT", "DELETE"] as const
const methodOf = (name: string) => METHODS.find((method) => method === name)

/** Headers that belong to whoever sends. */
const OURS = /^(?:accept|accept-encoding|connection|content-length|host|transfer-encoding)$/i

const headersOf = (headers: CcxtInit["headers"] = {}) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      (typeof value === "string" || typeof value === "number") && !OURS.test(name)
        ? [[name, String(value)]]
        : [],
    ),
  )

/** A request that cannot be sent for ccxt: nothing of it left. */
class CannotSend extends Error {}

const messageOf = (url: URL, { agent, body, headers, method }: CcxtInit): HttpMessage => {
  const known = methodOf(method)
  if (known === undefined) throw new CannotSend(`it wants the method ${method}`)
  if (agent !== undefined) throw new CannotSend("it is set up for a proxy, and orders go straight")
  if (body !== undefined && body !== null && typeof body !== "string")
    throw new CannotSend("it wants to send bytes")
  return {
    method: known,
    path: `${url.pathname}${url.search}`,
    headers: headersOf(headers),
    ...(typeof body === "string" ? { body } : {}),
  }
}

const plain = (headers: AnswerHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

const responseOf = ({ body, headers, status }: Answer): CcxtResponse => ({
  status,
  statusText: STATUS_CODES[status] ?? "",
  headers: plain(headers),
  text: () => Promise.resolve(body),
})

/** Units in which venues count nonces up. A second is none: no two requests of it would have different ones. */
const UNITS_PER_MS = [1, 1e3, 1e6]

/** How many of an exchange's nonces make a millisecond; undefined where they are no such time. */
const nonceUnit = (nonce: number): number | undefined =>
  UNITS_PER_MS.find((unit) => Math.abs(Math.log2(nonce / unit / Date.now())) < 1)

export class CcxtCalls<A> {
  readonly #exchange: CcxtExchange<A>
  readonly #nonces: Nonces
  readonly #running = new AsyncLocalStorage<CcxtCall>()
  readonly #heirs = new Map<Credentials | undefined, CcxtExchange<A>>()
  /** As they were when this was made: whoever paces a bot puts others in their place. */
  readonly #createOrder: CcxtExchange<A>["createOrder"]
  readonly #cancelOrder: CcxtExchange<A>["cancelOrder"]

  constructor(exchange: CcxtExchange<A>, nonces: Nonces) {
    this.#exchange = exchange
    this.#nonces = nonces
    // oxlint-disable typescript/unbound-method -- heirs are given them as their own
    this.#createOrder = exchange.createOrder
    this.#cancelOrder = exchange.cancelOrder
    // oxlint-enable typescript/unbound-method
  }

  /** Has ccxt do something with a key's credentials; what it wants sent goes to `call.send`. */
  run<B>(
    call: CcxtCall,
    credentials: Credentials | undefined,
    work: (exchange: CcxtExchange<A>) => Promise<B>,
  ): Promise<B> {
    const heir = this.#heirs.get(credentials) ?? this.#makeHeir(credentials)
    this.#heirs.set(credentials, heir)
    return this.#running.run(call, () => work(heir))
  }

  #makeHeir(credentials: Credentials | undefined): CcxtExchange<A> {
    const exchange = this.#exchange
    const heir = heirOf(exchange)
    heir.enableRateLimit = false
    // A request that failed is never sent again by itself.
    heir.options = Object.assign(heirOf(exchange.options), { maxRetriesOnFailure: 0 })
    if (credentials !== undefined) {
      const { key, passphrase, secret } = plainOf(credentials)
      if (credentials.key !== undefined) heir.apiKey = key
      if (credentials.passphrase !== undefined) heir.password = passphrase
      heir.secret = secret
    }
    heir.createOrder = this.#createOrder
    heir.cancelOrder = this.#cancelOrder
    heir.fetchIsNative = false
    // Loaded again, it finds the one that is set.
    heir.fetchImplementationLoading = undefined
    heir.fetchImplementation = (url, init) => this.#fetch(url, init)
    const unit = nonceUnit(exchange.nonce())
    heir.nonce = () => {
      const nonce = this.#nonces === "rising" ? this.#running.getStore()?.nonce : undefined
      return nonce === undefined || unit === undefined ? exchange.nonce() : nonce * unit
    }
    // The calls of the venue's interface belong to the exchange that they were made for.
    heir.defineRestApi(heir.api, "request")
    return heir
  }

  async #fetch(url: string, init: CcxtInit): Promise<CcxtResponse> {
    const call = this.#running.getStore()
    if (call === undefined) throw new CannotSend("nobody asked for it")
    const target = new URL(url)
    return responseOf(await call.send(target.origin, messageOf(target, init)))
  }
}
