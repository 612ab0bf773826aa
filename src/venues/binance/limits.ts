/** Binance Spot's limits on orders. */
import type { VenueLimit } from "../VenueLimit.ts"

const SOURCE =
  "github.com/binance/binance-spot-api-docs: rest-api.md, enums.md, faqs/order_count_decrement.md"
const READ = "2026-11"
const EXCESS = "429; 418 for going on: 2 minutes to 3 days"
const DAY_MS = 86_400_000

export const binanceLimits: ReadonlyArray<VenueLimit> = [
  {
    name: "orders",
    limit: { rule: "fixed", limit: 100, windowMs: 10_000, scope: "account", costs: { cancel: 0 } },
    excess: EXCESS,
    source: SOURCE,
    read: READ,
    unknown: "How much later fills lower the count: they are not reckoned with",
  },
  {
    name: "orders of a day",
    limit: { rule: "fixed", limit: 200_000, windowMs: DAY_MS, scope: "account", costs: { cancel: 0 } },
    excess: EXCESS,
    source: SOURCE,
    read: READ,
  },
  {
    name: "weight",
    limit: { rule: "fixed", limit: 6000, windowMs: 60_000, scope: "ip" },
    excess: EXCESS,
    source: SOURCE,
    read: READ,
    unknown: "Orders that succeed weigh 0 since 2026-04-02: each is held at 1 until a later window",
  },
]
