/**
 * The exchange over HTTP: the platform's HttpClient on undici, keep-alive, one request a connection at a time
 * and as many connections as requests may be in flight, so that no request waits for another's answer.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import { Clock, Duration, Effect, Layer, Predicate, Redacted } from "effect"
import { HttpClient, type HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { nowMsUnsafe } from "../../platform/Monotonic.ts"
import { readAdvice } from "../../http/advice.ts"
import { readAnswer } from "./answer.ts"
import { ExchangeClient } from "../ExchangeClient.ts"
import { ConnectionBroken, ConnectionFailed, RequestTimeout } from "../../domain/SubmitError.ts"
import { type ProbedOptions, probing, WrittenProbe } from "../../http/WrittenProbe.ts"

export interface HttpExchangeOptions {
  /** Where requests go, such as `http://127.0.0.1:9999/api/request`. */
  readonly url: URL
  /** How long a request may take, connecting included, before it is given up. */
  readonly requestTimeout: Duration.Duration
  /** The most requests that may be in flight: limit times keys, for every gate that keeps to the limit. */
  readonly maxInFlight: number
}

/** An answer has some forty bytes; whatever is larger is not the protocol's and is not read to its end. */
const MAX_ANSWER_BYTES = 64 * 1024

/** The platform's error code (ECONNREFUSED and the like), which names no host and no key. */
const codeOf = (cause: unknown): string => {
  if (Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code)) return cause.code
  if (Predicate.hasProperty(cause, "cause")) return codeOf(cause.cause)
  return "no code"
}

const failureOf = (
  about: { readonly orderId: string; readonly key: string },
  probe: WrittenProbe,
  error: HttpClientError.HttpClientError,
) => {
  const code = codeOf(error.reason)
  if (!probe.begun) return new ConnectionFailed({ ...about, code })
  return new ConnectionBroken({ ...about, code })
}

/** An answer's body; none of it where it is too large, since what it says there is in its status alone. */
const bodyOf = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.catchIf(
    response.text,
    (error) => codeOf(error.reason) === "UND_ERR_RES_EXCEEDED_MAX_SIZE",
    () => Effect.succeed(""),
  )

const agentLayer = (options: HttpExchangeOptions) =>
  Layer.effect(
    NodeHttpClient.Dispatcher,
    Effect.acquireRelease(
      Effect.sync(() =>
        new Undici.Agent({
          connections: options.maxInFlight,
          pipelining: 1,
          // HTTP/2 starts requests over after a GOAWAY, and shares one connection's fate among all of them.
          allowH2: false,
          connectTimeout: Duration.toMillis(options.requestTimeout),
          maxResponseSize: MAX_ANSWER_BYTES,
        }).compose(probing),
      ),
      (agent) => Effect.promise(() => agent.destroy()),
    ),
  )

const make = Effect.fnUntraced(function* (options: HttpExchangeOptions) {
  const http = yield* HttpClient.HttpClient
  const base = HttpClientRequest.get(options.url, { acceptJson: true })

  const submit: ExchangeClient["Service"]["submit"] = (order, key, nonce, watch) =>
    Clock.clockWith((clock) =>
      Effect.suspend(() => {
        const about = { orderId: order.id, key: key.label }
        const probe = new WrittenProbe(() => watch.onWritten(nowMsUnsafe(clock)), watch.mayStart)
        const probed: ProbedOptions = { probe }
        const request = HttpClientRequest.setUrlParams(base, {
          ...order.params,
          api_key: Redacted.value(key.secret),
          nonce: String(nonce),
          req_id: order.id,
        })
        return http.execute(request).pipe(
          Effect.flatMap((response) =>
            Effect.map(bodyOf(response), (body) => {
              const { headers, status } = response
              const advice = readAdvice(status, headers, clock.currentTimeMillisUnsafe())
              if (advice !== undefined) watch.onAdvice?.(advice)
              return { status, body }
            }),
          ),
          Effect.mapError((error) => failureOf(about, probe, error)),
          Effect.timeoutOrElse({
            duration: options.requestTimeout,
            orElse: () =>
              Effect.fail(
                probe.begun
                  ? new RequestTimeout(about)
                  : new ConnectionFailed({ ...about, code: "connect timeout" }),
              ),
          }),
          Effect.provideService(NodeHttpClient.UndiciOptions, probed),
          // URLs carry keys: they must not reach a tracer, whoever installed it.
          Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
          Effect.onExit(() => Effect.sync(() => watch.onSettled(nowMsUnsafe(clock)))),
          Effect.flatMap(({ status, body }) =>
            Effect.fromResult(readAnswer(about, status, body, key.secret)),
          ),
        )
      }),
    )

  return ExchangeClient.of({ submit })
})

/** An {@link ExchangeClient} over HTTP. Its connections close with the layer's scope. */
export const layer = (options: HttpExchangeOptions): Layer.Layer<ExchangeClient> =>
  Layer.effect(ExchangeClient, make(options)).pipe(
    Layer.provide(NodeHttpClient.layerUndiciNoDispatcher),
    Layer.provide(agentLayer(options)),
  )
