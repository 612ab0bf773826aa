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
  parseDurationOrNone,
  parseHttpUrl,
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

/** A flag that must be given, whose text one of our own parsers reads. */
export const parsed = <A>(
  name: string,
  metavar: string,
  description: string,
  parse: Parse<A>,
): Flag.Flag<A> =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(description),
    Flag.mapEffect((text) =>
      Effect.mapError(
        Effect.fromResult(parse(text)),
        (problem) => new CliError.ValidationError({ message: `--${name}: ${problem}` }),
      ),
    ),
  )

const fromParse = <A>(name: string, metavar: string, parse: Parse<A>, options: FlagOptions): Flag.Flag<A> => {
  const described =
    options.default === undefined
      ? options.description
      : `${options.description} (default: ${options.default})`
  const flag = parsed(name, metavar, described, parse)
  return options.default === undefined
    ? flag
    : Flag.withDefault(
        flag,
        Result.getOrThrowWith(parse(options.default), (problem) => new Error(problem)),
      )
}

/** A duration such as `500ms`, `30s`, `5m`, `24h` or `7d`; longer than 0 unless `zero` says otherwise. */
export const duration = (
  name: string,
  options: FlagOptions & { readonly zero?: boolean },
): Flag.Flag<Duration.Duration> =>
  fromParse(name, "DURATION", parseDuration({ zero: options.zero ?? false }), options)

/** A duration, or `none`. */
export const durationOrNone = (
  name: string,
  options: FlagOptions & { readonly zero?: boolean },
): Flag.Flag<Option.Option<Duration.Duration>> =>
  fromParse(name, "DURATION|none", parseDurationOrNone({ zero: options.zero ?? false }), options)

/** A whole number from `min` (1 if not said) to `max`, both included. */
export const integer = (
  name: string,
  options: FlagOptions & { readonly min?: number; readonly max: number },
): Flag.Flag<number> =>
  fromParse(name, "N", parseInteger({ min: options.min ?? 1, max: options.max }), options)

/** A number from 0 to `max`, with a fraction if need be. */
export const nonNegative = (
  name: string,
  options: FlagOptions & { readonly max: number },
): Flag.Flag<number> => fromParse(name, "X", parseNonNegative({ max: options.max }), options)

/** What every random choice derives from: a whole number from 0 to 2^53 - 1. */
export const seed = (name: string, options: FlagOptions): Flag.Flag<number> =>
  fromParse(name, "N", parseInteger({ min: 0, max: Number.MAX_SAFE_INTEGER }), options)

/** An absolute http or https address, without credentials and without a fragment. */
export const httpUrl = (name: string, options: FlagOptions): Flag.Flag<URL> =>
  fromParse(name, "URL", parseHttpUrl, options)

/** In which form a run's summary is printed. */
export type Format = "text" | "json" | "classic"
/** In which form summaries of logs are printed. */
export type LogFormat = Format | "csv"

const isFormat = (text: string): text is Format => text === "text" || text === "json" || text === "classic"
const isLogFormat = (text: string): text is LogFormat => text === "csv" || isFormat(text)

/** The form that a run's summary is printed in. */
export const format = (options: FlagOptions): Flag.Flag<Format> =>
  fromParse(
    "format",
    "text|json|classic",
    (text) =>
      isFormat(text)
        ? Result.succeed(text)
        : Result.fail(`${quote(text)} is not one of text, json and classic`),
    options,
  )

/** The form that summaries of logs are printed in. */
export const logFormat = (options: FlagOptions): Flag.Flag<LogFormat> =>
  fromParse(
    "format",
    "text|json|csv|classic",
    (text) =>
      isLogFormat(text)
        ? Result.succeed(text)
        : Result.fail(`${quote(text)} is not one of text, json, csv and classic`),
    options,
  )

/** What decides when a key may send next. */
export const gate = (options: FlagOptions): Flag.Flag<Design> =>
  fromParse("gate", "GATE", parseDesign, {
    ...options,
    description: `${options.description}: ${DESIGN_FORMS}`,
  })

const MOST_FAULTS = 100

/** What our own exchange does wrong: given as often as wanted. */
export const faults = (name: string, options: FlagOptions): Flag.Flag<ReadonlyArray<Fault>> =>
  fromParse(name, "FAULT", parseFault, options).pipe(Flag.between(0, MOST_FAULTS))
