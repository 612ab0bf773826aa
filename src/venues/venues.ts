/** The venues by name. */
import type { NonceUnit } from "../domain/NonceUnit.ts"
import { binance } from "./binance/binance.ts"
import { coinbaseexchange } from "./coinbaseexchange/coinbaseexchange.ts"
import { exercise } from "./exercise/venue.ts"
import { kraken } from "./kraken/kraken.ts"
import type { Venue } from "./Venue.ts"

/** What every venue can be told. */
export interface VenueOptions {
  /** Orders are executed, where the venue can also only check them. */
  readonly isLive: boolean
  /** What nonces count, where the venue wants them to rise. */
  readonly nonceUnit?: NonceUnit | undefined
}

export const VENUE_NAMES = ["exercise", "kraken", "binance", "coinbaseexchange"] as const
export type VenueName = (typeof VENUE_NAMES)[number]

export const venues: Readonly<Record<VenueName, (options: VenueOptions) => Venue>> = {
  exercise: () => exercise,
  kraken,
  binance,
  coinbaseexchange: () => coinbaseexchange(),
}
