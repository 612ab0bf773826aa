/**
 * An exchange of ccxt as the dispatcher's client: ccxt says what is to be sent and what the answer is, and our transport sends it,
 * once, and knows whether it left.
 */
import { Clock, Duration, Effect, Exit, identity, Layer, Predicate, Result } from "effect"
import { withoutCredentials } from "../../domain/ApiKey.ts"
import type { Nonces } from "../../domain/LimitSpec.ts"
import { ClientFailed, type SubmitError, Unsendable } from "../../domain/SubmitError.ts"
import { readAdvice } from "../../http/advice.ts"
import type { HttpMessage } from "../../http/Connection.ts"
import type { Answer, HttpEnding, HttpExchange, HttpWatch } from "../../http/HttpRequest.ts"
import { type HttpTransport, makeHttpTransport } from "../../http/HttpTransport.ts"
import { nowMsUnsafe } from "../../platform/Monotonic.ts"
import { type Acceptance, ExchangeClient, PingFailed } from "../ExchangeClient.ts"
import { actionOf } from "../fields.ts"
import { failureOf, nameOf } from "../HttpVenueClient.ts"
import { turnsAway } from "../statuses.ts"
import { detailOf, type OrderAndKey, resultOf } from "../submitResult.ts"
import type { VenueOrder } from "../Venue.ts"
import { CcxtCalls } from "./CcxtCalls.ts"
import type { CcxtExchange } from "./CcxtExchange.ts"
import { type CcxtResult, meaningOfCcxt } from "./meaning.ts"
import { callOf } from "./orders.ts"

export interface CcxtClientOptions<A> {
  /** With its markets loaded. */
  readonly exchange: CcxtExchange<A>
  readonly nonces: Nonces
  /** Where its orders go: an order that ccxt would send elsewhere is not sent. */
  readonly url: URL
  /** Whether its call for the time goes there, too, and so shows what has arrived. */
  readonly isPinged: boolean
  readonly requestTimeout: Duration.Duration
  readonly maxInFlight: number
  /** Told what ccxt made of an order's answer: its own order, or its own error. */
  readonly onResult?: (orderId: string, result: CcxtResult<A>) => void
}

/** What ccxt wanted sent, and how that ended. */
interface Sending {
  /** Undefined where it wanted nothing that can be sent. */
  readonly ending: HttpEnding | undefined
  /** It wanted more than one request: only the first was sent. */
  readonly wantedMore: boolean
}

type Send = <A, E>(exchange: HttpExchange<A, E>) => Effect.Effect<A, E>

/** Sends the one request of a call. */
class Courier {
  readonly #send: Send
  readonly #origin: string
  readonly #watch: HttpWatch
  readonly #names: ReadonlyArray<string>
  readonly #onAnswer: (answer: Answer) => void
  #ending: HttpEnding | undefined
  #asked = 0

  constructor(options: {
    readonly send: Send
    readonly origin: string
    readonly watch: HttpWatch
    /** What an answer to it would name. */
    readonly names: ReadonlyArray<string>
    readonly onAnswer: (answer: Answer) => void
  }) {
    this.#send = options.send
    this.#origin = options.origin
    this.#watch = options.watch
    this.#names = options.names
    this.#onAnswer = options.onAnswer
  }

