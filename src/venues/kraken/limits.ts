/** Kraken Spot's limits on orders. */
import type { VenueLimit } from "../VenueLimit.ts"

export const KRAKEN_TIERS = ["starter", "intermediate", "pro"] as const
/** An account's standing, which sets its limits. */
export type KrakenTier = (typeof KRAKEN_TIERS)[number]

const ENGINE = {
  starter: { limit: 60, decay: 1 },
  intermediate: { limit: 125, decay: 2.34 },
  pro: { limit: 180, decay: 3.75 },
} as const satisfies Record<KrakenTier, { readonly limit: number; readonly decay: number }>

/** The REST counter is not among them: placing and cancelling are not on it. */
export const krakenLimits = (tier: KrakenTier): ReadonlyArray<VenueLimit> => [
  {
    name: "engine",
    // Cancelling costs 8 in an order's first 5 s, less later and nothing after 300 s: the most counts.
    limit: {
      rule: "bucket",
      ...ENGINE[tier],
      decayMs: 1000,
      scope: "account",
      field: "pair",
      costs: { cancel: 8 },
    },
    excess: "EOrder:Rate limit exceeded: the order is refused, and has cost its cost",
    source: "docs.kraken.com/api/docs/guides/spot-ratelimits",
    read: "2026-11",
    unknown:
      "The thresholds and decays are from client code (nautilus, hummingbot); whether it decays in steps",
  },
]
