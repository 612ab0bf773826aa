/**
 * The dispatcher as it is used: over HTTP, with every default filled in.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Clock, Duration, Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import type { ApiKey } from "../domain/ApiKey.ts"
import { keyWindowOf, longestCountMs, type LimitSpec, type Nonces } from "../domain/LimitSpec.ts"
import type { NonceUnit } from "../domain/NonceUnit.ts"
import { exerciseRules } from "../venues/exercise/exercise.ts"
import type { ExchangeClient } from "../venues/ExchangeClient.ts"
import { layer as httpExchangeLayer } from "../venues/exercise/HttpExchangeClient.ts"
import { type Dispatcher, layer as dispatcherLayer } from "./Dispatcher.ts"
import type { DispatcherOptions } from "./DispatcherOptions.ts"
import { checkCount, checkKeys, checkTime, checkUrl } from "./InvalidOptions.ts"
import { claimKeys } from "../keys/claimKeys.ts"
import { layerStateDirectory } from "../keys/StateDirectory.ts"
import type { StateError } from "../keys/StateError.ts"
import { ackWindow, defaultMargin, defaultPace } from "../limits/AckWindow.ts"
import { scopedLimits } from "../limits/scopedLimits.ts"
import { DEFAULT_REQUEST_TIMEOUT } from "./requestTimeout.ts"
import { machineClock } from "../platform/BootTime.ts"
import { LiveReach, type ReachOptions } from "../limits/LiveReach.ts"

export interface HttpDispatcherOptions extends Partial<
  Pick<
    DispatcherOptions,
    | "recall"
    | "clock"
    | "capacity"
    | "maxReturns"
    | "parkAfter"
    | "blockAfter"
    | "nonceJumps"
    | "firstContact"
    | "unreachableAfter"
  >
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
   * How the exchange counts, where that is not `limit` in each `window` of a key: any number of limits, each with a rule and a
   * scope. They take the place of both. An order costs each what that says of its action (`place`, or what its parameter `action` says), 1
   * unless given; its parameter `cost` says otherwise. All keys belong to one account.
   */
  readonly limits?: ReadonlyArray<LimitSpec> | undefined
  /** What nonces count: as other clients of the keys have counted, or finer. Default `ms`. */
  readonly nonceUnit?: NonceUnit | undefined
  /** Whether each key's nonces must arrive rising (the default), or in no order: then no request waits for another. */
  readonly order?: Nonces | undefined
  /**
   * The longest time from a request's leaving until the exchange counts it, with a margin for handling.
   * Undefined (the default) where it is not known: safe with any delay, and slower.
   */
  readonly bound?: Duration.Duration | undefined
  /** How long an order is worth sending after its creation; undefined (the default) for ever. */
  readonly ttl?: Duration.Duration | undefined
  /** How long a request may take before it is given up and its order counts as unknown. Default 5 s. */
  readonly requestTimeout?: Duration.Duration
  /**
   * A directory in which it is remembered, from one process to the next, what was done with each key; and in which no
   * two of them hold the same key at once. Undefined (the default): nothing is remembered. Takes the place of `recall`.
   */
  readonly state?: string | undefined
}

export const DEFAULT_LIMIT = exerciseRules.limit
const DEFAULT_WINDOW = Duration.millis(exerciseRules.windowMs)

/** What is to be remembered between lives of keys that are used in this way. */
export const claimFor = (
  directory: string,
  options: {
    readonly keys: ReadonlyArray<ApiKey>
    /** Undefined for an exchange that does not outlive its client. */
    readonly url: URL | undefined
    readonly limit: number
    readonly window: Duration.Duration
    readonly limits?: ReadonlyArray<LimitSpec> | undefined
    readonly bound: Duration.Duration | undefined
    readonly requestTimeout: Duration.Duration
    readonly nonceUnit?: NonceUnit | undefined
  },
) => {
  const { nonceUnit } = options
  const limits = options.limits?.length === 0 ? undefined : options.limits
  // An older version that knows nothing of limits waits until nothing counts any more.
  const window = limits === undefined ? options.window : Duration.millis(longestCountMs(limits))
  return Effect.provide(
    claimKeys({
      keys: options.keys,
      directory,
      nonceUnit,
      exchange: options.url && showUrl(options.url),
      limit: options.limit,
      limits,
      windowMs: Duration.toMillis(Duration.sum(window, defaultMargin(window))),
      reach: reachOf(options),
    }),
    layerStateDirectory(directory),
  )
}

