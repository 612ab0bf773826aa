/** The venues that the emulator plays, by the names that `--venue` takes. */
import { Duration } from "effect"
import { binanceEmulated } from "../venues/binance/emulated.ts"
import { coinbaseExchangeEmulated } from "../venues/coinbaseexchange/emulated.ts"
import type { EmulatedVenue } from "../venues/Emulated.ts"
import { krakenEmulated } from "../venues/kraken/emulated.ts"
import type { VenueName } from "../venues/venues.ts"
import { demoKeys } from "./demoKeys.ts"
import { makeVenue, type VenueOptions } from "./ExchangeServer.ts"

/** The name of a venue that can be emulated. */
export type EmulatedName = Exclude<VenueName, "exercise">

export const emulatedVenues: Readonly<Record<EmulatedName, EmulatedVenue>> = {
  kraken: krakenEmulated,
  binance: binanceEmulated,
  coinbaseexchange: coinbaseExchangeEmulated,
}

/** How an emulated venue is served. */
export type EmulateOptions = Omit<VenueOptions, "venue">

/**
 * Serves a venue until the scope closes. Unless the options say otherwise: at a free port of this machine, without delays, to the
 * demo keys. Fails with `ExchangeNotServed` where it cannot listen.
 *
 * @example
 * const venue = yield* emulateVenue("binance", { faults: [lostAnswers] })
 * const bot = new Spot({ configurationRestAPI: { basePath: venue.url, apiKey, apiSecret } })
 */
export const emulateVenue = (name: EmulatedName, options: Partial<EmulateOptions> = {}) =>
  makeVenue({
    host: "127.0.0.1",
    port: 0,
    keys: demoKeys,
    maxDelay: Duration.zero,
    seed: 1,
    ...options,
    venue: emulatedVenues[name],
  })
