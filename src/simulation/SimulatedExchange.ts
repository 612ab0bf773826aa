/**
 * An exchange behind the client's interface, without a network: `ExchangeModel` judges, and a plan says how
 * long each request travels and what befalls it. Time is the Clock's, so in virtual time hours take seconds.
 */
import { Clock, Deferred, Duration, Effect, type Scope } from "effect"
import { type AnswerHeaders, readAdvice } from "../http/advice.ts"
import { answersPing, readAnswer } from "../venues/exercise/answer.ts"
import { turnsAway } from "../venues/statuses.ts"
import type { ApiKey } from "../domain/ApiKey.ts"
import { answerTo, type ExchangeAnswer, unknownKey } from "../exchange/ExchangeAnswer.ts"
import { ScopedCounters } from "../exchange/counters/ScopedCounters.ts"
import type { LimitSpec, LimitsTold } from "../domain/LimitSpec.ts"
import { nonceText, type NonceUnit } from "../domain/NonceUnit.ts"
import type { ExchangeTime } from "../domain/Transit.ts"
import type { Order, OrderParams } from "../domain/Order.ts"
import { ExchangeClient, PingFailed, type Pong, type TransitWatch } from "../venues/ExchangeClient.ts"
import { arrive, emptyKey, type KeyUsage, type Ruling } from "../exchange/ExchangeModel.ts"
import { type ExchangeRules } from "../venues/exercise/exercise.ts"
import {
  ConnectionBroken,
  ConnectionFailed,
  RequestTimeout,
  type SubmitError,
} from "../domain/SubmitError.ts"
import { nowMsUnsafe } from "../platform/Monotonic.ts"

/** What becomes of one request. Times in milliseconds. */
export interface Journey {
  /** Until it is handed to the socket. */
  readonly writeMs?: number
  /** From there to the exchange's count. */
  readonly incomingMs: number
  /** From there back to the client. */
  readonly outgoingMs: number
  /** So long after the count the answer is stamped with the exchange's time: at once unless given. */
  readonly stampedAfterMs?: number
  readonly fate?: Fate
  /** Headers of its answer, their names in lower case. */
  readonly headers?: AnswerHeaders
}

/** What can go wrong on the way. Without a fate, nothing does. */
export type Fate =
  | "refused-connection"
  | "lost-on-the-way-in"
  | "lost-on-the-way-out"
  | "garbled"
  /** The connection breaks this long after the request was written; what was sent still arrives. */
  | { readonly brokenAfterMs: number }
  /** The answer has this status and no meaning. What is refused so was refused before the exchange, which never sees it. */
  | { readonly status: number }

export interface Arrival {
  readonly key: string
  readonly id: string
  readonly nonce: number
  readonly atMs: number
  readonly ruling: Ruling
}

export interface SimulatedExchangeOptions {
  readonly config: ExchangeRules
  /** Limits that decide in place of a key's window. */
  readonly limits?: ReadonlyArray<LimitSpec> | undefined
  /** What its clock shows at a moment of ours: its windows begin by it, and answers tell it. The same as ours unless given. */
  readonly shows?: (atMs: number) => number
  /** Its answers tell what it has counted. */
  readonly tellsCounts?: boolean
  readonly requestTimeoutMs: number
  /** The journey of the n-th request of all, from 0. */
  readonly journey: (n: number, key: ApiKey) => Journey
  /** The journey of the n-th ping, from 0. Left out, the mean of the exercise's delays. */
  readonly pingJourney?: (n: number) => Journey
  /** Told of every request that reaches the exchange, in the order of arrival. */
  readonly onArrival: (arrival: Arrival) => void
  /** What the client's nonces count. Default `ms`. */
  readonly nonceUnit?: NonceUnit | undefined
  /** Labels that the exchange does not know. */
  readonly unknownKeys?: ReadonlyArray<string>
}

const USUAL_PING: Journey = { incomingMs: 25, outgoingMs: 25 }
/** There and back. */
export const USUAL_PING_MS = USUAL_PING.incomingMs + USUAL_PING.outgoingMs

const meaningless = (fate: Fate | undefined): boolean => fate === "garbled" || typeof fate === "object"

interface Sent {
  readonly journey: Journey
  readonly watch: TransitWatch
  readonly key: ApiKey
  readonly order: Order
  readonly nonce: number
}

/** An answer, and what it says of the exchange's clock. */
interface Said extends ExchangeAnswer {
  readonly time?: ExchangeTime | undefined
  readonly counts?: LimitsTold["counts"] | undefined
}