/** How long a request may be on its way. */
export const reachOf = (options: {
  readonly bound: Duration.Duration | undefined
  readonly requestTimeout: Duration.Duration
}): ReachOptions => ({
  boundMs: options.bound && Duration.toMillis(options.bound),
  requestTimeoutMs: Duration.toMillis(options.requestTimeout),
})

/** An address without what may hold a secret. */
export const showUrl = (url: URL): string => `${url.origin}${url.pathname}`

/**
 * A dispatcher that sends over HTTP until the layer's scope closes. With a `state` directory it fails where a key is
 * in use, or where what is remembered of one cannot be read or written. Building it dies of `InvalidOptions` where it
 * is given options that it cannot work with.
 */
export const layerHttp = (options: HttpDispatcherOptions): Layer.Layer<Dispatcher, StateError> => {
  const { nonceUnit, requestTimeout = DEFAULT_REQUEST_TIMEOUT, url } = options
  return layerOver({ blockAfter: exerciseRules.blockAfter, ...options }, (maxInFlight) =>
    httpExchangeLayer({ url, requestTimeout, maxInFlight, nonceUnit }),
  )
}

/** The same over any client of an exchange, of which no more than `maxInFlight` requests are asked at once. */
export const layerOver = (
  options: HttpDispatcherOptions,
  client: (maxInFlight: number) => Layer.Layer<ExchangeClient>,
): Layer.Layer<Dispatcher, StateError> =>
  Layer.unwrap(
    Effect.map(machineClock, (clock) =>
      Layer.provide(build(options, client), Layer.succeed(Clock.Clock, clock)),
    ),
  )

const windowOf = ({ limit = DEFAULT_LIMIT, window = DEFAULT_WINDOW }: HttpDispatcherOptions) => ({
  limit,
  window,
})

/** What a key's gate counts besides other limits: it never waits for it. */
const gateWindowOf = (limits: ReadonlyArray<LimitSpec>) => {
  const { limit, windowMs } = keyWindowOf(limits)
  return { limit, window: Duration.millis(windowMs) }
}

const build = (
  options: HttpDispatcherOptions,
  client: (maxInFlight: number) => Layer.Layer<ExchangeClient>,
): Layer.Layer<Dispatcher, StateError> => {
  const {
    url,
    keys,
    limits,
    order,
    nonceUnit,
    bound,
    ttl,
    requestTimeout = DEFAULT_REQUEST_TIMEOUT,
    state,
    ...rest
  } = options
  const { limit, window } =
    limits === undefined || limits.length === 0 ? windowOf(options) : gateWindowOf(limits)
  checkUrl("url", url)
  checkKeys(keys)
  checkCount("limit", limit, 1)
  checkTime("window", window)
  checkTime("bound", bound, true)
  checkTime("requestTimeout", requestTimeout)
  const claimed =
    state === undefined
      ? Effect.succeed({})
      : Effect.map(
          claimFor(state, { keys, url, limit, limits, window, bound, requestTimeout, nonceUnit }),
          ({ recall }) => ({
            recall,
          }),
        )
  const reach = new LiveReach(reachOf({ bound, requestTimeout }))
  return Layer.unwrap(
    Effect.map(Effect.all([RateLimiter.make, claimed]), ([rateLimiter, memory]) =>
      dispatcherLayer({
        reach,
        ...rest,
        ...memory,
        keys,
        ttl,
        requestTimeout,
        limits: limits && scopedLimits(limits, rest.clock),
        gate: ackWindow({
          nonces: order,
          limit,
          window,
          reach,
          margin: defaultMargin(window),
          pace: defaultPace(limit, window),
          rateLimiter,
        }),
      }),
    ),
  ).pipe(
    Layer.provide(NodeFileSystem.layer),
    Layer.provide(RateLimiter.layerStoreMemory),
    Layer.provide(client(limit * keys.length)),
  )
}
