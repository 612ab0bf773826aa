/** What a resumed run says of the orders that it did not send again. */
import { quote } from "../platform/quote.ts"
import type { PassedOver } from "../recovery/Recovery.ts"

/** How many orders of the source were not sent again; 0 if the run began anew. */
export const countPassedOver = (passed: PassedOver | undefined): number =>
  passed === undefined ? 0 : passed.accepted + passed.rejected + passed.expired + passed.unknown

/** What a resumed run says at its end, in one line; `followed` counts the orders that it took. */
export const showPassedOver = (passed: PassedOver, followed: number): string => {
  const { accepted, expired, firstUnknown, rejected, unknown } = passed
  const done = `${accepted + rejected + expired} orders were done before (${accepted} accepted, ${rejected} rejected, ${expired} expired)`
  const more = unknown > firstUnknown.length ? ` and ${unknown - firstUnknown.length} more` : ""
  const unknownText =
    unknown === 0
      ? "none is unknown from before"
      : `${unknown} ${unknown === 1 ? "is" : "are"} unknown from before and ${unknown === 1 ? "was" : "were"} not sent again: ${firstUnknown.map(quote).join(", ")}${more} ("paceline reconcile" lists them)`
  return `resumed: ${done}; ${unknownText}; ${followed} followed`
}
