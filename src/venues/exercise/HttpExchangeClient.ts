/** The exercise's exchange over HTTP: an order as a GET, and what its answer means. */
import { Clock, Duration, Effect, Exit, Layer, Redacted, Result } from "effect"
import { ConnectionBroken, ConnectionFailed, RequestTimeout } from "../../domain/SubmitError.ts"
import { readAdvice } from "../../http/advice.ts"
import type { Answer, HttpEnding } from "../../http/HttpRequest.ts"
import { makeHttpTransport } from "../../http/HttpTransport.ts"
import { ExchangeClient, PingFailed } from "../ExchangeClient.ts"
import { answersPing, type OrderAndKey, readAnswer, turnsAway } from "./answer.ts"
import { type AddressedOrder, pathBuilder } from "./address.ts"

export interface HttpExchangeOptions {
  /** Where requests go, such as `http://127.0.0.1:9999/api/request`. */
  readonly url: URL
  /** How long a request may take, connecting included, before it is given up. */
  readonly requestTimeout: Duration.Duration
  /** The most requests that may be in flight: limit times keys, for every gate that keeps to the limit. */
  readonly maxInFlight: number
}

/**
 * What a ping asks for: no exchange knows this key, so it is refused before anything is counted. One that takes any key for its
 * own sees no id and no nonce twice.
 */
const pingAt = (wallMs: number): AddressedOrder => ({
  id: `ping-${wallMs}`,
  secret: "paceline-ping",
  nonce: wallMs,
})

/** Whatever callers without types call an order: an error about it can be made. */
const nameOf = (name: unknown): string => (typeof name === "string" ? name : String(name))

/** Why there is no answer to an order. */
const failureOf = (about: OrderAndKey, ending: Exclude<HttpEnding, { kind: "answered" }>) => {
  switch (ending.kind) {
    case "never-sent":
      return new ConnectionFailed({ ...about, code: ending.code })
    case "broken":
      return new ConnectionBroken({ ...about, code: ending.code })
    case "timeout":
      return new RequestTimeout(about)
  }
}

const make = Effect.fnUntraced(function* ({ maxInFlight, requestTimeout, url }: HttpExchangeOptions) {
  const clock = yield* Clock.Clock
  const http = yield* makeHttpTransport({
    url,
    requestTimeoutMs: Duration.toMillis(requestTimeout),
    maxInFlight,
  })
  const pathOf = pathBuilder(url)
  const adviceOf = ({ headers, status }: Answer) =>
    readAdvice(status, headers, clock.currentTimeMillisUnsafe())

  const submit: ExchangeClient["Service"]["submit"] = (order, key, nonce, watch) =>
    Effect.suspend(() => {
      const about = { orderId: nameOf(order.id), key: nameOf(key.label) }
      return http.send({
        path: pathOf({ id: about.orderId, secret: Redacted.value(key.secret), nonce, params: order.params }),
        watch,
        // Refusals carry no order's id.
        isAnonymous: ({ status }) => status >= 400 && status < 500,
        conclude: (ending) => {
          if (ending.kind !== "answered") return Exit.fail(failureOf(about, ending))
          const advice = adviceOf(ending.answer)
          if (advice !== undefined) watch.onAdvice?.(advice)
          const { body, status } = ending.answer
          return Result.match(readAnswer(about, status, body, key.secret), {
            onFailure: Exit.fail,
            onSuccess: Exit.succeed,
          })
        },
      })
    })

  const ping: ExchangeClient["Service"]["ping"] = Effect.suspend(() => {
    let writtenMs = 0
    let settledMs = 0
    return http
      .sendApart({
        path: pathOf(pingAt(clock.currentTimeMillisUnsafe())),
        watch: {
          onWritten: (atMs) => {
            writtenMs = atMs
          },
          onSettled: (atMs) => {
            settledMs = atMs
          },
        },
        conclude: (ending) => {
          const isUnreachable = ending.kind === "never-sent"
          if (ending.kind !== "answered")
            return Exit.fail(new PingFailed({ code: codeOf(ending), isUnreachable }))
          const { body, status } = ending.answer
          const waitMs = adviceOf(ending.answer)?.exchangeMs ?? 0
          // An exchange that asks to be left alone is not asked for more.
          if (waitMs === 0 && answersPing(status, body)) return Exit.void
          const isTurnedAway = turnsAway(status)
          return Exit.fail(new PingFailed({ code: codeOf(ending), isUnreachable, isTurnedAway, waitMs }))
        },
      })
      .pipe(Effect.map(() => settledMs - writtenMs))
  })

  return ExchangeClient.of({ submit, ping })
})

const codeOf = (ending: HttpEnding): string => {
  switch (ending.kind) {
    case "answered":
      return `status ${ending.answer.status}`
    case "timeout":
      return "timeout"
    case "never-sent":
    case "broken":
      return ending.code
  }
}

/** An {@link ExchangeClient} over HTTP. Its connections close with the layer's scope. */
export const layer = (options: HttpExchangeOptions): Layer.Layer<ExchangeClient> =>
  Layer.effect(ExchangeClient, make(options))
