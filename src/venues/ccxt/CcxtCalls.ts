/**
 * ccxt, at work for us: it writes, signs and reads, and we send. It works on heirs of the user's exchange, which have all that the
 * exchange has but its throttle, its way to send and, where nonces must rise, its nonces. The exchange itself stays as it is.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { STATUS_CODES } from "node:http"
import { Predicate } from "effect"
import type { Credentials } from "../../domain/ApiKey.ts"
import type { AnswerHeaders } from "../../http/advice.ts"
import type { HttpMessage } from "../../http/Connection.ts"
import type { Answer } from "../../http/HttpRequest.ts"
import { plainOf } from "../credentials.ts"
import type { CcxtExchange, CcxtInit, CcxtResponse } from "./CcxtExchange.ts"
import type { CcxtResult } from "./meaning.ts"

/** An answer for ccxt. */
export interface CcxtAnswer {
  readonly answer: Answer
  /** Told what ccxt makes of this answer by itself, whatever it does then. */
  readonly onRead?: (result: CcxtResult<unknown>) => void
}

/** One call of ccxt's, and what sends for it. */
export interface CcxtCall {
  /** The nonce of its requests, where they are to have ours. */
  readonly nonce?: () => number
  /** Fails where there is no answer. */
  readonly send: (origin: string, message: HttpMessage) => Promise<CcxtAnswer>
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

const responseOf = ({ answer: { body, headers, status }, onRead }: CcxtAnswer): CcxtResponse => ({
  status,
  statusText: STATUS_CODES[status] ?? "",
  headers: plain(headers),
  text: () => Promise.resolve(body),
  onRead,
})

/** What sends, as its class has it: a bot may have put something in its place that sends by itself, such as a paced call. */
const SENDING = ["createOrder", "cancelOrder", "fetch", "fetch2", "request"] as const

/** Tells of what ccxt makes of an answer. */
const reading = ({ onRead }: CcxtResponse, read: Promise<unknown>): Promise<unknown> =>
  read.then(
    (value) => {
      onRead?.({ kind: "returned", value })
      return value
    },
    (error: unknown) => {
      onRead?.({ kind: "threw", error })
      throw error
    },
  )

export class CcxtCalls<A> {
  readonly #exchange: CcxtExchange<A>
  readonly #running = new AsyncLocalStorage<CcxtCall>()
  /** Heirs without a call at the moment, a list a key: ccxt keeps a request's traces on its exchange, so no two calls share one. */
  readonly #free = new Map<Credentials | undefined, Array<CcxtExchange<A>>>()

  constructor(exchange: CcxtExchange<A>) {
    this.#exchange = exchange
  }

  /** Has ccxt do something with a key's credentials; what it wants sent goes to `call.send`. */
  async run<B>(
    call: CcxtCall,
    credentials: Credentials | undefined,
    work: (exchange: CcxtExchange<A>) => Promise<B>,
  ): Promise<B> {
    const free = this.#free.get(credentials) ?? []
    this.#free.set(credentials, free)
    const heir = free.pop() ?? this.#makeHeir(credentials)
    return this.#running.run(call, () => work(heir)).finally(() => free.push(heir))
  }

  #makeHeir(credentials: Credentials | undefined): CcxtExchange<A> {
    const exchange = this.#exchange
    const heir = heirOf(exchange)
    const ofClass: unknown = Object.getPrototypeOf(exchange)
    for (const name of SENDING)
      if (Predicate.hasProperty(ofClass, name)) Object.assign(heir, { [name]: ofClass[name] })
    heir.enableRateLimit = false
    // It would print what it signs with.
    heir.verbose = false
    if (credentials !== undefined) {
      const { key, passphrase, secret } = plainOf(credentials)
      if (credentials.key !== undefined) heir.apiKey = key
      if (credentials.passphrase !== undefined) heir.password = passphrase
      heir.secret = secret
    }
    heir.fetchIsNative = false
    // Loaded again, it finds the one that is set.
    heir.fetchImplementationLoading = undefined
    heir.fetchImplementation = (url, init) => this.#fetch(url, init)
    heir.handleRestResponse = (response, ...rest) =>
      reading(response, exchange.handleRestResponse.call(heir, response, ...rest))
    heir.nonce = () => this.#running.getStore()?.nonce?.() ?? exchange.nonce()
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
