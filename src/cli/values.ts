/**
 * The values that flags take, as pure parsers: text in, a value out or what is wrong with the text and what to
 * write instead. A message never repeats what may hold a secret.
 */
import { Duration, Option, Result } from "effect"
import { quote } from "../platform/quote.ts"

/** `a, b and c`. */
export const inWords = (words: ReadonlyArray<string>, joint: "and" | "or"): string =>
  words.length <= 1 ? words.join("") : `${words.slice(0, -1).join(", ")} ${joint} ${words.at(-1)}`

/** Reads one flag's text. The failure completes the line `--flag: ...`. */
export type Parse<A> = (text: string) => Result.Result<A, string>

const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const isUnit = (text: string): text is keyof typeof MS_PER_UNIT => Object.hasOwn(MS_PER_UNIT, text)

/** No duration is longer than ten years: a longer one has the wrong unit. */
const LONGEST_DURATION = Duration.days(3650)

const DURATION_FORM = "write it as 500ms, 30s, 5m, 24h or 7d"
const NUMBER = /^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** A number with one of the units ms, s, m, h and d. */
export const parseDuration =
  (options: {
    /** Whether `0s` is a duration too. */
    readonly zero: boolean
  }): Parse<Duration.Duration> =>
  (text) => {
    if (NUMBER.test(text)) {
      return Result.fail(`${quote(text)} has no unit; ${DURATION_FORM}`)
    }
    const [, sign, digits, unit] = /^(-?)(\d+\.?\d*|\.\d+)([a-z]+)$/.exec(text) ?? []
    if (digits === undefined || unit === undefined || !isUnit(unit)) {
      return Result.fail(`${quote(text)} is not a duration; ${DURATION_FORM}`)
    }
    const ms = Number(digits) * MS_PER_UNIT[unit]
    if (sign === "-" && ms > 0) {
      return Result.fail(`${quote(text)} is negative; ${DURATION_FORM}`)
    }
    if (ms === 0 && !options.zero) {
      return Result.fail(`${quote(text)} is no time at all; it must be longer than 0`)
    }
    if (ms > Duration.toMillis(LONGEST_DURATION)) {
      return Result.fail(`${quote(text)} is longer than ten years; ${DURATION_FORM}`)
    }
    return Result.succeed(Duration.millis(ms))
  }

/** A duration, or `none`. */
export const parseDurationOrNone =
  (options: { readonly zero: boolean }): Parse<Option.Option<Duration.Duration>> =>
  (text) =>
    text === "none"
      ? Result.succeed(Option.none())
      : Result.mapBoth(parseDuration(options)(text), {
          onSuccess: Option.some,
          onFailure: (problem) => `${problem}, or none`,
        })

const outside = (text: string, min: number, max: number): string =>
  `${quote(text)} is out of range; it must be from ${min} to ${max}`

/** A whole number from `min` to `max`, both included. */
export const parseInteger =
  (options: { readonly min: number; readonly max: number }): Parse<number> =>
  (text) => {
    if (!/^-?\d+$/.test(text)) {
      return Result.fail(
        `${quote(text)} is not a whole number; write one from ${options.min} to ${options.max}`,
      )
    }
    const value = Number(text)
    return Number.isSafeInteger(value) && value >= options.min && value <= options.max
      ? Result.succeed(value)
      : Result.fail(outside(text, options.min, options.max))
  }

/** A whole number from 1 to `max`, or `never`, which is Infinity. */
export const parseCountOrNever =
  (options: { readonly max: number }): Parse<number> =>
  (text) =>
    text === "never"
      ? Result.succeed(Number.POSITIVE_INFINITY)
      : Result.mapError(parseInteger({ min: 1, max: options.max })(text), (problem) => `${problem}, or never`)

/** A number from 0 to `max`, with a fraction if need be. */
export const parseNonNegative =
  (options: { readonly max: number }): Parse<number> =>
  (text) => {
    if (!NUMBER.test(text)) {
      return Result.fail(`${quote(text)} is not a number; write one such as 1 or 0.95`)
    }
    const value = Number(text)
    return value >= 0 && value <= options.max
      ? Result.succeed(value)
      : Result.fail(outside(text, 0, options.max))
  }

/** What the protocol adds to the address by itself. */
const REQUEST_PARAMETERS = ["api_key", "nonce", "req_id"] as const

const URL_FORM = "write it as http://127.0.0.1:9999/api/request"

/**
 * An absolute http or https address. Its text is not repeated where it may hold a password: the query string
 * and the fragment are left out, and so is everything once there is an `@`.
 */
export const parseHttpUrl: Parse<URL> = (text) => {
  if (text.includes("@")) {
    return Result.fail(`an address with a user name or a password (or with "@") is not taken; ${URL_FORM}`)
  }
  const shown = quote(text.replace(/[?#].*$/s, ""))
  const url = URL.parse(text)
  if (url === null) {
    return Result.fail(`${shown} is not an address; ${URL_FORM}`)
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return Result.fail(`${shown} is neither http nor https; ${URL_FORM}`)
  }
  if (url.hash !== "" || text.includes("#")) {
    return Result.fail(`${shown} goes on with a "#..." part, which no server sees; leave it out`)
  }
  const own = REQUEST_PARAMETERS.find((name) => url.searchParams.has(name))
  if (own !== undefined) {
    return Result.fail(
      `${shown} goes on with ${own}, which every request has of its own; leave it out, and give API keys with --keys-file or in PACELINE_API_KEYS`,
    )
  }
  return Result.succeed(url)
}
