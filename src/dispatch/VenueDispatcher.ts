/** A dispatcher for a venue, with the venue's limits. */
import { Layer } from "effect"
import type { StateError } from "../keys/StateError.ts"
import { ExchangeClock } from "../limits/ExchangeClock.ts"
import { areCredentials, credentialsInWords } from "../venues/credentials.ts"
import { layer as venueClientLayer } from "../venues/HttpVenueClient.ts"
import type { Venue } from "../venues/Venue.ts"
import type { Dispatcher } from "./Dispatcher.ts"
import { type HttpDispatcherOptions, layerOver } from "./HttpDispatcher.ts"
import { refuse } from "./InvalidOptions.ts"
import { DEFAULT_REQUEST_TIMEOUT } from "./requestTimeout.ts"

export interface VenueDispatcherOptions extends Omit<
  HttpDispatcherOptions,
  "url" | "limit" | "window" | "order" | "nonceUnit"
> {
  readonly venue: Venue
  /** Where the venue takes orders. Default: its own address. */
  readonly url?: URL | undefined
}

/** More connections than this help nobody. */
const MOST_IN_FLIGHT = 1000

const build = (options: VenueDispatcherOptions): Layer.Layer<Dispatcher, StateError> => {
  const { keys, requestTimeout = DEFAULT_REQUEST_TIMEOUT, venue, ...rest } = options
  const { limits = venue.limits.map(({ limit }) => limit), url = venue.url } = options
  if (url === undefined) return refuse("url", `${venue.name} has no address of its own: give one`)
  for (const { label, ...credentials } of keys)
    if (!areCredentials(venue.credentials, credentials))
      refuse("keys", `${label} is not what ${venue.name} wants: ${credentialsInWords(venue.credentials)}`)
  const clock = new ExchangeClock()
  const { nonces: order, nonceUnit } = venue
  return layerOver({ ...rest, keys, url, limits, order, nonceUnit, requestTimeout, clock }, (maxInFlight) =>
    venueClientLayer({
      venue,
      url,
      requestTimeout,
      maxInFlight: Math.min(maxInFlight, MOST_IN_FLIGHT),
      clock,
    }),
  )
}

/**
 * A dispatcher that sends to a venue, within the venue's limits unless others are given, until the layer's scope closes. All keys
 * belong to one account. With a `state` directory it fails as `layerHttp` does. Building it dies of `InvalidOptions` where it is
 * given options that it cannot work with, such as a key without a part that the venue wants.
 *
 * @example
 * const key = { label: "key-1", key: Redacted.make("..."), secret: Redacted.make("...") }
 * const live = layerVenue({ venue: binance({ isLive: true }), keys: [key], ttl: Duration.seconds(1) })
 * const order = { id: "o-1", params: { symbol: "LTCBTC", side: "BUY", type: "MARKET", quantity: "1" } }
 * const taken = Effect.flatMap(Dispatcher, ({ submit }) => submit(order)).pipe(Effect.provide(live))
 */
export const layerVenue = (options: VenueDispatcherOptions): Layer.Layer<Dispatcher, StateError> =>
  Layer.suspend(() => build(options))
