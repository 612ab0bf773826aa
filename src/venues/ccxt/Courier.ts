/** Sends for one call of ccxt's: the one request that is its order, and what ccxt must know before it can write that. */
import { Effect, Exit, identity } from "effect"
import type { HttpMessage } from "../../http/Connection.ts"
import type { Answer, HttpEnding, HttpWatch } from "../../http/HttpRequest.ts"
import type { HttpTransport } from "../../http/HttpTransport.ts"
import type { CcxtAnswer, CcxtCall } from "./CcxtCalls.ts"
import type { CcxtResult } from "./meaning.ts"

export interface CourierOptions {
  readonly http: HttpTransport
  /** Where all of it goes. */
  readonly origin: string
  readonly watch: HttpWatch
  /** Whether it is an order, which goes the way of all orders: everything else needs a connection of its own. */
  readonly isOrder: boolean
  /** What a request for the order, and an answer to it, may name. */
  readonly names: ReadonlyArray<string>
  /** The nonce of its requests, where nonces must rise. */
  readonly nonce?: number | undefined
  readonly onAnswer: (answer: Answer) => void
}

/** How the request of a call ended. */
export interface Sending {
  /** Whether it was handed on to be sent: before that, it certainly never left. */
  readonly isBegun: boolean
  /** Undefined while that is not known, and where nobody will know. */
  readonly ending: HttpEnding | undefined
  /** What ccxt made of the answer by itself. */
  readonly read: CcxtResult<unknown> | undefined
  /** ccxt wanted more than one such request: only the first was sent. */
  readonly wantedMore: boolean
}

/** What no order does without. */
const OF_ORDERS = /[?&](?:amount|price|qty|quantity|side|size|volume)=/i

/** Asks for something, and is no order: some venues place orders by GET, too. */
const isQuestion = ({ method, path }: HttpMessage, names: ReadonlyArray<string>): boolean =>
  method === "GET" && !OF_ORDERS.test(path) && !names.some((name) => path.includes(encodeURIComponent(name)))

const UNWATCHED: HttpWatch = { onWritten: () => undefined, onSettled: () => undefined }

export class Courier {
  readonly #options: CourierOptions
  #isNonceTaken = false
  #sending: Sending = { isBegun: false, ending: undefined, read: undefined, wantedMore: false }

  constructor(options: CourierOptions) {
    this.#options = options
  }

  get sending(): Sending {
    return this.#sending
  }

  /** What ccxt is to send with, until the signal. */
  callUntil(signal: AbortSignal): CcxtCall {
    const { nonce } = this.#options
    const send: CcxtCall["send"] = (origin, message) => this.#send(origin, message, signal)
    if (nonce === undefined) return { send }
    const taken = (): number => {
      this.#isNonceTaken = true
      return nonce
    }
    return { send, nonce: taken }
  }

  async #send(origin: string, message: HttpMessage, signal: AbortSignal): Promise<CcxtAnswer> {
    const { http, isOrder, names, watch } = this.#options
    if (origin !== this.#options.origin)
      throw new Error(`it goes to ${origin}, and orders to ${this.#options.origin}`)
    if (signal.aborted) throw new Error("nobody waits for it any more")
    if (isOrder && isQuestion(message, names)) return { answer: await this.#ask(message, signal) }
    if (this.#sending.isBegun) {
      this.#tell({ wantedMore: true })
      throw new Error("it wants to send more than one request")
    }
    this.#tell({ isBegun: true })
    const ending = await this.#ended(isOrder ? http.send : http.sendApart, message, watch, signal)
    this.#tell({ ending })
    if (ending.kind !== "answered") throw new Error("there is no answer")
    return { answer: ending.answer, onRead: (read) => this.#tell({ read }) }
  }

  async #ask(message: HttpMessage, signal: AbortSignal): Promise<Answer> {
    const path = message.path.replace(/\?.*/, "")
    if (this.#isNonceTaken)
      throw new Error(`it asks ${path} first, and where nonces rise nothing goes between orders`)
    const ending = await this.#ended(this.#options.http.sendApart, message, UNWATCHED, signal)
    if (ending.kind !== "answered" || ending.answer.body === "")
      throw new Error(`it asks ${path} first, and there is no answer`)
    return ending.answer
  }

  #ended(
    send: HttpTransport["send"],
    message: HttpMessage,
    watch: HttpWatch,
    signal: AbortSignal,
  ): Promise<HttpEnding> {
    const { names, onAnswer } = this.#options
    const sent = send<HttpEnding, HttpEnding>({
      message: () => message,
      watch,
      isAnonymous: ({ body }) => !names.some((name) => body.includes(name)),
      conclude: (ending) => {
        if (ending.kind !== "answered") return Exit.fail(ending)
        onAnswer(ending.answer)
        return ending.answer.status < 300 ? Exit.succeed(ending) : Exit.fail(ending)
      },
    })
    return Effect.runPromise(Effect.match(sent, { onFailure: identity, onSuccess: identity }), { signal })
  }

  #tell(told: Partial<Sending>): void {
    this.#sending = { ...this.#sending, ...told }
  }
}
