/**
 * A dispatcher on a virtual exchange, ready to be played with: what tests and properties have in common.
 */
import { Clock, Context, Duration, Effect, Exit, Layer, Random, Scope } from "effect"
import { RateLimiter } from "effect/persistence"
import * as Dispatcher from "../../src/dispatch/Dispatcher.ts"
import type { DispatcherOptions } from "../../src/dispatch/DispatcherOptions.ts"
import { type DispatchEvent, DispatchLog } from "../../src/domain/DispatchEvent.ts"
import type { GateFactory } from "../../src/limits/Gate.ts"
import { LiveReach } from "../../src/limits/LiveReach.ts"
import { scopedLimits } from "../../src/limits/scopedLimits.ts"
import { ackWindow, type AckWindowOptions, defaultMargin, defaultPace } from "../../src/limits/AckWindow.ts"
import { type ApiKey, labelKeys } from "../../src/domain/ApiKey.ts"
import { keyWindowOf, type LimitSpec, type Nonces } from "../../src/domain/LimitSpec.ts"
import type { NonceUnit } from "../../src/domain/NonceUnit.ts"
import { MadeOrder, type OrderParams } from "../../src/domain/Order.ts"
import { ExchangeClient } from "../../src/venues/ExchangeClient.ts"
import { type ExchangeRules, exerciseRules } from "../../src/venues/exercise/exercise.ts"
import { nowMsUnsafe } from "../../src/platform/Monotonic.ts"
import { seededRandom } from "../../src/platform/Random.ts"
import { type Arrival, type Journey, makeSimulatedExchange } from "../../src/simulation/SimulatedExchange.ts"

export const makeKeys = (count: number): ReadonlyArray<ApiKey> =>
  labelKeys(Array.from({ length: count }, (_, index) => `secret-${index + 1}`))

export interface RigOptions {
  readonly keys?: number | ReadonlyArray<ApiKey>
  /** Of the jitter with which the dispatcher tries again. */
  readonly seed?: number
  readonly config?: ExchangeRules
  /** Limits of the exchange, in place of a key's window, that the client knows. */
  readonly limits?: ReadonlyArray<LimitSpec> | undefined
  readonly nonces?: Nonces | undefined
  readonly nonceUnit?: NonceUnit | undefined
  /** Puts other limits in the place of those that the dispatcher asks. */
  readonly scoped?: typeof scopedLimits
  /** What the client believes the limit to be; the exchange's own by default. */
  readonly limit?: number
  readonly boundMs?: number | undefined
  readonly ttlMs?: number | undefined
  readonly paceMs?: number
  readonly marginMs?: number
  readonly requestTimeoutMs?: number
  readonly journey?: (n: number, key: ApiKey) => Journey
  readonly pingJourney?: (n: number) => Journey
  readonly unknownKeys?: ReadonlyArray<string>
  /** Puts another gate in the place of the real one. */
  readonly gate?: (options: AckWindowOptions) => GateFactory
  /** Puts something between the dispatcher and the exchange. */
  readonly client?: (client: ExchangeClient["Service"]) => ExchangeClient["Service"]
  /** Puts another dispatcher in the place of the real one. */
  readonly make?: typeof Dispatcher.make
  readonly dispatcher?: Partial<DispatcherOptions>
  /** Takes the events besides; where none is given, whatever happens is kept at once. */
  readonly log?: DispatchLog
}

export const at = { incomingMs: 25, outgoingMs: 25 } satisfies Journey

