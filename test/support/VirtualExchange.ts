/**
 * An exchange behind the client's interface, without a network: `ExchangeModel` judges, a plan says how long
 * each request travels and what befalls it. Time is the Clock's, so under a TestClock it is virtual.
 */
import { Clock, Deferred, Effect, Layer, type Scope } from "effect"
import type { ApiKey } from "../../src/exchange/ApiKeys.ts"
import { answerTo } from "../../src/exchange/ExchangeAnswer.ts"
import { readAnswer } from "../../src/exchange/answer.ts"
import { ExchangeClient } from "../../src/exchange/ExchangeClient.ts"
import {
  arrive,
  emptyKey,
  type ExchangeConfig,
  exerciseConfig,
  type KeyState,
  parseNonce,
  type Verdict,
} from "../../src/exchange/ExchangeModel.ts"
import { ConnectionBroken, ConnectionFailed, RequestTimeout } from "../../src/exchange/SubmitError.ts"
import { nowMsUnsafe } from "../../src/Monotonic.ts"

/** What becomes of one request. Times in milliseconds. */
export interface Journey {
  /** Until it is handed to the socket. */
  readonly writeMs?: number
  /** From there to the exchange's count. */
  readonly incomingMs: number
  /** From there back to the client. */
  readonly outgoingMs: number
  readonly fate?:
    | "refused-connection"
    | "lost-on-the-way-in"
    | "lost-on-the-way-out"
    | "garbled"
    /** The connection breaks this long after the request was written; what was sent still arrives. */
    | { readonly brokenAfterMs: number }
    /** The exchange answers with this status and no meaning. */
    | { readonly status: number }
}

export interface Arrival {
  readonly key: string
  readonly id: string
  readonly nonce: number
  readonly atMs: number
  readonly verdict: Verdict
}

export interface VirtualExchange {
  readonly layer: Layer.Layer<ExchangeClient>
  /** Every request that reached the exchange, in the order of arrival. */
  readonly arrivals: ReadonlyArray<Arrival>
  /** The key has collected so many rate-limit errors already. */
  readonly burden: (label: string, rateLimitErrors: number) => void
  /** Another client of the key has used this nonce. */
  readonly sawNonce: (label: string, nonce: bigint) => void
}

export interface VirtualExchangeOptions {
  readonly config?: ExchangeConfig
  readonly keys: ReadonlyArray<ApiKey>
  /** The journey of the n-th request of all, from 0. */
  readonly journey: (n: number, key: ApiKey) => Journey
  readonly requestTimeoutMs: number
  /** Labels that the exchange does not know. */
  readonly unknownKeys?: ReadonlyArray<string>
}

/** Requests travel in the scope: they reach the exchange even when the client has given them up. */
export const makeVirtualExchange = (
  options: VirtualExchangeOptions,
): Effect.Effect<VirtualExchange, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const world = yield* Effect.scope
    const config = options.config ?? exerciseConfig
    const states = new Map<string, KeyState>()
    const stateOf = (label: string) => states.get(label) ?? emptyKey(config)
    const arrivals: Array<Arrival> = []
    let count = 0

    const submit: ExchangeClient["Service"]["submit"] = (order, key, nonce, watch) => {
      const about = { orderId: order.id, key: key.label }
      const journey = options.journey(count++, key)
      const { fate } = journey
      const judge = () => {
        const atMs = nowMsUnsafe(clock)
        if (options.unknownKeys?.includes(key.label) === true) {
          return { status: 401, body: '{"status":"error","error_msg":"invalid api key"}' }
        }
        const { verdict, next } = arrive(config, stateOf(key.label), {
          nonce: parseNonce(String(nonce)),
          atMs,
        })
        states.set(key.label, next)
        arrivals.push({ key: key.label, id: order.id, nonce, atMs, verdict })
        return answerTo(verdict, order.id)
      }
      const travel = Effect.gen(function* () {
        if (fate === "refused-connection") {
          yield* Effect.sleep(journey.writeMs ?? 0)
          return yield* new ConnectionFailed({ ...about, code: "ECONNREFUSED" })
        }
        yield* Effect.sleep(journey.writeMs ?? 0)
        watch.onWritten(nowMsUnsafe(clock))
        const answer = Deferred.makeUnsafe<{ readonly status: number; readonly body: string }>()
        const onTheExchange = Effect.gen(function* () {
          if (fate === "lost-on-the-way-in") return
          yield* Effect.sleep(journey.incomingMs)
          const said = judge()
          yield* Effect.sleep(journey.outgoingMs)
          if (fate === "lost-on-the-way-out") return
          const status = typeof fate === "object" && "status" in fate ? fate.status : said.status
          const meaningless = fate === "garbled" || typeof fate === "object"
          yield* Deferred.succeed(answer, { status, body: meaningless ? "<html>" : said.body })
        })
        yield* Effect.forkIn(onTheExchange, world, { startImmediately: true })
        if (typeof fate === "object" && "brokenAfterMs" in fate) {
          return yield* Effect.delay(
            Effect.fail(new ConnectionBroken({ ...about, code: "ECONNRESET" })),
            fate.brokenAfterMs,
          )
        }
        const { status, body } = yield* Deferred.await(answer)
        return yield* Effect.fromResult(readAnswer(about, status, body))
      })
      return travel.pipe(
        Effect.timeoutOrElse({
          duration: options.requestTimeoutMs,
          orElse: () => Effect.fail(new RequestTimeout(about)),
        }),
        Effect.onExit(() => Effect.sync(() => watch.onSettled(nowMsUnsafe(clock)))),
      )
    }

    return {
      layer: Layer.succeed(ExchangeClient, ExchangeClient.of({ submit })),
      arrivals,
      burden: (label, rateLimitErrors) => states.set(label, { ...stateOf(label), rateLimitErrors }),
      sawNonce: (label, lastNonce) => states.set(label, { ...stateOf(label), lastNonce }),
    }
  })
