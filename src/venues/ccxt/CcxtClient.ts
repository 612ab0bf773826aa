/**
 * An exchange of ccxt as the dispatcher's client: ccxt says what is to be sent and what the answer is, and our transport sends it,
 * once, and knows whether it left.
 */
import { Clock, Duration, Effect, Layer, Predicate, Redacted, Result } from "effect"
import { type ApiKey, withoutCredentials } from "../../domain/ApiKey.ts"
import type { Nonces } from "../../domain/LimitSpec.ts"
import { type NonceUnit, nonceText } from "../../domain/NonceUnit.ts"
import { ClientFailed, type SubmitError, Unsendable } from "../../domain/SubmitError.ts"
import { readAdvice } from "../../http/advice.ts"
import { type HttpTransport, makeHttpTransport } from "../../http/HttpTransport.ts"
import { nowMsUnsafe } from "../../platform/Monotonic.ts"
import { type Acceptance, ExchangeClient, PingFailed, type Pong } from "../ExchangeClient.ts"
import { actionOf } from "../fields.ts"
import { failureOf, nameOf } from "../HttpVenueClient.ts"
import { turnsAway } from "../statuses.ts"
import { detailOf, type OrderAndKey, resultOf } from "../submitResult.ts"
import type { VenueOrder } from "../Venue.ts"
import { CcxtCalls } from "./CcxtCalls.ts"
import type { CcxtExchange } from "./CcxtExchange.ts"
import { type CcxtResult, meaningOfCcxt } from "./meaning.ts"
import { Courier, type Sending } from "./Courier.ts"
import { callOf, idsOf, paramsOf } from "./orders.ts"

interface CallOptions<A> {
  /** With its markets loaded. */
  readonly exchange: CcxtExchange<A>
  readonly nonces: Nonces
  /** What ours count, where nonces must rise; undefined where they stay the exchange's own. */
  readonly nonceUnit: NonceUnit | undefined
  /** Where its orders go: an order that ccxt would send elsewhere is not sent. */
  readonly url: URL
  /** Whether its call for the time goes there, too, and so shows what has arrived. */
  readonly isPinged: boolean
  /** Told what ccxt made of an order's answer: its own order, or its own error. */
  readonly onResult?: (orderId: string, result: CcxtResult<A>) => void
}

export interface CcxtClientOptions<A> extends CallOptions<A> {
  readonly requestTimeout: Duration.Duration
  readonly maxInFlight: number
}

/** Credentials that a key of ours has no place for. */
const OTHERS = ["login", "privateKey", "token", "twofa"] as const

