/** What `--venue` and the flags beside it mean. */
import { Duration, Effect, Option } from "effect"
import { type Command, Flag } from "effect/cli"
import type { Fault } from "../exchange/faults/Fault.ts"
import type { LimitSettings } from "../domain/LimitSpec.ts"
import type { NonceUnit } from "../domain/NonceUnit.ts"
import type { Venue } from "../venues/Venue.ts"
import { KRAKEN_TIERS, type KrakenTier } from "../venues/kraken/limits.ts"
import { EXPIRIES_MS, VENUE_NAMES, type VenueName, venues } from "../venues/venues.ts"
import { checkWindow, isLoopback } from "./checks.ts"
import { refuse, type UsageError } from "./errors.ts"
import { oneOf } from "./faultParts.ts"
import { inWords } from "./values.ts"
import * as Flags from "./Flags.ts"
import * as Rules from "./ruleFlags.ts"

/** Of a venue whose limits depend on it. */
export const tierFlag = Flags.parsed("tier", KRAKEN_TIERS.join("|"), oneOf(KRAKEN_TIERS), {
  description: "The account's tier at Kraken, which sets its limits (default: starter)",
}).pipe(Flag.optional)

const expiryFlag = Flags.duration("expiry", {
  description:
    "A venue does not execute an order that comes to it later than this after it left, by its own clock: Binance's recvWindow, up to 60s; Kraken's deadline, 500ms to 60s, of orders that are placed (default: 5s)",
}).pipe(Flag.optional)

export const venueFlags = {
  venue: Flags.parsed("venue", VENUE_NAMES.join("|"), oneOf(VENUE_NAMES), {
    description:
      "Whose protocol and limits the exchange has. All but the exercise need --orders with fields of their own and API keys as they issue them: docs/venues.md",
    default: "exercise",
  }),
  live: Flags.toggle(
    "live",
    "Have a venue execute orders. Without it, Kraken and Binance are asked to check them and no more, and a venue that knows no such request is not sent any",
  ),
  tier: tierFlag,
  expiry: expiryFlag,
}

interface VenueInput {
  readonly venue: VenueName
  readonly live: boolean
  readonly url: Option.Option<URL>
  readonly orders: Option.Option<string>
  readonly faults: ReadonlyArray<Fault>
  readonly limit: ReadonlyArray<unknown>
  readonly nonceUnit: Option.Option<NonceUnit>
  readonly tier: Option.Option<KrakenTier>
  readonly expiry: Option.Option<Duration.Duration>
}

/** A command's flags, with the address of the venue that was asked for; no venue where that is the exercise. */
export interface Chosen<A> {
  readonly input: A
  readonly venue?: Venue
}

/** Fails where a venue's limits do not depend on a tier. */
export const checkTier = (name: VenueName, tier: VenueInput["tier"]): Effect.Effect<void, UsageError> =>
  Option.isNone(tier) || name === "kraken"
    ? Effect.void
    : refuse("--tier: of the venues, kraken alone has tiers; leave --tier out")

/** How late an order may come, in milliseconds; undefined where it was not said. */
const expiryOf = (
  name: VenueName,
  given: VenueInput["expiry"],
): Effect.Effect<number | undefined, UsageError> => {
  if (Option.isNone(given)) return Effect.succeed(undefined)
  const ms = Duration.toMillis(given.value)
  const range = EXPIRIES_MS[name]
  if (range === undefined)
    return refuse(
      `--expiry: of the venues, ${inWords(Object.keys(EXPIRIES_MS), "and")} alone are told how late an order may come; leave --expiry out`,
    )
  const [least, most] = range
  return Number.isInteger(ms) && ms >= least && ms <= most
    ? Effect.succeed(ms)
    : refuse(`--expiry: ${name} takes from ${least}ms to ${most / 1000}s, in whole milliseconds`)
}

/** The venue that was asked for, where what else was asked for goes with it. */
export const chooseVenue = Effect.fnUntraced(function* <A extends VenueInput>(
  input: A,
): Effect.fn.Return<Chosen<A>, UsageError> {
  const { live, venue: name } = input
  yield* checkTier(name, input.tier)
  const venue = venues[name]({
    isLive: live,
    nonceUnit: Option.getOrUndefined(input.nonceUnit),
    tier: Option.getOrUndefined(input.tier),
    expiryMs: yield* expiryOf(name, input.expiry),
  })
  if (name === "exercise")
    return live ? yield* refuse("--live: the exercise executes all orders; leave it out") : { input }
  const url = Option.getOrUndefined(input.url) ?? venue.url
  if (url === undefined) return yield* refuse(`--venue ${name}: give its address with --url`)
  if (Option.isNone(input.orders))
    return yield* refuse(`--venue ${name}: give its orders with --orders; none are made up for it`)
  if (input.faults.length > 0)
    return yield* refuse(`--fault and --venue ${name}: only our own exchange does wrong when told to`)
  if (venue.isLive && !live && !isLoopback(url.hostname))
    return yield* refuse(
      `--venue ${name}: it has no request that only checks an order; to have orders executed, add --live`,
    )
  if (venue.nonces === "none" && Option.isSome(input.nonceUnit))
    return yield* refuse(
      `--nonce-unit and --venue ${name}: its orders carry the time and no nonces; leave --nonce-unit out`,
    )
  if (Option.isSome(input.tier) && input.limit.length > 0)
    return yield* refuse(
      "--tier and --limit: --limit takes the place of the tier's limits; leave one of the two out",
    )
  return { venue, input: { ...input, url: Option.some(url) } }
})

/** The flags of a run that say which rules it keeps. */
type RuleInput = Command.Command.Config.Infer<
  typeof Rules.rules & { readonly nonceUnit: typeof Rules.nonceUnit }
> &
  Pick<VenueInput, "url">

/** The rules that were given; of a venue, its own unless limits were given in their place. */
export const rulesOf = Effect.fnUntraced(function* (
  input: RuleInput,
  venue: Venue | undefined,
): Effect.fn.Return<LimitSettings, UsageError> {
  if (venue === undefined) {
    const rules = yield* Rules.rulesOf(input, Option.isNone(input.url) ? undefined : checkWindow)
    return { ...rules, nonceUnit: Option.getOrUndefined(input.nonceUnit) }
  }
  const { limits, name, nonces, nonceUnit } = venue
  if (Option.isSome(input.nonces))
    return yield* refuse(`--nonces and --venue ${name}: whether they rise is the venue's; leave --nonces out`)
  const limit = input.limit.length > 0 ? input.limit : limits.map((each) => each.limit)
  return { ...(yield* Rules.rulesOf({ ...input, limit }, checkWindow)), nonces, nonceUnit }
})
