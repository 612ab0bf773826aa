/**
 * All that the dispatcher needs of an exchange: it sends one request and learns what became of it. `HttpExchangeClient`
 * does so over HTTP; tests and simulations put an `ExchangeModel` behind the same interface.
 */
import { Context, type Effect, Schema } from "effect"
import type { Order } from "../domain/Order.ts"
import type { Advice } from "../http/advice.ts"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { SubmitError } from "../domain/SubmitError.ts"

/** The exchange's word that it took an order. */
export const Acceptance = Schema.Struct({
  status: Schema.Literal("OK"),
  /** The id of the order that was taken. */
  req_id: Schema.String,
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
}

/** A ping was not answered. */
export class PingFailed extends Schema.TaggedError<PingFailed>()("PingFailed", {
  /** The platform's error code, such as ECONNREFUSED; undefined where the exchange was reached, and gave no answer of its own. */
  unreachable: Schema.UndefinedOr(Schema.String),
}) {
  override get message() {
    return this.unreachable === undefined
      ? "the exchange gave no answer to a ping"
      : `no connection to the exchange (${this.unreachable})`
  }
}

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
    /**
     * Asks the exchange for an answer of its own that counts in no limit and in no key's nonces: it shows that the exchange has
     * read what came before. Left out where there is no such request: then time alone tells.
     */
    readonly ping?: Effect.Effect<void, PingFailed>
  }
>()("paceline/venues/ExchangeClient") {}
