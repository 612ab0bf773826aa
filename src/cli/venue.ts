/** What `--venue` and the flags beside it mean. */
import { Effect, Option } from "effect"
import type { Command } from "effect/cli"
import type { Fault } from "../exchange/faults/Fault.ts"
import type { LimitSettings } from "../domain/LimitSpec.ts"
import type { NonceUnit } from "../domain/NonceUnit.ts"
import type { Venue } from "../venues/Venue.ts"
import { VENUE_NAMES, type VenueName, venues } from "../venues/venues.ts"
import { checkWindow, isLoopback } from "./checks.ts"
import { refuse, type UsageError } from "./errors.ts"
import { oneOf } from "./faultParts.ts"
import * as Flags from "./Flags.ts"
import * as Rules from "./ruleFlags.ts"

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
}

interface VenueInput {
  readonly venue: VenueName
  readonly live: boolean
  readonly url: Option.Option<URL>
  readonly orders: Option.Option<string>
  readonly faults: ReadonlyArray<Fault>
  readonly nonceUnit: Option.Option<NonceUnit>
}

/** A command's flags, with the address of the venue that was asked for; no venue where that is the exercise. */
export interface Chosen<A> {
  readonly input: A
  readonly venue?: Venue
}

/** The venue that was asked for, where what else was asked for goes with it. */
export const chooseVenue = Effect.fnUntraced(function* <A extends VenueInput>(
  input: A,
): Effect.fn.Return<Chosen<A>, UsageError> {
  const { live, venue: name } = input
  const venue = venues[name]({ isLive: live, nonceUnit: Option.getOrUndefined(input.nonceUnit) })
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