type Judge = (sent: Sent) => Said

const ours = (atMs: number): number => atMs

/** What an answer says of the clock, of an exchange that counts by it. */
const timeOf = ({ limits, shows = ours }: SimulatedExchangeOptions, atMs: number): ExchangeTime | undefined =>
  limits && { atMs: Math.floor(shows(atMs)), resolutionMs: 1 }

/** Judges by the model, and keeps each key's state for it. */
const makeJudge = (
  options: SimulatedExchangeOptions,
  states: Map<string, KeyUsage>,
  counters: ScopedCounters | undefined,
  clock: Clock.Clock,
): Judge => {
  const { config, nonceUnit = "ms", onArrival, shows = ours, unknownKeys = [] } = options
  return ({ journey, key, nonce, order }) => {
    if (unknownKeys.includes(key.label)) return unknownKey
    const atMs = nowMsUnsafe(clock)
    const { id, params } = order
    const param = (name: string) => params?.[name]
    const facts = { key: key.label, address: "", param }
    const { ruling, next } = arrive(config, states.get(key.label) ?? emptyKey, {
      nonce: BigInt(nonceText(nonce, nonceUnit)),
      atMs,
      passes: counters && (() => counters.pass(facts, shows(atMs))),
    })
    states.set(key.label, next)
    onArrival({ key: key.label, id, nonce, atMs, ruling })
    const time = timeOf(options, atMs + (journey.stampedAfterMs ?? 0))
    const counts = options.tellsCounts === true ? counters?.used(facts, shows(atMs)) : undefined
    return { ...answerTo(ruling, id), time, counts }
  }
}

/** The usual journey: there, judged, and back. No fiber of its own, for there are millions of them. */
const roundTrip = (sent: Sent, judge: Judge, clock: Clock.Clock) =>
  Effect.suspend(() => {
    const { journey, watch } = sent
    watch.onWritten(nowMsUnsafe(clock))
    return Effect.flatMap(clock.sleep(Duration.millis(journey.incomingMs)), () => {
      const answer = judge(sent)
      return Effect.as(clock.sleep(Duration.millis(journey.outgoingMs)), answer)
    })
  })

/** A journey on which something may go wrong: the exchange's part of it goes on in `world`, without the client. */
const eventful = Effect.fnUntraced(function* (
  sent: Sent,
  judge: Judge,
  clock: Clock.Clock,
  world: Scope.Scope,
): Effect.fn.Return<Said, SubmitError> {
  const { journey, key, order, watch } = sent
  const { fate } = journey
  const about = { orderId: order.id, key: key.label }
  if (fate === "refused-connection") return yield* new ConnectionFailed({ ...about, code: "ECONNREFUSED" })
  watch.onWritten(nowMsUnsafe(clock))
  const answer = Deferred.makeUnsafe<Said>()
  const onTheExchange = Effect.gen(function* () {
    if (fate === "lost-on-the-way-in") return
    yield* Effect.sleep(journey.incomingMs)
    const status = typeof fate === "object" && "status" in fate ? fate.status : undefined
    const said = status === undefined || status >= 500 ? judge(sent) : undefined
    yield* Effect.sleep(journey.outgoingMs)
    if (fate === "lost-on-the-way-out") return
    const isSaid = said !== undefined && !meaningless(fate)
    yield* Deferred.succeed(answer, isSaid ? said : { status: status ?? said?.status ?? 500, body: "<html>" })
  })
  yield* Effect.forkIn(onTheExchange, world, { startImmediately: true })
  if (typeof fate === "object" && "brokenAfterMs" in fate) {
    yield* Effect.sleep(fate.brokenAfterMs)
    return yield* new ConnectionBroken({ ...about, code: "ECONNRESET" })
  }
  return yield* Deferred.await(answer)
})

