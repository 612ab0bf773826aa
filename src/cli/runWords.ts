/** What a run says on standard error, in a user's words. */
import { Duration } from "effect"
import { counted } from "../platform/counted.ts"
import type { Outage } from "../dispatch/Circuit.ts"
import type { DispatchEvent } from "../domain/DispatchEvent.ts"
import { type LimitSettings, type LimitSpec, showLimit } from "../domain/LimitSpec.ts"
import type { OrderCounts } from "../domain/Outcome.ts"
import type { Remembered } from "../keys/claimKeys.ts"
import { quote } from "../platform/quote.ts"
import type { PassedOver } from "../recovery/Recovery.ts"
import type { Venue } from "../venues/Venue.ts"
import type { RunSettings } from "../run/RunSettings.ts"

const secondsText = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

export const clockText = (ms: number): string => `${(ms / 1000).toFixed(0)} s`

/** How the exchange counts, in a line. */
export const rulesText = ({ limit, limits, nonces, nonceUnit, window }: LimitSettings): string => {
  const counts =
    limits === undefined
      ? `${counted(limit, "request")} per ${Duration.format(window)} each`
      : `limits ${limits.map(showLimit).join(", ")}`
  if (nonces === "none") return `${counts}, nonces in any order`
  return nonceUnit === undefined ? counts : `${counts}, nonces in ${nonceUnit}`
}

/** The lines that a run begins with. */
export const startText = (
  settings: Pick<RunSettings, "bound" | "keys" | keyof LimitSettings> & {
    readonly venue?: Pick<Venue, "isLive"> | undefined
  },
  /** Undefined where it decides nothing. */
  seed: number | undefined,
  exchange: string,
  journal: string,
): string => {
  const { bound, keys, venue } = settings
  const delay = bound === undefined ? "not known" : `at most ${Duration.format(bound)}`
  return [
    `exchange: ${exchange}${venue?.isLive === false ? ", which only checks orders: no --live" : ""}`,
    `${counted(keys.length, "key")}, ${rulesText(settings)}, incoming delay ${delay}${seed === undefined ? "" : `, seed ${seed}`}`,
    `journal: ${journal}`,
  ].join("\n")
}

export const jumpText = (event: Extract<DispatchEvent, { readonly type: "nonce-jump" }>): string =>
  `${event.key}: the exchange has seen a higher nonce, so its nonces go on ${Duration.format(Duration.millis(event.by))} ahead. Either another client uses the key, or a request took longer than --bound`

export const othersText = ({ cost, limit }: Extract<DispatchEvent, { readonly type: "others" }>): string =>
  `somebody else uses this account, or an earlier run did: of ${limit} the exchange has counted ${cost} or more that are none of this run's`

/** The exchange refused a request for its rate limit, which the gate rules out: says which assumption may be wrong. */
export const excessText = (
  key: string,
  { bound, limit, limits, window }: Pick<RunSettings, "bound" | "limit" | "limits" | "window">,
): string => {
  const refused = `warning: the exchange refused a request of ${key} as over its rate limit`
  const allowed =
    limits === undefined
      ? `${counted(limit, "request")} per ${Duration.format(window)} (--limit, --window)`
      : `${limits.map(showLimit).join(", ")} (--limit)`
  const others = `another client uses the key, or the exchange allows less than ${allowed}`
  if (bound === undefined) return `${refused}: ${others}`
  return `${refused}: a request took longer than --bound ${Duration.format(bound)} (raise it, or give none), ${others}`
}

/** What speaks against the bound, and what is done about it. */
export const reachText = (
  { boundMs, cause }: Extract<DispatchEvent, { readonly type: "reach" }>,
  bound: Duration.Duration,
): string => {
  const seen = {
    answer: "an answer came later than twice the bound",
    timer: "this machine is busy, and a timer fired late",
    refusal: "the exchange refused a request as over its rate limit",
    calm: "nothing spoke against it for a while",
  }[cause]
  return `the bound of ${Duration.format(bound)} counts as ${boundMs.toFixed(0)} ms for now: ${seen}`
}

export const outageText = ({ forMs, kind, retryInMs }: Outage): string => {
  const retry = retryInMs === 0 ? "trying now" : `trying again in ${secondsText(retryInMs)}`
  switch (kind) {
    case "unreachable":
    case "failing":
      return `exchange ${kind} for ${clockText(forMs)}, ${retry}`
    case "turned-away":
      return `exchange, or something before it, turns everything away for ${clockText(forMs)}, ${retry}`
    case "asks-to-wait":
      return `exchange asks to wait, ${retry}`
  }
}

/** Nothing else says why nothing was sent meanwhile. */
const waitedText = (heldMs: number): string =>
  `the run waited ${secondsText(heldMs)}, because the exchange had asked it to`

