/**
 * How faults are written on the command line: `KIND[:VALUE]...[:NAME=VALUE]...`, such as `spike:0.01:300ms` or
 * `status:1:503:retry-after=2s:at=10s:for=5s`. A pure parser and its inverse.
 */
import { Duration, Result } from "effect"
import { type Aftermath, type Fault, GARBLINGS, type Garbling, RETRY_WAYS } from "../exchange/faults/Fault.ts"
import { always, type When } from "../exchange/faults/When.ts"
import { quote } from "../platform/quote.ts"
import { type Parse, parseDuration, parseInteger, parseNonNegative } from "./values.ts"

type Parsed<A> = Result.Result<A, string>

const or = (words: ReadonlyArray<string>): string =>
  `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`

/** A specification taken apart. */
interface Parts {
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
const msOrZero = wholeMs(true)

/** As long as the exchange's own delays may be at most. */
const LONGEST_SPIKE_MS = 60_000
const spikeMs: Parse<number> = (text) =>
  Result.flatMap(ms(text), (value) =>
    value <= LONGEST_SPIKE_MS ? Result.succeed(value) : Result.fail(`${quote(text)} is too long; at most 1m`),
  )

const signedMs: Parse<number> = (text) => {
  const [, sign, rest] = /^([+-]?)(.*)$/s.exec(text) ?? []
  return Result.map(ms(rest ?? ""), (value) => (sign === "-" ? -value : value))
}

const chance: Parse<number> = (text) =>
  Result.mapError(parseNonNegative({ max: 1 })(text), (problem) => `the probability ${problem}`)

const serverStatus = parseInteger({ min: 500, max: 599 })
const count = parseInteger({ min: 1, max: 1_000_000_000 })
const countOrZero = parseInteger({ min: 0, max: 1_000_000_000 })

const oneOf =
  <A extends string>(words: ReadonlyArray<A>): Parse<A> =>
  (text) => {
    const word = words.find((word) => word === text)
    return word === undefined
      ? Result.fail(`${quote(text)} is not right; write ${or(words)}`)
      : Result.succeed(word)
  }

const AFTERMATHS: ReadonlyArray<Aftermath> = ["silence", "close"]
const yesOrNo: Parse<boolean> = (text) => Result.map(oneOf(["yes", "no"])(text), (word) => word === "yes")

const option = <A>(parts: Parts, name: string, parse: Parse<A>): Parsed<A | undefined> => {
  const text = parts.options.get(name)
  return text === undefined
    ? Result.succeed(undefined)
    : Result.mapError(parse(text), (problem) => `${name}=: ${problem}`)
}

const value = <A>(parts: Parts, index: number, parse: Parse<A>): Parsed<A> => parse(parts.values[index] ?? "")

/** `at`, `every` and `for`; undefined where none of them is given. */
const readWhen = (parts: Parts): Parsed<When | undefined> =>
  Result.gen(function* () {
    const at = yield* option(parts, "at", msOrZero)
    const every = yield* option(parts, "every", ms)
    const lasts = yield* option(parts, "for", ms)
    if (every !== undefined && lasts !== undefined && lasts >= every) {
      return yield* Result.fail("for= must be shorter than every=")
    }
    if (at === undefined && every === undefined) {
      return lasts === undefined ? undefined : { firstMs: 0, everyMs: undefined, forMs: lasts }
    }
    return { firstMs: at ?? every ?? 0, everyMs: every, forMs: lasts }
  })

const span = (parts: Parts): Parsed<When> =>
  Result.gen(function* () {
    const when = (yield* readWhen(parts)) ?? always
    if (when.everyMs !== undefined && when.forMs === undefined) {
      return yield* Result.fail("every= needs for=, which says how long")
    }
    return when
  })

const moment = (parts: Parts): Parsed<When> =>
  Result.gen(function* () {
    const when = yield* readWhen(parts)
    return parts.options.has("at") || parts.options.has("every")
      ? (when ?? always)
      : yield* Result.fail("it needs a moment: add at=10s, or every=10s")
  })

const ofRequests = (parts: Parts) =>
  Result.gen(function* () {
    return {
      chance: yield* value(parts, 0, chance),
      when: yield* span(parts),
      times: yield* option(parts, "times", count),
    }
  })

interface Form {
  /** How it is written, without what every fault of its group may have besides. */
  readonly form: string
  /** How many values it has. */
  readonly values: number
  readonly options: ReadonlyArray<string>
  readonly read: (parts: Parts) => Parsed<Fault>
}

const REQUEST_OPTIONS = ["at", "every", "for", "times"]

const lossForm = (kind: "lost-request" | "lost-answer"): Form => ({
  form: `${kind}:P[:then=${AFTERMATHS.join("|")}]`,
  values: 1,
  options: ["then", ...REQUEST_OPTIONS],
  read: (parts) =>
    Result.gen(function* () {
      const aftermath = (yield* option(parts, "then", oneOf(AFTERMATHS))) ?? "silence"
      return { kind, ...(yield* ofRequests(parts)), aftermath }
    }),
})

const plainForm = (kind: "reset" | "truncated" | "block"): Form => ({
  form: `${kind}:P`,
  values: 1,
  options: REQUEST_OPTIONS,
  read: (parts) => Result.map(ofRequests(parts), (rest) => ({ kind, ...rest })),
})

/** Every kind of fault, in the order in which they are shown. */
export const FAULT_FORMS: Readonly<Record<Fault["kind"], Form>> = {
  spike: {
    form: "spike:P:BY",
    values: 2,
    options: REQUEST_OPTIONS,
    read: (parts) =>
      Result.gen(function* () {
        return { kind: "spike", ...(yield* ofRequests(parts)), byMs: yield* value(parts, 1, spikeMs) }
      }),
  },
  "lost-request": lossForm("lost-request"),
  "lost-answer": lossForm("lost-answer"),
  reset: plainForm("reset"),
  truncated: plainForm("truncated"),
  garbled: {
    form: `garbled:P[:as=${GARBLINGS.join("|")}]`,
    values: 1,
    options: ["as", ...REQUEST_OPTIONS],
    read: (parts) =>
      Result.gen(function* () {
        const garbling = yield* option<Garbling>(parts, "as", oneOf(GARBLINGS))
        return { kind: "garbled", ...(yield* ofRequests(parts)), garbling }
      }),
  },
  status: {
    form: `status:P:CODE[:judged=yes|no][:retry-after=D[:as=${RETRY_WAYS.join("|")}]]`,
    values: 2,
    options: ["judged", "retry-after", "as", ...REQUEST_OPTIONS],
    read: (parts) =>
      Result.gen(function* () {
        const retryAs = yield* option(parts, "as", oneOf(RETRY_WAYS))
        const retryAfterMs = yield* option(parts, "retry-after", msOrZero)
        if (retryAs !== undefined && retryAfterMs === undefined) {
          return yield* Result.fail("as= says how a retry-after= is told; give that too")
        }
        return {
          kind: "status",
          ...(yield* ofRequests(parts)),
          code: yield* value(parts, 1, serverStatus),
          judged: (yield* option(parts, "judged", yesOrNo)) ?? true,
          retryAfterMs,
          retryAs: retryAs ?? "seconds",
        }
      }),
  },
  block: plainForm("block"),
  quota: {
    form: `quota:P[:remaining=N][:reset=D][:as=${RETRY_WAYS.join("|")}]`,
    values: 1,
    options: ["remaining", "reset", "as", ...REQUEST_OPTIONS],
    read: (parts) =>
      Result.gen(function* () {
        return {
          kind: "quota",
          ...(yield* ofRequests(parts)),
          remaining: yield* option(parts, "remaining", countOrZero),
          resetMs: yield* option(parts, "reset", msOrZero),
          retryAs: (yield* option(parts, "as", oneOf(RETRY_WAYS))) ?? "seconds",
        }
      }),
  },
  stall: {
    form: "stall:at=AT:for=D[:judged=yes|no]",
    values: 0,
    options: ["at", "every", "for", "judged"],
    read: (parts) =>
      Result.gen(function* () {
        yield* moment(parts)
        const judged = (yield* option(parts, "judged", yesOrNo)) ?? false
        return { kind: "stall", when: yield* span(parts), judged }
      }),
  },
  restart: {
    form: "restart:at=AT[:for=D]",
    values: 0,
    options: ["at", "every", "for"],
    read: (parts) => Result.map(moment(parts), (when) => ({ kind: "restart", when })),
  },
  clock: {
    form: "clock:BY:at=AT",
    values: 1,
    options: ["at", "every"],
    read: (parts) =>
      Result.gen(function* () {
        return { kind: "clock", byMs: yield* value(parts, 0, signedMs), when: yield* moment(parts) }
      }),
  },
  "block-key": {
    form: "block-key:at=AT",
    values: 0,
    options: ["at", "every"],
    read: (parts) => Result.map(moment(parts), (when) => ({ kind: "block-key", when })),
  },
}

const isKind = (text: string): text is Fault["kind"] => Object.hasOwn(FAULT_FORMS, text)

const takeApart = (words: ReadonlyArray<string>, allowed: ReadonlyArray<string>): Parsed<Parts> => {
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

/** Reads one fault. A failure says what is wrong and how such a fault is written. */
export const parseFault: Parse<Fault> = (text) => {
  const [kind = "", ...words] = text.split(":")
  if (!isKind(kind)) {
    return Result.fail(`there is no fault ${quote(kind)}; write ${or(Object.keys(FAULT_FORMS))}`)
  }
  const { form, options, read, values } = FAULT_FORMS[kind]
  return takeApart(words, options).pipe(
    Result.flatMap((parts) =>
      parts.values.length === values
        ? read(parts)
        : Result.fail(parts.values.length < values ? "something is missing" : "there is something too much"),
    ),
    Result.mapError((problem) => `${quote(text)}: ${problem}; write it as ${form}`),
  )
}

const timesOf = ({ everyMs, firstMs, forMs }: When): ReadonlyArray<string> => [
  ...(firstMs === (everyMs ?? 0) ? [] : [`at=${firstMs}ms`]),
  ...(everyMs === undefined ? [] : [`every=${everyMs}ms`]),
  ...(forMs === undefined ? [] : [`for=${forMs}ms`]),
]

/** A moment that is the exchange's start must be said; a span that begins there need not be. */
const momentsOf = (when: When): ReadonlyArray<string> =>
  when.firstMs === 0 && when.everyMs === undefined ? ["at=0ms", ...timesOf(when)] : timesOf(when)

const detailsOf = (fault: Fault): ReadonlyArray<string> => {
  const given = <A>(name: string, value: A | undefined, otherwise?: A): ReadonlyArray<string> =>
    value === undefined || value === otherwise ? [] : [`${name}=${String(value)}`]
  const givenMs = (name: string, value: number | undefined) =>
    given(name, value === undefined ? undefined : `${value}ms`)
  switch (fault.kind) {
    case "spike":
      return [`${fault.chance}`, `${fault.byMs}ms`]
    case "lost-request":
    case "lost-answer":
      return [`${fault.chance}`, ...given("then", fault.aftermath, "silence")]
    case "reset":
    case "truncated":
    case "block":
      return [`${fault.chance}`]
    case "garbled":
      return [`${fault.chance}`, ...given("as", fault.garbling)]
    case "status":
      return [
        `${fault.chance}`,
        `${fault.code}`,
        ...(fault.judged ? [] : ["judged=no"]),
        ...givenMs("retry-after", fault.retryAfterMs),
        ...given("as", fault.retryAs, "seconds"),
      ]
    case "quota":
      return [
        `${fault.chance}`,
        ...given("remaining", fault.remaining),
        ...givenMs("reset", fault.resetMs),
        ...given("as", fault.retryAs, "seconds"),
      ]
    case "stall":
      return fault.judged ? ["judged=yes"] : []
    case "clock":
      return [`${fault.byMs}ms`]
    case "restart":
    case "block-key":
      return []
  }
}

/** Writes a fault so that {@link parseFault} reads the same. */
export const printFault = (fault: Fault): string =>
  [
    fault.kind,
    ...detailsOf(fault),
    ...("chance" in fault ? timesOf(fault.when) : momentsOf(fault.when)),
    ...("times" in fault && fault.times !== undefined ? [`times=${fault.times}`] : []),
  ].join(":")
