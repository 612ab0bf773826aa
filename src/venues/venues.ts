/** The venues by name. */
import type { NonceUnit } from "../domain/NonceUnit.ts"
import { binance } from "./binance/binance.ts"
import { coinbaseexchange } from "./coinbaseexchange/coinbaseexchange.ts"
import { exercise } from "./exercise/venue.ts"
import { kraken } from "./kraken/kraken.ts"
import type { KrakenTier } from "./kraken/limits.ts"
import type { Venue } from "./Venue.ts"

/** What every venue can be told. */
export interface VenueOptions {
  /** Orders are executed, where the venue can also only check them. */
  readonly isLive: boolean
  /** What nonces count, where the venue wants them to rise. */
  readonly nonceUnit?: NonceUnit | undefined
  /** The account's standing, where it sets the venue's limits. */
  readonly tier?: KrakenTier | undefined
  /** How long after its time a request is still taken, where it says so: see {@link EXPIRIES_MS}. */
  readonly expiryMs?: number | undefined
}

/** The venues whose requests say how late they may come, from when on, and the least and the most of it. */
export const EXPIRIES_MS: Partial<Record<VenueName, readonly [least: number, most: number]>> = {
  kraken: [500, 60_000],
  binance: [1, 60_000],
}

export const VENUE_NAMES = ["exercise", "kraken", "binance", "coinbaseexchange"] as const
export type VenueName = (typeof VENUE_NAMES)[number]

export const venues: Readonly<Record<VenueName, (options: VenueOptions) => Venue>> = {
  exercise: () => exercise,
  kraken: ({ expiryMs: deadlineMs, ...rest }) => kraken({ ...rest, deadlineMs }),
  binance: ({ expiryMs: recvWindowMs, isLive }) => binance({ isLive, recvWindowMs }),
  coinbaseexchange: () => coinbaseexchange(),
}
