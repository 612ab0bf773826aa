/** Coinbase Exchange's limit on private calls. */
import type { VenueLimit } from "../VenueLimit.ts"

export const coinbaseExchangeLimits: ReadonlyArray<VenueLimit> = [
  {
    name: "private",
    limit: { rule: "bucket", limit: 30, decay: 15, decayMs: 1000, scope: "account" },
    excess: "429",
    source: "docs.cdp.coinbase.com/exchange/rest-api/rate-limits",
    read: "2026-11",
    unknown: "Whether a request that is refused takes a token",
  },
]
