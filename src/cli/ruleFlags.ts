/** The flags that say how an exchange counts, and what they mean together. */
import { Duration, Effect, Option, Result } from "effect"
import { type Command, Flag } from "effect/cli"
import type { LimitSettings, Nonces } from "../domain/LimitSpec.ts"
import { NonceUnit } from "../domain/NonceUnit.ts"
import { exchangeMillis, LONGEST_WINDOW } from "./checks.ts"
import { refuse, type UsageError } from "./errors.ts"
import { oneOf } from "./faultParts.ts"
import * as Flags from "./Flags.ts"
import { limitsOf, parseLimitOrNumber, RULE_FORMS } from "./limitSpec.ts"

const MOST_LIMITS = 20

/** The exchange's limits: a plain number for each key and window, or rules with scopes. `several` says what more than one means. */
export const limitFlag = (several: string, otherwise = "20") =>
  Flags.parsed("limit", "N|RULE", parseLimitOrNumber, {
    description: `How the exchange counts: a number of requests of a key in one --window, or a rule: ${RULE_FORMS}; without a scope it is each key's own. ${several}. See docs/limits.md (default: ${otherwise})`,
  }).pipe(Flag.between(0, MOST_LIMITS))

const window = Flags.duration("window", {
  description: "The window of a --limit that is a number; a rule has its own (default: 1s)",
}).pipe(Flag.optional)
const DEFAULT_WINDOW = Duration.seconds(1)

const NONCES = ["rising", "none"] as const satisfies ReadonlyArray<Nonces>
export const noncesFlag = (description: string) =>
  Flags.parsed("nonces", NONCES.join("|"), oneOf(NONCES), {
    description: `${description} (default: rising)`,
  }).pipe(Flag.optional)

/** What nonces count; of a run, which takes them from the wall clock. */
export const nonceUnit = Flags.parsed("nonce-unit", NonceUnit.literals.join("|"), oneOf(NonceUnit.literals), {
  description:
    "What nonces count, from 1970 on: as other clients of the keys have counted, or finer, for an exchange that has seen a greater nonce refuses all smaller ones (default: ms)",
}).pipe(Flag.optional)

/** The flags of an exchange's rules, as a client needs them. */
export const rules = {
  limit: limitFlag("Given several times, all of them hold"),
  window,
  nonces: noncesFlag(
    "Whether the exchange wants each key's nonces to rise, so that a key's request waits for the one before, or takes them in any order",
  ),
}

type Rules = Command.Command.Config.Infer<typeof rules>

const ofOurExchange = (window: Duration.Duration) => exchangeMillis("--window", window, LONGEST_WINDOW)

/** The window of limits that are plain numbers, as `check` wants it. */
export const windowOf = (
  { limit, window: given }: Pick<Rules, "limit" | "window">,
  check = ofOurExchange,
): Effect.Effect<Duration.Duration, UsageError> => {
  if (Option.isNone(given)) return Effect.succeed(DEFAULT_WINDOW)
  return limit.length === 0 || limit.some((one) => typeof one === "number")
    ? Effect.as(check(given.value), given.value)
    : refuse("--window is that of a --limit that is a number, and there is none; leave --window out")
}

/** What these flags mean together, with a window as `check` wants it. */
export const rulesOf = (flags: Rules, check = ofOurExchange): Effect.Effect<LimitSettings, UsageError> =>
  Effect.flatMap(windowOf(flags, check), (each) =>
    Result.match(limitsOf(flags.limit, each), {
      onFailure: (problem) => refuse(`--limit: ${problem}`),
      onSuccess: (limits) =>
        Effect.succeed(Option.contains(flags.nonces, "none") ? { ...limits, nonces: "none" } : limits),
    }),
  )
