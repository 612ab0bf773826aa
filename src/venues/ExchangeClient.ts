/**
 * All that the dispatcher needs of an exchange: it sends one request and learns what became of it. `HttpExchangeClient`
 * does so over HTTP; tests and simulations put an `ExchangeModel` behind the same interface.
 */
import { Context, Data, type Effect, Schema } from "effect"
import type { Order, OrderParams } from "../domain/Order.ts"
import type { Advice } from "../http/advice.ts"
import type { NonceUnit } from "../domain/NonceUnit.ts"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { LimitsTold } from "../domain/LimitSpec.ts"
import type { ExchangeTime } from "../domain/Transit.ts"
import type { SubmitError } from "../domain/SubmitError.ts"

/** The exchange's word that it took an order. */
export const Acceptance = Schema.Struct({
  status: Schema.Literal("OK"),
  /** The id of the order that was taken. */
  req_id: Schema.String,
  /** What else the venue says of it, such as a transaction id: text by name. */
  data: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
})
export type Acceptance = typeof Acceptance.Type

/**
 * Told of a request's way while it is under way, synchronously and at most once each. Times are
 * milliseconds of the monotonic clock.
 */
export interface TransitWatch {
  /**
   * Asked right before the first byte leaves, which may be long after the request was begun: connecting takes
   * time. Where it says no, nothing is sent and the request fails with `ConnectionFailed`.
   */
  readonly mayStart?: () => boolean
  /** All of the request was handed to an open connection's socket. Never called where nothing was sent. */
  readonly onWritten: (atMs: number) => void
  /** The answer is complete, or the client gave up. Always called, right before the result is known. */
  readonly onSettled: (atMs: number) => void
  /** The answer asks to wait before more is sent, counted from now. Called, if at all, before the result is known. */
  readonly onAdvice?: (advice: Advice) => void
  /** The answer says what the exchange's clock showed. Called, if at all, before the result is known. */
  readonly onTime?: (time: ExchangeTime) => void
  /** The answer says what the exchange has counted of its limits, or which one refused it. Called, if at all, before that. */
  readonly onLimits?: (told: LimitsTold) => void
}

/** The answer to a ping. */
export interface Pong {
  readonly roundTripMs: number
  /** What it says of the exchange's clock, if anything. */
  readonly time?: ExchangeTime | undefined
}

/** No answer to a ping: it says nothing about what the exchange has read. */
export class PingFailed extends Data.TaggedError("PingFailed")<{
  /** The platform's error code, or what came instead, such as `timeout` or `status 502`. */
  readonly code: string
  /** No connection could be had. */
  readonly isUnreachable: boolean
  /** It was turned away unread, as orders would be. */
  readonly isTurnedAway?: boolean
  /** So many milliseconds must pass before anything is sent again, as the answer says. */
  readonly waitMs?: number
}> {}

export class ExchangeClient extends Context.Service<
  ExchangeClient,
  {
    /**
     * Sends one order with one key and one nonce, exactly once: no retry, no redirect.
     * Fails with what the exchange or the network made of it; see `verdictOf` for what that means.
     */
    readonly submit: (
      order: Order,
      key: ApiKey,
      nonce: number,
      watch: TransitWatch,
    ) => Effect.Effect<Acceptance, SubmitError>
    /** What the nonces count that it sends: `submit` is given them in this unit, those in ns without three zeros. Default `ms`. */
    readonly nonceUnit?: NonceUnit | undefined
    /**
     * Why the exchange cannot take such an order, in words that follow "the order"; undefined where it can. Orders are asked
     * about before they are taken. Left out where all can be sent.
     */
    readonly problemOf?: (order: { readonly id: string; readonly params: OrderParams }) => string | undefined
    /**
     * Asks the exchange itself for any answer. Its answer shows that the exchange
     * has read what had reached it before. It counts in no limit and uses no nonce, waits for no order's answer,
     * and takes at most the request timeout. Left out where a venue has no such request: then time alone tells.
     */
    readonly ping?: Effect.Effect<Pong, PingFailed>
  }
>()("paceline/venues/ExchangeClient") {}
