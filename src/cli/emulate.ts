/** `exchange --venue`: an emulated venue and what it saw, in words. */
import { Console, Duration, Effect, Option } from "effect"
import type { LimitSpec, Nonces } from "../domain/LimitSpec.ts"
import { showLimit } from "../domain/LimitSpec.ts"
import { demoCredentials, demoKeys } from "../exchange/demoKeys.ts"
import type { EmulatedName, EmulateOptions } from "../exchange/emulatedVenues.ts"
import type { Fault } from "../exchange/faults/Fault.ts"
import type { VenueTally } from "../exchange/VenueTally.ts"
import { alignColumns } from "../platform/alignColumns.ts"
import { counted } from "../platform/counted.ts"
import { venues } from "../venues/venues.ts"
import { resolveCredentials } from "./credentials.ts"
import { refuse, type UsageError } from "./errors.ts"
import { printFault } from "./faultSpec.ts"

/** What cannot be asked of an emulated venue: it has rules and headers of its own. */
export const checkVenueFlags = (
  venue: EmulatedName,
  flags: {
    readonly limit: ReadonlyArray<number | LimitSpec>
    readonly nonces: Nonces
    readonly window: Duration.Duration
    readonly faults: ReadonlyArray<Fault>
  },
): Effect.Effect<void, UsageError> => {
  const isOwn = `${venue} has rules of its own`
  if (flags.limit.length > 0) return refuse(`--venue ${venue} and --limit: ${isOwn}; leave --limit out`)
  if (Duration.toMillis(flags.window) !== 1000)
    return refuse(`--venue ${venue} and --window: ${isOwn}; leave --window out`)
  if (flags.nonces !== "rising") return refuse(`--venue ${venue} and --nonces: ${isOwn}; leave --nonces out`)
  if (flags.faults.some(({ kind }) => kind === "quota"))
    return refuse(`--venue ${venue} and --fault quota: it tells what it has counted in its own headers`)
  return Effect.void
}

/** The credentials that it knows: those of the keys file, or the demo keys, which anybody may know. */
export const emulatedKeys = (name: EmulatedName, keysFile: Option.Option<string>) =>
  Option.isNone(keysFile)
    ? Effect.succeed(demoKeys)
    : resolveCredentials(keysFile, venues[name]({ isLive: true }))

/** Serves a venue, and says where, with which limits and which credentials. */
export const serveVenue = Effect.fnUntraced(function* (name: EmulatedName, options: EmulateOptions) {
  // Loaded here, so that no other command pays for HTTP.
  const { emulatedVenues, emulateVenue } = yield* Effect.promise(
    () => import("../exchange/emulatedVenues.ts"),
  )
  const running = yield* emulateVenue(name, options)
  const { faults = [], keys, maxDelay, seed } = options
  const { key, passphrase, secret } = demoCredentials
  const limits = emulatedVenues[name].limits
    .map((limit) => `${limit.name} ${showLimit(limit.limit)}`)
    .join(", ")
  yield* Console.log(
    [
      `${name}: ${running.url}  (${counted(keys.length, "key")}, delays 0-${Duration.toMillis(maxDelay)} ms each way, seed ${seed})`,
      `limits: ${limits}`,
      ...(keys === demoKeys
        ? [`credentials, worthless anywhere else: key ${key}, secret ${secret}, passphrase ${passphrase}`]
        : []),
      `counters: ${running.url}/__paceline/counters`,
      ...(faults.length > 0 ? [`faults: ${faults.map(printFault).join(", ")}`] : []),
    ].join("\n"),
  )
  return running
})

const VERDICTS = [
  ["accepted", "accepted"],
  ["over limit", "rate-limit"],
  ["locked out", "blocked"],
  ["bad nonce", "nonce"],
  ["bad time", "clock"],
  ["refused", "exchange"],
] as const

/** A venue's tally for people: a table with a row for each key. */
export const showVenueTally = (tally: VenueTally): string => {
  const { banned, faults, keys, requests, unread, unsigned } = tally
  const played = Object.entries(faults).map(([kind, times]) => `${kind} ${times}`)
  const rows = keys.map(({ key, orders, verdicts }) => [
    key,
    String(orders),
    ...VERDICTS.map(([, verdict]) => String(verdicts[verdict] ?? 0)),
  ])
  return [
    ...alignColumns([["key", "orders", ...VERDICTS.map(([title]) => title)], ...rows], "right"),
    ...(played.length === 0 ? [] : [`faults played: ${played.join(", ")}`]),
    `orders count cancels; orders without a right key and signature: ${unsigned}; orders that were turned away unread: ${unread}; all requests: ${requests}, answered 418: ${banned}`,
  ].join("\n")
}
