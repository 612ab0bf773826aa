/** The parts of a fault as it is written on the command line: values, options and times. */
import { Duration, Result } from "effect"
import type { Aftermath } from "../exchange/faults/Fault.ts"
import { always, type When } from "../exchange/faults/When.ts"
import { quote } from "../platform/quote.ts"
import { inWords, type Parse, parseDuration, parseInteger, parseNonNegative } from "./values.ts"

export type Parsed<A> = Result.Result<A, string>

/** A specification taken apart. */
export interface Parts {
  readonly values: ReadonlyArray<string>
  readonly options: ReadonlyMap<string, string>
}

const wholeMs =
  (zero: boolean): Parse<number> =>
  (text) =>
    Result.flatMap(parseDuration({ zero })(text), (duration) => {
      const ms = Duration.toMillis(duration)
      return Number.isInteger(ms)
        ? Result.succeed(ms)
        : Result.fail(`${quote(text)}: the exchange counts in whole milliseconds; write 1ms, not 0.5ms`)
    })
const ms = wholeMs(false)
export const msOrZero = wholeMs(true)

/** As long as the exchange's own delays may be at most. */
const LONGEST_SPIKE_MS = 60_000
export const spikeMs: Parse<number> = (text) =>
  Result.flatMap(ms(text), (value) =>
    value <= LONGEST_SPIKE_MS ? Result.succeed(value) : Result.fail(`${quote(text)} is too long; at most 1m`),
  )

export const signedMs: Parse<number> = (text) => {
  const [, sign, rest] = /^([+-]?)(.*)$/s.exec(text) ?? []
  return Result.map(ms(rest ?? ""), (value) => (sign === "-" ? -value : value))
}

const chance: Parse<number> = (text) =>
  Result.mapError(parseNonNegative({ max: 1 })(text), (problem) => `the probability ${problem}`)

export const failureStatus = parseInteger({ min: 400, max: 599 })
const count = parseInteger({ min: 1, max: 1_000_000_000 })
export const countOrZero = parseInteger({ min: 0, max: 1_000_000_000 })

export const oneOf =
  <A extends string>(words: ReadonlyArray<A>): Parse<A> =>
  (text) => {
    const word = words.find((word) => word === text)
    return word === undefined
      ? Result.fail(`${quote(text)} is not right; write ${inWords(words, "or")}`)
      : Result.succeed(word)
  }

export const AFTERMATHS: ReadonlyArray<Aftermath> = ["silence", "close"]
export const yesOrNo: Parse<boolean> = (text) =>
  Result.map(oneOf(["yes", "no"])(text), (word) => word === "yes")

export const option = <A, const B>(
  parts: Parts,
  name: string,
  parse: Parse<A>,
  otherwise: B,
): Parsed<A | B> => {
  const text = parts.options.get(name)
  return text === undefined
    ? Result.succeed(otherwise)
    : Result.mapError(parse(text), (problem) => `${name}=: ${problem}`)
}

export const value = <A>(parts: Parts, index: number, parse: Parse<A>): Parsed<A> =>
  parse(parts.values[index] ?? "")

/** `at`, `every` and `for`; undefined where none of them is given. */
const readWhen = (parts: Parts): Parsed<When | undefined> =>
  Result.gen(function* () {
    const at = yield* option(parts, "at", msOrZero, undefined)
    const every = yield* option(parts, "every", ms, undefined)
    const lasts = yield* option(parts, "for", ms, undefined)
    if (every !== undefined && lasts !== undefined && lasts >= every) {
      return yield* Result.fail("for= must be shorter than every=")
    }
    if (at === undefined && every === undefined) {
      return lasts === undefined ? undefined : { firstMs: 0, everyMs: undefined, forMs: lasts }
    }
    return { firstMs: at ?? every ?? 0, everyMs: every, forMs: lasts }
  })

export const span = (parts: Parts): Parsed<When> =>
  Result.gen(function* () {
    const when = (yield* readWhen(parts)) ?? always
    if (when.everyMs !== undefined && when.forMs === undefined) {
      return yield* Result.fail("every= needs for=, which says how long")
    }
    return when
  })

export const moment = (parts: Parts): Parsed<When> =>
  Result.gen(function* () {
    const when = yield* readWhen(parts)
    return parts.options.has("at") || parts.options.has("every")
      ? (when ?? always)
      : yield* Result.fail("it needs a moment: add at=10s, or every=10s")
  })

export const ofRequests = (parts: Parts) => ({
  chance: value(parts, 0, chance),
  when: span(parts),
  times: option(parts, "times", count, undefined),
})

/** Takes the words of a specification apart; a name that it may not have is refused. */
export const takeApart = (words: ReadonlyArray<string>, allowed: ReadonlyArray<string>): Parsed<Parts> => {
  const values: Array<string> = []
  const options = new Map<string, string>()
  for (const word of words) {
    const [, name, text] = /^([a-z-]+)=(.*)$/s.exec(word) ?? []
    if (name === undefined || text === undefined) {
      values.push(word)
      continue
    }
    if (!allowed.includes(name)) {
      return Result.fail(`it has no ${name}=; there are ${allowed.map((name) => `${name}=`).join(", ")}`)
    }
    if (options.has(name)) return Result.fail(`${name}= is given twice`)
    options.set(name, text)
  }
  return Result.succeed({ values, options })
}
