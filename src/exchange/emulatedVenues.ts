/** The venues that the emulator plays, by the names that `--venue` takes. */
import { Context, Duration, type Effect, Layer, type Scope } from "effect"
import { binanceEmulated } from "../venues/binance/emulated.ts"
import { coinbaseExchangeEmulated } from "../venues/coinbaseexchange/emulated.ts"
import type { EmulatedVenue } from "../venues/Emulated.ts"
import { type EmulatedTier, krakenEmulated } from "../venues/kraken/emulated.ts"
import type { VenueName } from "../venues/venues.ts"
import { demoKeys } from "./demoKeys.ts"
import { type Exchange, type ExchangeNotServed, makeVenue, type VenueOptions } from "./ExchangeServer.ts"
import type { VenueTally } from "./VenueTally.ts"

/** The name of a venue that can be emulated. */
export type EmulatedName = Exclude<VenueName, "exercise">

export const emulatedVenues: Readonly<Record<EmulatedName, EmulatedVenue>> = {
  kraken: krakenEmulated("starter"),
  binance: binanceEmulated,
  coinbaseexchange: coinbaseExchangeEmulated,
}

/** The same, of an account of some standing where that sets its limits. */
export const emulatedOf = (name: EmulatedName, tier: EmulatedTier | undefined): EmulatedVenue =>
  name === "kraken" && tier !== undefined ? krakenEmulated(tier) : emulatedVenues[name]

/** How an emulated venue is served. */
export interface EmulateOptions extends Omit<VenueOptions, "venue"> {
  /** The account's standing, of Kraken. Default `starter`. */
  readonly tier?: EmulatedTier | undefined
}

/** A venue that is being served: its address, and what it has seen. */
export class EmulatedExchange extends Context.Service<EmulatedExchange, Exchange<VenueTally>>()(
  "paceline/EmulatedExchange",
) {}

/**
 * Serves a venue until the scope closes. Unless the options say otherwise: at a free port of this machine, without delays, to
 * {@link demoKeys}. Fails with `ExchangeNotServed` where it cannot listen.
 *
 * @example
 * const { tally, url } = yield* emulateVenue("binance", { maxDelay: Duration.millis(50) })
 */
export const emulateVenue = (
  name: EmulatedName,
  { tier, ...options }: Partial<EmulateOptions> = {},
): Effect.Effect<Exchange<VenueTally>, ExchangeNotServed, Scope.Scope> =>
  makeVenue({
    host: "127.0.0.1",
    port: 0,
    keys: demoKeys,
    maxDelay: Duration.zero,
    seed: 1,
    ...options,
    venue: emulatedOf(name, tier),
  })

/**
 * The same as a layer, for tests that share one.
 *
 * @example
 * layer(layerEmulated("kraken"))("my bot", (it) => {
 *   it.effect("trades", () => Effect.flatMap(EmulatedExchange, ({ url }) => trade(url)))
 * })
 */
export const layerEmulated = (
  ...args: Parameters<typeof emulateVenue>
): Layer.Layer<EmulatedExchange, ExchangeNotServed> => Layer.effect(EmulatedExchange, emulateVenue(...args))
