/** Prints the table of docs/venues.md: the limits of src/venues/, as they are in force. */
import { Console, Effect } from "effect"
import { showLimit } from "../src/domain/LimitSpec.ts"
import { KRAKEN_TIERS, krakenLimits } from "../src/venues/kraken/limits.ts"
import type { VenueLimit } from "../src/venues/VenueLimit.ts"
import { venueLimits } from "../src/venues/venueLimits.ts"

const rowOf = (venue: string, limit: VenueLimit): ReadonlyArray<string> => [
  venue,
  limit.name,
  `\`${showLimit(limit.limit)}\``,
  limit.excess,
  `${limit.source}, ${limit.read}`,
  limit.unknown ?? "-",
]

/** The first tier is the default. */
const ofTiers = KRAKEN_TIERS.slice(1).flatMap((tier) =>
  krakenLimits(tier).map((limit) => rowOf(`kraken, ${tier}`, limit)),
)

const HEAD = ["venue", "limit", "rule, numbers, costs, scope", "an excess", "source, read in", "not known"]

const rows = [
  HEAD,
  HEAD.map(() => "---"),
  ...Object.entries(venueLimits).flatMap(([venue, limits]) => [
    ...limits.map((limit) => rowOf(venue, limit)),
    ...(venue === "kraken" ? ofTiers : []),
  ]),
]

Effect.runSync(Console.log(rows.map((row) => `| ${row.join(" | ")} |`).join("\n")))