/** What a run that ends leaves behind: it does not try again itself. */
const heldAtEndText = ({ forMs, kind, retryInMs }: Outage): string =>
  kind === "asks-to-wait"
    ? `at its end the run was still asked by the exchange to wait, for another ${secondsText(retryInMs)}`
    : `at its end the run had been turned away for ${clockText(forMs)}, by the exchange or something before it`

/** All that a run says of holds at its end. */
export const heldLines = (news: {
  readonly heldMs: number
  readonly outage: Outage | undefined
}): ReadonlyArray<string> => [
  ...(news.heldMs > 0 ? [waitedText(news.heldMs)] : []),
  ...(news.outage === undefined ? [] : [heldAtEndText(news.outage)]),
]

export const retiredText = (event: Extract<DispatchEvent, { readonly type: "key" }>): string => {
  switch (event.state) {
    case "parked":
      if (event.reason === "nonce")
        return "is parked, because the exchange accepts none of its nonces: stop other clients that use it, or use another key"
      if (event.reason === "refusals")
        return `is parked, because the exchange refuses all its orders in the same words (${event.said ?? ""}): set right what it names, such as the clock, or ask whether the key may trade`
      return `is parked ${event.rateLimitErrors === 0 ? "for the rate-limit errors of former runs" : `after ${event.rateLimitErrors} rate-limit errors`}, before the exchange blocks it: lower --limit, or raise --window or --bound`
    case "blocked":
      return "is blocked by the exchange: ask it to unblock the key, or use another"
    case "unknown":
      return "is unknown to the exchange, or its secret is wrong: check the keys file or PACELINE_API_KEYS"
  }
}

export const quietText = (ms: number): string =>
  `waiting ${secondsText(ms)} until the former run's requests have arrived, or count no more`

/** Another run of this machine has other keys, and limits that they may share. */
export const inUseText = (limits: ReadonlyArray<LimitSpec>): string =>
  `warning: another run counts ${limits.map(showLimit).join(", ")} for itself alone, with other keys: if they are of the same account or address, give each run its share (--limit)`

/** What a run waits for at its start, for the sake of former ones. */
export const waitingLines = (remembered: ReadonlyArray<Remembered>): ReadonlyArray<string> => {
  const quietMs = Math.max(...remembered.map((key) => key.quietMs))
  const heldMs = Math.max(...remembered.map((key) => key.heldMs))
  // Where nothing is waited for, they count nothing any more.
  const unknown = remembered
    .flatMap(({ unknownLimits }) => unknownLimits)
    .filter((limit) => limit.quietMs > 0)
    .toSorted((one, other) => one.quietMs - other.quietMs)
  const longest = new Map(unknown.map((limit) => [showLimit(limit.spec), limit.quietMs]))
  return [
    ...(quietMs > 0 ? [quietText(quietMs)] : []),
    ...(longest.size > 0
      ? [
          `counted as used up, because a former run kept nothing of it: ${Array.from(longest, ([limit, ms]) => `${limit} for ${secondsText(ms)}`).join(", ")}`,
        ]
      : []),
    ...(heldMs > 0
      ? [
          `waiting ${secondsText(heldMs)}, because the exchange asked a former run to send nothing before then`,
        ]
      : []),
  ]
}

/** A key's rate-limit errors from former runs. */
export const burdenText = ({ label, rateLimitErrors }: Remembered, blockAfter: number): string => {
  const left = blockAfter - rateLimitErrors
  const what = `warning: ${label} has ${rateLimitErrors} of ${blockAfter} rate-limit errors from former runs`
  if (left <= 0) return `${what}: the exchange has blocked it, unless it has forgotten them`
  return left === 1 ? `${what}: with one more the exchange blocks it for good` : what
}

/** How many orders of the source were not sent again; 0 if the run began anew. */
export const countPassedOver = (passed: PassedOver | undefined): number =>
  passed === undefined ? 0 : passed.accepted + passed.rejected + passed.expired + passed.unknown

/** What a resumed run says at its end, in one line; `created` counts the orders that followed. */
export const showPassedOver = (
  passed: PassedOver,
  followed: Pick<OrderCounts, "created" | "expired">,
): string => {
  const { accepted, expired, firstUnknown, rejected, unknown } = passed
  const all = counted(accepted + rejected + expired, "order was", "orders were")
  const done = `${all} done before (${accepted} accepted, ${rejected} rejected, ${expired} expired)`
  const more = unknown > firstUnknown.length ? ` and ${unknown - firstUnknown.length} more` : ""
  const unknownText =
    unknown === 0
      ? "none is unknown from before"
      : `${counted(unknown, "is", "are")} unknown from before and ${unknown === 1 ? "was" : "were"} not sent again: ${firstUnknown.map(quote).join(", ")}${more} ("paceline reconcile" lists them)`
  const late = followed.expired === 0 ? "" : `, ${followed.expired} of them too late: expired`
  return `resumed: ${done}; ${unknownText}; ${followed.created} followed${late}`
}
