/**
 * Flags that several commands share the form of. Each shows its default in `--help`, and turns bad text into one
 * line that says what is wrong and what to write.
 *
 * A flag with a `default` always has a value. One without must be given; pipe it through `Flag.optional` where
 * it need not be.
 */
import { Effect, type Option, Result, type Duration } from "effect"
import { CliError, Flag } from "effect/cli"
import type { Design } from "../run/Design.ts"
import { DESIGN_FORMS, parseDesign } from "../simulation/baselines/designs.ts"
import {
  type Parse,
  parseDuration,
  parseCountOrNever,
  parseDurationOrNone,
  parseHttpUrl,
  inWords,
  parseInteger,
  parseNonNegative,
} from "./values.ts"
import type { Fault } from "../exchange/faults/Fault.ts"
import { parseFault } from "./faultSpec.ts"
import { quote } from "../platform/quote.ts"

/** What every flag here is made with. */
export interface FlagOptions {
  /** What the flag is for, as `--help` shows it. */
  readonly description: string
  /** The value where the flag is left out, written as a user would write it. */
  readonly default?: string
}

/** A flag whose text one of our own parsers reads. */
export const parsed = <A>(
  name: string,
  metavar: string,
  parse: Parse<A>,
  { default: otherwise, description }: FlagOptions,
): Flag.Flag<A> => {
  const flag = Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(otherwise === undefined ? description : `${description} (default: ${otherwise})`),
    Flag.mapEffect((text) =>
      Effect.mapError(
        Effect.fromResult(parse(text)),
        (problem) => new CliError.ValidationError({ message: `--${name}: ${problem}` }),
      ),
    ),
  )
  return otherwise === undefined
    ? flag
    : Flag.withDefault(
        flag,
        Result.getOrThrowWith(parse(otherwise), (problem) => new Error(problem)),
      )
}

/** A flag that is given or not. */
export const toggle = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

/** A duration such as `500ms`, `30s`, `5m`, `24h` or `7d`; longer than 0 unless `zero` says otherwise. */
export const duration = (
  name: string,
  options: FlagOptions & { readonly zero?: boolean },
): Flag.Flag<Duration.Duration> =>
  parsed(name, "DURATION", parseDuration({ zero: options.zero ?? false }), options)

/** A duration, or `none`. */
export const durationOrNone = (
  name: string,
  options: FlagOptions & { readonly zero?: boolean },
): Flag.Flag<Option.Option<Duration.Duration>> =>
  parsed(name, "DURATION|none", parseDurationOrNone({ zero: options.zero ?? false }), options)

/** A whole number from `min` (1 if not said) to `max`, both included. */
export const integer = (
  name: string,
  options: FlagOptions & { readonly min?: number; readonly max: number },
): Flag.Flag<number> => parsed(name, "N", parseInteger({ min: options.min ?? 1, max: options.max }), options)

/** A whole number from 1 to `max`, or `never`, which is Infinity. */
export const countOrNever = (
  name: string,
  options: FlagOptions & { readonly max: number },
): Flag.Flag<number> => parsed(name, "N|never", parseCountOrNever(options), options)

/** A number from 0 to `max`, with a fraction if need be. */
export const nonNegative = (
  name: string,
  options: FlagOptions & { readonly max: number },
): Flag.Flag<number> => parsed(name, "X", parseNonNegative({ max: options.max }), options)

/** The seed of all random choices: a whole number from 0 to 2^53 - 1. */
export const seed = (options: FlagOptions): Flag.Flag<number> =>
  parsed("seed", "N", parseInteger({ min: 0, max: Number.MAX_SAFE_INTEGER }), options)

/** An absolute http or https address, without credentials and without a fragment. */
export const httpUrl = (options: FlagOptions): Flag.Flag<URL> => parsed("url", "URL", parseHttpUrl, options)

/** One of a few words: the form that something is printed in. */
export const format = <const Form extends string>(
  forms: ReadonlyArray<Form>,
  options: FlagOptions,
): Flag.Flag<Form> =>
  parsed(
    "format",
    forms.join("|"),
    (text) =>
      Result.fromNullishOr(
        forms.find((form) => form === text),
        () => `${quote(text)} is not one of ${inWords(forms, "and")}`,
      ),
    options,
  )

/** What decides when a key may send next. */
export const gate = (options: FlagOptions): Flag.Flag<Design> =>
  parsed("gate", "GATE", parseDesign, {
    ...options,
    description: `${options.description}: ${DESIGN_FORMS}`,
  })

const MOST_FAULTS = 100

/** Faults that an exchange of ours plays. May be given several times. */
export const faults = (options: FlagOptions): Flag.Flag<ReadonlyArray<Fault>> =>
  parsed("fault", "FAULT", parseFault, options).pipe(Flag.between(0, MOST_FAULTS))

export const noProgress = toggle("no-progress", "Show nothing while running")
