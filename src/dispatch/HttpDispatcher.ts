/**
 * The dispatcher as it is used: over HTTP, with every default filled in.
 */
import { Duration, Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import type { ApiKey } from "../exchange/ApiKeys.ts"
import { layer as httpExchangeLayer } from "../exchange/HttpExchangeClient.ts"
import { type Dispatcher, type DispatcherOptions, layer as dispatcherLayer } from "./Dispatcher.ts"
import { checkCount, checkKeys, checkTime, checkUrl } from "./InvalidOptions.ts"
import { defaultGate, gateByName, type GateName, habitsOf } from "./gates/byName.ts"

export interface HttpDispatcherOptions extends Partial<
  Pick<DispatcherOptions, "capacity" | "maxReturns" | "parkAfter" | "firstContact" | "unreachableAfter">
> {
  /** Where the exchange takes orders. */
  readonly url: URL
  /** At least one key; no other client may use it at the same time. */
  readonly keys: ReadonlyArray<ApiKey>
  /** Requests that the exchange lets a key pass in one window. Default 20. */
  readonly limit?: number
  /** The exchange's window. Default 1 s. */
  readonly window?: Duration.Duration
  /**
   * The longest time from a request's leaving until the exchange counts it, with a margin for handling.
   * Undefined (the default) where it is not known: safe with any delay, and 5 % slower.
   */
  readonly bound?: Duration.Duration | undefined
  /** How long an order is worth sending after its creation; undefined (the default) for ever. */
  readonly ttl?: Duration.Duration | undefined
  /** What decides when a key may send. Default `ack-window`; the others are there to be compared with. */
  readonly gate?: GateName
  /** How long a request may take before it is given up and its order counts as unknown. Default 5 s. */
  readonly requestTimeout?: Duration.Duration
}

export const DEFAULT_LIMIT = 20
export const DEFAULT_WINDOW = Duration.seconds(1)
export const DEFAULT_REQUEST_TIMEOUT = Duration.seconds(5)

/**
 * A dispatcher that sends over HTTP until the layer's scope closes. Building it dies of `InvalidOptions` where it is
 * given options that it cannot work with.
 */
export const layerHttp = (options: HttpDispatcherOptions): Layer.Layer<Dispatcher> =>
  Layer.unwrap(Effect.sync(() => build(options)))

const build = (options: HttpDispatcherOptions): Layer.Layer<Dispatcher> => {
  const {
    url,
    keys,
    limit = DEFAULT_LIMIT,
    window = DEFAULT_WINDOW,
    bound,
    ttl,
    gate = defaultGate,
    requestTimeout = DEFAULT_REQUEST_TIMEOUT,
    ...rest
  } = options
  checkUrl("url", url)
  checkKeys(keys)
  checkCount("limit", limit, 1)
  checkTime("window", window)
  checkTime("bound", bound, true)
  checkTime("requestTimeout", requestTimeout)
  return Layer.unwrap(
    Effect.map(RateLimiter.make, (rateLimiter) =>
      dispatcherLayer({
        ...habitsOf(gate),
        ...rest,
        keys,
        ttl,
        requestTimeout,
        gate: gateByName(gate, {
          limit,
          window,
          reach: {
            boundMs: bound === undefined ? undefined : Duration.toMillis(bound),
            requestTimeoutMs: Duration.toMillis(requestTimeout),
          },
          rateLimiter,
        }),
      }),
    ),
  ).pipe(
    Layer.provide(RateLimiter.layerStoreMemory),
    Layer.provide(httpExchangeLayer({ url, requestTimeout, maxInFlight: limit * keys.length })),
  )
}