/** Takes all credentials out of a text. */
export const hiding = (exchange: object, key: ApiKey): ((text: string) => string) => {
  const others = OTHERS.flatMap((name) => {
    const secret = Predicate.hasProperty(exchange, name) ? exchange[name] : undefined
    return typeof secret === "string" ? [{ label: key.label, secret: Redacted.make(secret) }] : []
  })
  return (text) => [key, ...others].reduce(withoutCredentials, text)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What a call has come to: for its order, and in ccxt's words for whoever made it. */
interface Made<A> {
  readonly result: Result.Result<Acceptance, SubmitError>
  readonly told: CcxtResult<A>
}

/** @param told what the call answered or threw, whenever it did */
const madeOf = <A>(
  about: OrderAndKey,
  order: VenueOrder,
  { ending, isBegun, read, wantedMore }: Sending,
  told: CcxtResult<A>,
  nonces: Nonces,
  hide: (text: string) => string,
): Made<A> => {
  const failed = (error: SubmitError): Made<A> => ({ told, result: Result.fail(error) })
  const nothing = isBegun ? "ccxt wanted to send a second request" : "ccxt sends nothing for it"
  const problem = told.kind === "threw" ? detailOf(hide(messageOf(told.error))) : nothing
  if (!isBegun) return failed(new Unsendable({ ...about, problem }))
  if (ending === undefined) return failed(new ClientFailed({ ...about, problem }))
  if (ending.kind !== "answered") return failed(failureOf(about, ending))
  const { answer } = ending
  const meant = (result: CcxtResult<unknown>) =>
    resultOf(about, answer.status, meaningOfCcxt(answer, order, result, nonces), hide)
  // What ccxt says on reading this very answer is about it. What it does or throws afterwards may be about anything.
  if (read?.kind === "threw")
    return { result: meant(read), told: told.kind === "threw" && !wantedMore ? told : read }
  return answer.status < 500 && (told.kind === "threw" || wantedMore)
    ? failed(new ClientFailed({ ...about, problem }))
    : { result: meant(told), told }
}

/** Takes credentials out of what ccxt says, which repeats what the exchange says. */
export const clean = (error: unknown, hide: (text: string) => string): void => {
  if (!(error instanceof Error)) return
  error.message = hide(error.message)
  error.stack = hide(error.stack ?? "")
}

/** What a request for an order, and an answer to it, may name: the order, or the one that it cancels. */
const namesOf = (order: VenueOrder): ReadonlyArray<string> => {
  const { clientOrderId } = idsOf(paramsOf(order))
  const own = actionOf(order) === "cancel" ? (order.params?.["id"] ?? "") : order.id
  return [own, clientOrderId].filter((name) => name !== "")
}

const attempt = <A>(work: (signal: AbortSignal) => Promise<A>): Effect.Effect<CcxtResult<A>> =>
  Effect.match(Effect.tryPromise({ try: work, catch: (error) => error }), {
    onFailure: (error): CcxtResult<A> => ({ kind: "threw", error }),
    onSuccess: (value): CcxtResult<A> => ({ kind: "returned", value }),
  })

const submitter =
  <A>(
    { exchange, nonceUnit, nonces, onResult, url }: CallOptions<A>,
    calls: CcxtCalls<A>,
    http: HttpTransport,
    clock: Clock.Clock,
  ): ExchangeClient["Service"]["submit"] =>
  (order, key, nonce, watch) =>
    Effect.suspend(() => {
      const about = { orderId: nameOf(order.id), key: nameOf(key.label) }
      const named = { id: about.orderId, params: order.params }
      const hide = hiding(exchange, key)
      const courier = new Courier({
        http,
        origin: url.origin,
        watch,
        isOrder: true,
        names: namesOf(named),
        nonce: nonceUnit && Number(nonceText(nonce, nonceUnit)),
        onAnswer: ({ headers, status }) => {
          const advice = readAdvice(status, headers, clock.currentTimeMillisUnsafe())
          if (advice !== undefined) watch.onAdvice?.(advice)
        },
      })
      const called = attempt((signal) =>
        calls.run(courier.callUntil(signal), key, (heir) => callOf(heir, named)),
      )
      return Effect.flatMap(called, (called) => {
        const { sending } = courier
        if (sending.ending === undefined) watch.onSettled(nowMsUnsafe(clock))
        const { result, told } = madeOf(about, named, sending, called, nonces, hide)
        if (told.kind === "threw") clean(told.error, hide)
        onResult?.(about.orderId, told)
        return Effect.fromResult(result)
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
  { url }: CallOptions<A>,
  calls: CcxtCalls<A>,
  http: HttpTransport,
  clock: Clock.Clock,
): Effect.Effect<Pong, PingFailed> =>
  Effect.suspend(() => {
    let writtenMs = 0
    let settledMs = 0
    let waitMs = 0
    const courier = new Courier({
      http,
      origin: url.origin,
      isOrder: false,
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
      calls.run(courier.callUntil(signal), undefined, (heir) => heir.fetchTime()),
    )
    return Effect.flatMap(called, (result) => {
      const problem = pingProblem(courier.sending, result, waitMs)
      return problem === undefined
        ? Effect.succeed({ roundTripMs: settledMs - writtenMs })
        : Effect.fail(problem)
    })
  })

/** The client over any transport. */
export const clientOver = <A>(
  options: CallOptions<A>,
  http: HttpTransport,
  clock: Clock.Clock,
): ExchangeClient["Service"] => {
  const { exchange, isPinged, nonceUnit } = options
  const calls = new CcxtCalls(exchange)
  const submit = submitter(options, calls, http, clock)
  return isPinged ? { submit, nonceUnit, ping: pinger(options, calls, http, clock) } : { submit, nonceUnit }
}

const make = Effect.fnUntraced(function* <A>(options: CcxtClientOptions<A>) {
  const { maxInFlight, requestTimeout, url } = options
  const http = yield* makeHttpTransport({
    url,
    requestTimeoutMs: Duration.toMillis(requestTimeout),
    maxInFlight,
  })
  return clientOver(options, http, yield* Clock.Clock)
})

/** An {@link ExchangeClient} of an exchange of ccxt. Its connections close with the layer's scope. */
export const layer = <A>(options: CcxtClientOptions<A>): Layer.Layer<ExchangeClient> =>
  Layer.effect(ExchangeClient, make(options))
