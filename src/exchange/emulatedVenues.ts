/** The venues that the emulator plays, by the names that `--venue` takes. */
import { binanceEmulated } from "../venues/binance/emulated.ts"
import { coinbaseExchangeEmulated } from "../venues/coinbaseexchange/emulated.ts"
import type { EmulatedVenue } from "../venues/Emulated.ts"
import { krakenEmulated } from "../venues/kraken/emulated.ts"
import type { VenueName } from "../venues/venues.ts"

export const emulatedVenues: Readonly<Record<Exclude<VenueName, "exercise">, EmulatedVenue>> = {
  kraken: krakenEmulated,
  binance: binanceEmulated,
  coinbaseexchange: coinbaseExchangeEmulated,
}