  get sending(): Sending {
    return { ending: this.#ending, wantedMore: this.#asked > 1 }
  }

  async send(origin: string, message: HttpMessage, signal: AbortSignal): Promise<Answer> {
    if (origin !== this.#origin) throw new Error(`it goes to ${origin}, and orders to ${this.#origin}`)
    this.#asked += 1
    if (this.#asked > 1) throw new Error("it wants to send more than one request")
    const ending = await Effect.runPromise(
      Effect.match(this.#sent(message), { onFailure: identity, onSuccess: identity }),
      { signal },
    )
    this.#ending = ending
    if (ending.kind === "answered") return ending.answer
    throw new Error("there is no answer")
  }

  #sent(message: HttpMessage): Effect.Effect<HttpEnding, HttpEnding> {
    return this.#send<HttpEnding, HttpEnding>({
      message: () => message,
      watch: this.#watch,
      isAnonymous: ({ body }) => !this.#names.some((name) => body.includes(name)),
      conclude: (ending) => {
        if (ending.kind !== "answered") return Exit.fail(ending)
        this.#onAnswer(ending.answer)
        return ending.answer.status < 300 ? Exit.succeed(ending) : Exit.fail(ending)
      },
    })
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const resultOfCall = (
  about: OrderAndKey,
  order: VenueOrder,
  { ending, wantedMore }: Sending,
  result: CcxtResult<unknown>,
  nonces: Nonces,
  hide: (text: string) => string,
): Result.Result<Acceptance, SubmitError> => {
  if (ending === undefined) {
    const problem = result.kind === "threw" ? messageOf(result.error) : "ccxt sends nothing for it"
    return Result.fail(new Unsendable({ ...about, problem: detailOf(hide(problem)) }))
  }
  if (ending.kind !== "answered") return Result.fail(failureOf(about, ending))
  // What it made of one answer with another outstanding is not known.
  if (wantedMore)
    return Result.fail(new ClientFailed({ ...about, problem: "ccxt wanted to send a second request" }))
  return resultOf(about, ending.answer.status, meaningOfCcxt(ending.answer, order, result, nonces), hide)
}

/** Takes credentials out of what ccxt says, which repeats what the exchange says. */
const cleaned = <A>(result: CcxtResult<A>, hide: (text: string) => string): CcxtResult<A> => {
  if (result.kind === "threw" && result.error instanceof Error) {
    result.error.message = hide(result.error.message)
    result.error.stack = hide(result.error.stack ?? "")
  }
  return result
}

/** What an answer to an order would name: the order, or the one that it cancels. */
const namesOf = (order: VenueOrder): ReadonlyArray<string> => {
  const cancelled = order.params?.["id"] ?? ""
  return actionOf(order) === "cancel" && cancelled !== "" ? [cancelled] : [order.id]
}

const attempt = <A>(work: (signal: AbortSignal) => Promise<A>): Effect.Effect<CcxtResult<A>> =>
  Effect.match(Effect.tryPromise({ try: work, catch: (error) => error }), {
    onFailure: (error): CcxtResult<A> => ({ kind: "threw", error }),
    onSuccess: (value): CcxtResult<A> => ({ kind: "returned", value }),
  })

const submitter =
  <A>(
    { nonces, onResult, url }: CcxtClientOptions<A>,
    calls: CcxtCalls<A>,
    http: HttpTransport,
    clock: Clock.Clock,
  ): ExchangeClient["Service"]["submit"] =>
  (order, key, nonce, watch) =>
    Effect.suspend(() => {
      const about = { orderId: nameOf(order.id), key: nameOf(key.label) }
      const named = { id: about.orderId, params: order.params }
      const hide = (text: string): string => withoutCredentials(text, key)
      const courier = new Courier({
        send: http.send,
        origin: url.origin,
        watch,
        names: namesOf(named),
        onAnswer: ({ headers, status }) => {
          const advice = readAdvice(status, headers, clock.currentTimeMillisUnsafe())
          if (advice !== undefined) watch.onAdvice?.(advice)
        },
      })
      const called = attempt((signal) =>
        calls.run({ nonce, send: (origin, message) => courier.send(origin, message, signal) }, key, (heir) =>
          callOf(heir, named),
        ),
      )
      return Effect.flatMap(called, (raw) => {
        const result = cleaned(raw, hide)
        const { sending } = courier
        if (sending.ending === undefined) watch.onSettled(nowMsUnsafe(clock))
        onResult?.(about.orderId, result)
        return Effect.fromResult(resultOfCall(about, named, sending, result, nonces, hide))
      })
    })

/** What a ping's ending is to whoever sent it; undefined where ccxt has read the venue's time. */
const pingProblem = (
  { ending }: Sending,
  result: CcxtResult<number | undefined>,
  waitMs: number,
): PingFailed | undefined => {
  if (ending?.kind !== "answered") {
    const code = ending !== undefined && "code" in ending ? ending.code : (ending?.kind ?? "nothing was sent")
    return new PingFailed({ code, isUnreachable: ending?.kind === "never-sent" })
  }
  const { body, status } = ending.answer
  // An exchange that asks to be left alone is not asked for more.
  if (waitMs === 0 && result.kind === "returned" && Predicate.isNumber(result.value)) return undefined
  const isTurnedAway = turnsAway(status, body)
  return new PingFailed({ code: `status ${status}`, isUnreachable: false, isTurnedAway, waitMs })
}

const pinger = <A>(
  { url }: CcxtClientOptions<A>,
  calls: CcxtCalls<A>,
  http: HttpTransport,
  clock: Clock.Clock,
): Effect.Effect<number, PingFailed> =>
  Effect.suspend(() => {
    let writtenMs = 0
    let settledMs = 0
    let waitMs = 0
    const courier = new Courier({
      send: http.sendApart,
      origin: url.origin,
      watch: {
        onWritten: (atMs) => {
          writtenMs = atMs
        },
        onSettled: (atMs) => {
          settledMs = atMs
        },
      },
      names: [],
      onAnswer: ({ headers, status }) => {
        waitMs = readAdvice(status, headers, clock.currentTimeMillisUnsafe())?.exchangeMs ?? 0
      },
    })
    const called = attempt((signal) =>
      calls.run({ send: (origin, message) => courier.send(origin, message, signal) }, undefined, (heir) =>
        heir.fetchTime(),
      ),
    )
    return Effect.flatMap(called, (result) => {
      const problem = pingProblem(courier.sending, result, waitMs)
      return problem === undefined ? Effect.succeed(settledMs - writtenMs) : Effect.fail(problem)
    })
  })

const make = Effect.fnUntraced(function* <A>(options: CcxtClientOptions<A>) {
  const { exchange, isPinged, maxInFlight, nonces, requestTimeout, url } = options
  const clock = yield* Clock.Clock
  const http = yield* makeHttpTransport({
    url,
    requestTimeoutMs: Duration.toMillis(requestTimeout),
    maxInFlight,
  })
  const calls = new CcxtCalls(exchange, nonces)
  const submit = submitter(options, calls, http, clock)
  return ExchangeClient.of(isPinged ? { submit, ping: pinger(options, calls, http, clock) } : { submit })
})

/** An {@link ExchangeClient} of an exchange of ccxt. Its connections close with the layer's scope. */
export const layer = <A>(options: CcxtClientOptions<A>): Layer.Layer<ExchangeClient> =>
  Layer.effect(ExchangeClient, make(options))
