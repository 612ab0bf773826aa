/** `exchange --venue`: an emulated venue and what it saw, in words. */
import { Console, Duration, Effect, Option, Redacted } from "effect"
import type { Command } from "effect/cli"
import { showLimit } from "../domain/LimitSpec.ts"
import { demoCredentials, demoKeys } from "../exchange/demoKeys.ts"
import type { EmulatedName, EmulateOptions } from "../exchange/emulatedVenues.ts"
import type { Fault } from "../exchange/faults/Fault.ts"
import type { VenueTally } from "../exchange/VenueTally.ts"
import { alignColumns } from "../platform/alignColumns.ts"
import { counted } from "../platform/counted.ts"
import { areCredentials } from "../venues/credentials.ts"
import { venues } from "../venues/venues.ts"
import type * as Rules from "./ruleFlags.ts"
import { resolveCredentials } from "./credentials.ts"
import { refuse, type UsageError } from "./errors.ts"
import { faultLines, playedLines } from "./faultSpec.ts"

/** What cannot be asked of an emulated venue: it has rules and headers of its own. */
export const checkVenueFlags = (
  venue: EmulatedName,
  flags: Command.Command.Config.Infer<typeof Rules.rules> & { readonly faults: ReadonlyArray<Fault> },
): Effect.Effect<void, UsageError> => {
  const given = [
    ["--limit", flags.limit.length > 0],
    ["--window", Option.isSome(flags.window)],
    ["--nonces", Option.isSome(flags.nonces)],
  ] as const
  const [flag] = given.find(([, isGiven]) => isGiven) ?? []
  if (flag !== undefined)
    return refuse(`--venue ${venue} and ${flag}: ${venue} has rules of its own; leave ${flag} out`)
  if (flags.faults.some(({ kind }) => kind === "quota"))
    return refuse(`--venue ${venue} and --fault quota: ${venue} has headers of its own; leave it out`)
  return Effect.void
}

/** The credentials that it knows: those of the keys file, or the demo keys, which anybody may know. */
export const emulatedKeys = (name: EmulatedName, keysFile: Option.Option<string>) =>
  Option.isNone(keysFile)
    ? Effect.succeed(demoKeys)
    : resolveCredentials(keysFile, venues[name]({ isLive: true }))

/** The parts of a demo key that the venue asks for. */
const demoText = (name: EmulatedName): string => {
  const { key, passphrase, secret } = demoCredentials
  const all = {
    key: Redacted.make(key),
    secret: Redacted.make(secret),
    passphrase: Redacted.make(passphrase),
  }
  const { credentials } = venues[name]({ isLive: true })
  return `key ${key}, secret ${secret}${areCredentials(credentials, all) ? `, passphrase ${passphrase}` : ""}`
}

/** Serves a venue, and says where, with which limits and which credentials. */
export const serveVenue = Effect.fnUntraced(function* (name: EmulatedName, options: EmulateOptions) {
  // Loaded here, so that no other command pays for HTTP.
  const { emulatedOf, emulateVenue } = yield* Effect.promise(() => import("../exchange/emulatedVenues.ts"))
  const running = yield* emulateVenue(name, options)
  const { faults = [], keys, maxDelay, seed } = options
  const limits = emulatedOf(name, options.tier)
    .limits.map((limit) => `${limit.name} ${showLimit(limit.limit)}`)
    .join(", ")
  yield* Console.log(
    [
      `${name}: ${running.url}  (${counted(keys.length, "key")}, delays 0-${Duration.toMillis(maxDelay)} ms each way, seed ${seed})`,
      `limits: ${limits}`,
      ...(keys === demoKeys ? [`credentials, worthless anywhere else: ${demoText(name)}`] : []),
      `counters: ${running.url}/__paceline/counters`,
      ...faultLines(faults),
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
  const rows = keys.map(({ key, orders, verdicts }) => [
    key,
    String(orders),
    ...VERDICTS.map(([, verdict]) => String(verdicts[verdict] ?? 0)),
  ])
  return [
    ...alignColumns([["key", "orders", ...VERDICTS.map(([title]) => title)], ...rows], "right"),
    ...playedLines(faults),
    `orders count cancels; orders without a right key and signature: ${unsigned}; orders that were turned away unread: ${unread}; all requests: ${requests}, answered 418: ${banned}`,
  ].join("\n")
}
