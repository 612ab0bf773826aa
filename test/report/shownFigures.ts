/** The figures that a page must show, by their names, and those that it does show. */
import type { Summary } from "../../src/summary/Summary.ts"

/** A number as a page shows it, with its unit; NaN where it shows none. */
export const numberIn = (cell: string | undefined): number =>
  Number(cell?.replaceAll(/[^\d.-]/g, "") || Number.NaN)

/** What a page of one log shows in its tables of figures. */
export const figuresOn = (page: string): ReadonlyMap<string, number> =>
  new Map(
    [...page.matchAll(/<span class="name">([^<]*)<\/span>.*?<td[^>]*>([^<]*)<\/td>/gs)].map(
      ([, name = "", value]) => [name, numberIn(value)],
    ),
  )

/** The figures as a page has them: name, value or null where there is none, and how far the shown may be off. */
export const shownFigures = ({
  orderAge,
  orders,
  roundTrip,
  utilisation,
  ...summary
}: Summary): ReadonlyArray<readonly [string, number | null, number]> => {
  const exact = [
    ["Average Requests Rate", summary.averageRequestsRate],
    ["Max Possible Throughput", summary.maxPossibleThroughput],
    ["Average Throughput", summary.averageThroughput],
    ["Lowest Throughput", summary.lowestThroughput],
    ["Average Ignored from Queue", summary.averageIgnoredFromQueue],
    ["Average Limited by Limiter", summary.averageLimitedByLimiter],
    ["Exceeds", summary.exceeds],
    ["Bans", summary.bans],
    ["Nonce Errors", summary.nonceErrors],
    ["Total Time", summary.totalTimeMs / 1000],
    ["Created", orders.created],
    ["Accepted", orders.accepted],
    ["Rejected", orders.rejected],
    ["Expired", orders.expired],
    ["Unknown", orders.unknown],
    ["Cancelled", orders.cancelled],
    ["Unrecognised lines", summary.unrecognisedLines],
  ] as const
  const percent = (share: number | null) => share && 100 * share
  const rough = [
    ["Of the ceiling", percent(utilisation.ofCeiling)],
    ["Of the safe optimum", percent(utilisation.ofSafeOptimum)],
    ["Order age, p50", orderAge?.p50 ?? null],
    ["Order age, p99", orderAge?.p99 ?? null],
    ["Round trip, p50", roundTrip?.p50 ?? null],
    ["Round trip, p99", roundTrip?.p99 ?? null],
  ] as const
  return [
    ...exact.map(([name, value]) => [name, value, 0.0051] as const),
    ...rough.map(([name, value]) => [name, value, 0.051] as const),
  ]
}