/** Starts an exchange and a dispatcher. `stop` stops the dispatcher; the exchange lives on in the scope. */
export const makeRig = Effect.fnUntraced(function* (options: RigOptions = {}) {
  const clock = yield* Clock.Clock
  const keys = typeof options.keys === "object" ? options.keys : makeKeys(options.keys ?? 1)
  const { limits, nonces } = options
  const config = { ...(options.config ?? exerciseRules), ...(nonces && { nonces }) }
  const counted = limits === undefined ? config : keyWindowOf(limits)
  const limit = options.limit ?? counted.limit
  const window = Duration.millis(counted.windowMs)
  const requestTimeoutMs = options.requestTimeoutMs ?? 5000
  const events: Array<DispatchEvent> = []
  const arrivals: Array<Arrival> = []
  const simulated = yield* makeSimulatedExchange({
    config,
    limits,
    nonceUnit: options.nonceUnit,
    journey: options.journey ?? (() => at),
    pingJourney: options.pingJourney ?? (() => at),
    requestTimeoutMs,
    onArrival: (arrival) => arrivals.push(arrival),
    ...(options.unknownKeys === undefined ? {} : { unknownKeys: options.unknownKeys }),
  })
  const rateLimiter = yield* RateLimiter.make.pipe(Effect.provide(RateLimiter.layerStoreMemory))
  const reach = new LiveReach({
    boundMs: "boundMs" in options ? options.boundMs : 55,
    requestTimeoutMs,
  })
  const gateOptions: AckWindowOptions = {
    limit,
    window,
    reach,
    margin: options.marginMs === undefined ? defaultMargin(window) : Duration.millis(options.marginMs),
    pace: options.paceMs === undefined ? defaultPace(limit, window) : Duration.millis(options.paceMs),
    rateLimiter,
    nonces,
  }
  const client = options.client?.(simulated.client) ?? simulated.client
  const scope = yield* Scope.make()
  const ttlMs = "ttlMs" in options ? options.ttlMs : 1000
  const dispatcherOptions: DispatcherOptions = {
    keys,
    reach,
    gate: (options.gate ?? ackWindow)(gateOptions),
    limits: limits && (options.scoped ?? scopedLimits)(limits),
    ttl: ttlMs === undefined ? undefined : Duration.millis(ttlMs),
    requestTimeout: Duration.millis(requestTimeoutMs),
    blockAfter: config.blockAfter,
    ...options.dispatcher,
  }
  const make = options.make ?? Dispatcher.make
  const context = yield* Layer.effect(Dispatcher.Dispatcher, make(dispatcherOptions)).pipe(
    Layer.provide(Layer.succeed(ExchangeClient, client)),
    Layer.buildWithScope(scope),
    Effect.provideService(DispatchLog, {
      ready: options.log?.ready ?? Effect.void,
      record: (event) => {
        events.push(event)
        options.log?.record(event)
      },
      committed: options.log?.committed ?? Effect.succeed(true),
    }),
    Effect.provideService(Random.Random, yield* seededRandom(options.seed ?? 1, "outages")),
  )
  const stop = Scope.close(scope, Exit.void)
  yield* Effect.addFinalizer(() => stop)
  const startMs = nowMsUnsafe(clock)
  const ofType = <T extends DispatchEvent["type"]>(type: T) =>
    events.filter((event): event is Extract<DispatchEvent, { readonly type: T }> => event.type === type)
  return {
    dispatcher: Context.get(context, Dispatcher.Dispatcher),
    stop,
    events,
    exchange: { ...simulated, arrivals },
    sent: () => ofType("sent"),
    /** When requests left, in milliseconds since the rig was made. */
    sentMs: () => ofType("sent").map(({ atMs }) => atMs - startMs),
    outcomes: () => ofType("outcome"),
    returned: () => ofType("returned"),
    retired: () => ofType("key"),
    jumps: () => ofType("nonce-jump"),
    pings: () => ofType("ping"),
    reaches: () => ofType("reach"),
    /** Milliseconds since the rig was made. */
    elapsed: () => nowMsUnsafe(clock) - startMs,
    startMs,
    /** Forgets the events and arrivals so far, for runs that are too long to keep them all. */
    forget: () => {
      events.length = 0
      arrivals.length = 0
    },
  }
})

export const order = (id: number | string, createdMs?: number, params: OrderParams = {}) =>
  new MadeOrder(String(id), params, createdMs)
