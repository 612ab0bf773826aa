/** A dispatcher for an exchange of ccxt, with the venue's limits. */
import { Effect, Layer, Redacted } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { Nonces } from "../domain/LimitSpec.ts"
import type { NonceUnit } from "../domain/NonceUnit.ts"
import type { StateError } from "../keys/StateError.ts"
import { CcxtCalls } from "../venues/ccxt/CcxtCalls.ts"
import { layer as ccxtClientLayer } from "../venues/ccxt/CcxtClient.ts"
import type { CcxtExchange } from "../venues/ccxt/CcxtExchange.ts"
import type { CcxtResult } from "../venues/ccxt/meaning.ts"
import { ccxtNonces, ccxtNonceUnit } from "../venues/ccxt/nonces.ts"
import type { VenueLimit } from "../venues/VenueLimit.ts"
import { venueLimits } from "../venues/venueLimits.ts"
import type { Dispatcher } from "./Dispatcher.ts"
import { type HttpDispatcherOptions, layerOver } from "./HttpDispatcher.ts"
import { refuse } from "./InvalidOptions.ts"
import { DEFAULT_REQUEST_TIMEOUT } from "./requestTimeout.ts"

/** What a dispatcher over ccxt can be told besides its exchange. Every option has a default for the venues of `venueLimits`. */
export interface CcxtOptions extends Omit<
  HttpDispatcherOptions,
  "url" | "keys" | "limit" | "window" | "limits" | "order"
> {
  /** The venue's limits, and what orders and cancels cost. Default: those of `venueLimits` under the exchange's `id`. */
  readonly limits?: ReadonlyArray<Pick<VenueLimit, "limit">>
  /** Whether the venue wants each key's nonces to rise. Default: as the venue is known to; rising for all others. */
  readonly nonces?: Nonces
  /** Where its orders go. Default: where ccxt asks for the venue's time. An order that ccxt would send elsewhere is not sent. */
  readonly url?: URL
  /** API keys of one account, which no other client uses. Default: the exchange's own. */
  readonly keys?: ReadonlyArray<ApiKey>
}

/** Options with every default filled in. */
export interface CcxtPlan<A> extends Required<Pick<CcxtOptions, "limits" | "nonces" | "url" | "keys">> {
  readonly exchange: CcxtExchange<A>
  readonly isPinged: boolean
  /** Undefined where the exchange's own nonces stay. */
  readonly nonceUnit: NonceUnit | undefined
  readonly rest: Omit<CcxtOptions, "limits" | "nonces" | "nonceUnit" | "url" | "keys">
}

const EXAMPLE = '[{ limit: { rule: "log", limit: 20, windowMs: 1000, scope: "account" } }]'

const limitsOf = (id: string): CcxtPlan<unknown>["limits"] => {
  const known: Readonly<Record<string, ReadonlyArray<VenueLimit>>> = venueLimits
  return known[id] ?? refuse("limits", `none are known of ${id}: give the venue's own, such as ${EXAMPLE}`)
}

const keyOf = ({ apiKey, password, secret }: CcxtExchange): ApiKey => ({
  label: "key-1",
  secret: Redacted.make(secret ?? ""),
  ...(apiKey === undefined ? {} : { key: Redacted.make(apiKey) }),
  ...(password === undefined ? {} : { passphrase: Redacted.make(password) }),
})

/** Where ccxt would ask for the venue's time. Nothing is sent. */
const originOfTime = async (exchange: CcxtExchange): Promise<string | undefined> => {
  if (exchange.has["fetchTime"] !== true) return undefined
  let asked: string | undefined
  const send = (origin: string) => {
    asked = origin
    return Promise.reject(new Error("only asked where"))
  }
  await new CcxtCalls(exchange).run({ send }, undefined, (heir) => heir.fetchTime()).catch(() => undefined)
  return asked
}

/** What makes ccxt send another way than straight to the venue. */
const DETOURS = ["httpProxy", "httpsProxy", "socksProxy", "proxyUrl", "agent", "httpsAgent"] as const

/** Fills in the defaults. Rejects with `InvalidOptions` where there are none. */
export const planOf = async <A>(exchange: CcxtExchange<A>, options: CcxtOptions): Promise<CcxtPlan<A>> => {
  const { keys = [keyOf(exchange)], nonces = ccxtNonces(exchange.id), url, ...rest } = options
  const nonceUnit = nonces === "rising" ? (options.nonceUnit ?? ccxtNonceUnit(exchange.nonce())) : undefined
  const limits = options.limits ?? limitsOf(exchange.id)
  if (exchange.markets === undefined)
    refuse("exchange", "its markets are not loaded: await exchange.loadMarkets() first")
  const detour = DETOURS.find((name) => Boolean(exchange[name]))
  if (detour !== undefined) refuse("exchange", `it has ${detour} set, and orders go straight: leave that out`)
  const origin = await originOfTime(exchange)
  const address = url ?? (origin === undefined ? undefined : new URL(origin))
  if (address === undefined)
    return refuse("url", `ccxt does not say where ${exchange.id} tells its time: give its address`)
  return {
    exchange,
    limits,
    nonces,
    nonceUnit,
    keys,
    url: address,
    isPinged: origin === address.origin,
    rest,
  }
}

/** More connections than this help nobody. */
const MOST_IN_FLIGHT = 256

export const layerOfPlan = <A>(
  { exchange, isPinged, keys, limits, nonceUnit, nonces, rest, url }: CcxtPlan<A>,
  onResult?: (orderId: string, result: CcxtResult<A>) => void,
): Layer.Layer<Dispatcher, StateError> => {
  const { requestTimeout = DEFAULT_REQUEST_TIMEOUT } = rest
  // ccxt names markets by its own symbols, one for each of the venue's.
  const specs = limits.map(({ limit }) => (limit.field === undefined ? limit : { ...limit, field: "symbol" }))
  return layerOver({ ...rest, keys, limits: specs, order: nonces, nonceUnit, url }, (maxInFlight) =>
    ccxtClientLayer({
      exchange,
      nonces,
      nonceUnit,
      url,
      isPinged,
      requestTimeout,
      maxInFlight: Math.min(maxInFlight, MOST_IN_FLIGHT),
      ...(onResult === undefined ? {} : { onResult }),
    }),
  )
}

/**
 * A dispatcher that sends to an exchange of ccxt, whose markets are loaded, until the layer's scope closes. Its orders are what
 * `placing` and `cancelling` make of the arguments of ccxt's calls. Building it dies of `InvalidOptions` where it cannot work with
 * what it is given.
 *
 * @example
 * const live = layerCcxt(exchange, { ttl: Duration.seconds(2) })
 * const order = { id: randomUUID(), params: placing("BTC/USD", "limit", "buy", 0.01, 37500) }
 * const taken = Effect.flatMap(Dispatcher, ({ submit }) => submit(order)).pipe(Effect.provide(live))
 */
export const layerCcxt = <A>(
  exchange: CcxtExchange<A>,
  options: CcxtOptions = {},
): Layer.Layer<Dispatcher, StateError> =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => planOf(exchange, options)),
      (plan) => layerOfPlan(plan),
    ),
  )
