/** The exercise's client over HTTP, as tests use it: an order in, all that was seen of it out. */
import { Cause, Clock, Context, Duration, Effect, Exit, Layer, Option, Redacted } from "effect"
import type { ApiKey } from "../../src/domain/ApiKey.ts"
import type { OrderParams } from "../../src/domain/Order.ts"
import type { SubmitError } from "../../src/domain/SubmitError.ts"
import type { Advice } from "../../src/http/advice.ts"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"
import { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import * as HttpExchangeClient from "../../src/venues/exercise/HttpExchangeClient.ts"

export const SECRET = 'SECRET/of+key"1'
export const key: ApiKey = { label: "key-1", secret: Redacted.make(SECRET) }

export const makeClient = (url: URL, options: Partial<HttpExchangeClient.HttpExchangeOptions> = {}) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const context = yield* Layer.build(
      HttpExchangeClient.layer({ url, requestTimeout: Duration.seconds(5), maxInFlight: 5, ...options }),
    )
    const client = Context.get(context, ExchangeClient)
    let nonce = 0
    /** Sends an order and tells everything that was seen of it. */
    return Effect.fnUntraced(function* (id: string, params: OrderParams = {}) {
      const written: Array<number> = []
      const settled: Array<number> = []
      const advised: Array<Advice> = []
      nonce += 1
      const sent = nowMsUnsafe(clock)
      const exit = yield* Effect.exit(
        client.submit({ id, params }, key, nonce, {
          onWritten: (atMs) => written.push(atMs),
          onSettled: (atMs) => settled.push(atMs),
          onAdvice: (advice) => advised.push(advice),
        }),
      )
      const error = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : Option.none<SubmitError>()
      return { exit, error: Option.getOrUndefined(error), tag: tagOf(exit), sent, written, settled, advised }
    })
  })

/** How a request ended: `accepted`, or the error it failed with. */
export const tagOf = (exit: Exit.Exit<unknown, { readonly _tag: string }>): string =>
  Exit.isSuccess(exit)
    ? "accepted"
    : Option.match(Cause.findErrorOption(exit.cause), {
        onSome: (error) => error._tag,
        onNone: () => Cause.pretty(exit.cause),
      })