/** A request with a key that no exchange knows: it is answered, and counts nowhere. */
const travelOfPing = (
  { fate, headers = {}, incomingMs, outgoingMs, writeMs = 0 }: Journey,
  options: SimulatedExchangeOptions,
  clock: Clock.Clock,
): Effect.Effect<Pong, PingFailed> => {
  const { requestTimeoutMs } = options
  const after = (ms: number) => Effect.sleep(Math.min(ms, requestTimeoutMs))
  const failAfter = (ms: number, code: string) =>
    Effect.andThen(
      after(ms),
      Effect.suspend(() => Effect.fail(new PingFailed({ code, isUnreachable: code === "ECONNREFUSED" }))),
    )
  const isLost = fate === "lost-on-the-way-in" || fate === "lost-on-the-way-out"
  const roundTripMs = incomingMs + outgoingMs
  if (fate === "refused-connection") return failAfter(writeMs, "ECONNREFUSED")
  if (isLost || writeMs + roundTripMs >= requestTimeoutMs) return failAfter(requestTimeoutMs, "timeout")
  if (typeof fate === "object" && "brokenAfterMs" in fate)
    return failAfter(writeMs + fate.brokenAfterMs, "ECONNRESET")
  const status = typeof fate === "object" ? fate.status : unknownKey.status
  return Effect.flatMap(after(writeMs + roundTripMs), () => {
    const waitMs = readAdvice(status, headers, clock.currentTimeMillisUnsafe())?.exchangeMs ?? 0
    const body = meaningless(fate) ? "<html>" : unknownKey.body
    if (waitMs === 0 && answersPing(status, body))
      return Effect.succeed({ roundTripMs, time: timeOf(options, nowMsUnsafe(clock) - outgoingMs) })
    const isTurnedAway = turnsAway(status, body)
    return Effect.fail(
      new PingFailed({ code: `status ${status}`, isUnreachable: false, isTurnedAway, waitMs }),
    )
  })
}

/**
 * Starts an exchange. Requests travel in the scope: they reach the exchange even when the client has given
 * them up.
 */
export const makeSimulatedExchange = Effect.fnUntraced(function* (options: SimulatedExchangeOptions) {
  const clock = yield* Clock.Clock
  const world = yield* Effect.scope
  const { requestTimeoutMs } = options
  const states = new Map<string, KeyUsage>()
  const stateOf = (label: string) => states.get(label) ?? emptyKey
  const counters = options.limits && new ScopedCounters(options.limits)
  const judge = makeJudge(options, states, counters, clock)
  let count = 0

  const submit: ExchangeClient["Service"]["submit"] = (order, key, nonce, watch) =>
    Effect.suspend(() => {
      const about = { orderId: order.id, key: key.label }
      const journey = options.journey(count++, key)
      const sent: Sent = { journey, watch, key, order, nonce }
      const { writeMs = 0, incomingMs, outgoingMs, fate } = journey
      const inTime = writeMs + incomingMs + outgoingMs < requestTimeoutMs
      const usual = fate === undefined && inTime
      const travel = usual ? roundTrip(sent, judge, clock) : eventful(sent, judge, clock, world)
      const connected = Effect.suspend(() =>
        watch.mayStart?.() === false
          ? Effect.fail(new ConnectionFailed({ ...about, code: "expired while connecting" }))
          : travel,
      )
      const begun = writeMs === 0 ? travel : Effect.andThen(Effect.sleep(writeMs), connected)
      const answered = usual
        ? begun
        : Effect.timeoutOrElse(begun, {
            duration: requestTimeoutMs,
            orElse: () => Effect.fail(new RequestTimeout(about)),
          })
      return answered.pipe(
        Effect.onExit(() => Effect.sync(() => watch.onSettled(nowMsUnsafe(clock)))),
        Effect.flatMap((said) => {
          if (journey.headers !== undefined) {
            const advice = readAdvice(said.status, journey.headers, clock.currentTimeMillisUnsafe())
            if (advice !== undefined) watch.onAdvice?.(advice)
          }
          if (said.time !== undefined) watch.onTime?.(said.time)
          if (said.counts !== undefined) watch.onLimits?.({ counts: said.counts })
          return Effect.fromResult(readAnswer(about, said.status, said.body))
        }),
      )
    })

  let pings = 0
  const ping = Effect.suspend(() =>
    travelOfPing(options.pingJourney?.(pings++) ?? USUAL_PING, options, clock),
  )

  return {
    client: ExchangeClient.of({ submit, ping, nonceUnit: options.nonceUnit }),
    /** The key has collected so many rate-limit errors already. */
    burden: (label: string, rateLimitErrors: number) =>
      states.set(label, { ...stateOf(label), rateLimitErrors }),
    /** Another client of a key sends an order; answers whether it passes. */
    passesForOthers: (key: string, params: OrderParams): boolean => {
      const param = (name: string) => params[name]
      const atMs = (options.shows ?? ours)(nowMsUnsafe(clock))
      return counters?.pass({ key, address: "", param }, atMs) ?? true
    },
    /** Another client of the key has used this nonce. */
    sawNonce: (label: string, lastNonce: bigint) => states.set(label, { ...stateOf(label), lastNonce }),
  }
})
