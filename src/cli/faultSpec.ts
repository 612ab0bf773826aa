/**
 * How faults are written on the command line: `KIND[:VALUE]...[:NAME=VALUE]...`, such as `spike:0.01:300ms` or
 * `status:1:503:retry-after=2s:at=10s:for=5s`. Pure.
 */
import { Result } from "effect"
import { type Fault, GARBLINGS, RETRY_WAYS } from "../exchange/faults/Fault.ts"
import type { When } from "../exchange/faults/When.ts"
import { quote } from "../platform/quote.ts"
import {
  AFTERMATHS,
  countOrZero,
  moment,
  msOrZero,
  ofRequests,
  oneOf,
  option,
  failureStatus,
  signedMs,
  span,
  spikeMs,
  takeApart,
  value,
  yesOrNo,
  type Parsed,
  type Parts,
} from "./faultParts.ts"
import { inWords, type Parse } from "./values.ts"

interface Form {
  /** How it is written, without the options that every fault of its group may have. */
  readonly form: string
  /** How many values it has. */
  readonly values: number
  readonly options: ReadonlyArray<string>
  readonly read: (parts: Parts) => Parsed<Fault>
}

const REQUEST_OPTIONS = ["at", "every", "for", "times"]

const is = <const Kind extends Fault["kind"]>(kind: Kind): Parsed<Kind> => Result.succeed(kind)

const lossForm = (kind: "lost-request" | "lost-answer"): Form => ({
  form: `${kind}:P[:then=${AFTERMATHS.join("|")}]`,
  values: 1,
  options: ["then", ...REQUEST_OPTIONS],
  read: (parts) =>
    Result.all({
      kind: is(kind),
      aftermath: option(parts, "then", oneOf(AFTERMATHS), "silence"),
      ...ofRequests(parts),
    }),
})

const plainForm = (kind: "reset" | "truncated" | "block"): Form => ({
  form: `${kind}:P`,
  values: 1,
  options: REQUEST_OPTIONS,
  read: (parts) => Result.all({ kind: is(kind), ...ofRequests(parts) }),
})

/** A status that says that nothing was done. */
const isRefusal = (code: number): boolean => code < 500

/** Every kind of fault, in the order in which they are shown. */
export const FAULT_FORMS: Readonly<Record<Fault["kind"], Form>> = {
  spike: {
    form: "spike:P:BY",
    values: 2,
    options: REQUEST_OPTIONS,
    read: (parts) => Result.all({ kind: is("spike"), ...ofRequests(parts), byMs: value(parts, 1, spikeMs) }),
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
      Result.all({
        kind: is("garbled"),
        garbling: option(parts, "as", oneOf(GARBLINGS), undefined),
        ...ofRequests(parts),
      }),
  },
  failure: {
    form: "failure:P[:judged=yes|no]",
    values: 1,
    options: ["judged", ...REQUEST_OPTIONS],
    read: (parts) =>
      Result.all({
        kind: is("failure"),
        judged: option(parts, "judged", yesOrNo, true),
        ...ofRequests(parts),
      }),
  },
  status: {
    form: `status:P:CODE[:judged=yes|no][:retry-after=D[:as=${RETRY_WAYS.join("|")}]]`,
    values: 2,
    options: ["judged", "retry-after", "as", ...REQUEST_OPTIONS],
    read: (parts) =>
      parts.options.has("as") && !parts.options.has("retry-after")
        ? Result.fail("as= says how a retry-after= is told; give that too")
        : Result.flatMap(value(parts, 1, failureStatus), (code) =>
            Result.all({
              kind: is("status"),
              retryAs: option(parts, "as", oneOf(RETRY_WAYS), "seconds"),
              retryAfterMs: option(parts, "retry-after", msOrZero, undefined),
              ...ofRequests(parts),
              code: Result.succeed(code),
              judged:
                isRefusal(code) && parts.options.get("judged") === "yes"
                  ? Result.fail("what is refused by a status from 400 to 499 is not judged")
                  : option(parts, "judged", yesOrNo, !isRefusal(code)),
            }),
          ),
  },
  block: plainForm("block"),
  quota: {
    form: `quota:P[:remaining=N][:reset=D][:as=${RETRY_WAYS.join("|")}]`,
    values: 1,
    options: ["remaining", "reset", "as", ...REQUEST_OPTIONS],
    read: (parts) =>
      Result.all({
        kind: is("quota"),
        ...ofRequests(parts),
        remaining: option(parts, "remaining", countOrZero, undefined),
        resetMs: option(parts, "reset", msOrZero, undefined),
        retryAs: option(parts, "as", oneOf(RETRY_WAYS), "seconds"),
      }),
  },
  stall: {
    form: "stall:at=AT:for=D[:judged=yes|no]",
    values: 0,
    options: ["at", "every", "for", "judged"],
    read: (parts) =>
      Result.flatMap(moment(parts), () =>
        Result.all({
          kind: is("stall"),
          judged: option(parts, "judged", yesOrNo, false),
          when: span(parts),
        }),
      ),
  },
  restart: {
    form: "restart:at=AT[:for=D]",
    values: 0,
    options: ["at", "every", "for"],
    read: (parts) => Result.all({ kind: is("restart"), when: moment(parts) }),
  },
  clock: {
    form: "clock:BY:at=AT",
    values: 1,
    options: ["at", "every"],
    read: (parts) => Result.all({ kind: is("clock"), byMs: value(parts, 0, signedMs), when: moment(parts) }),
  },
  "block-key": {
    form: "block-key:at=AT",
    values: 0,
    options: ["at", "every"],
    read: (parts) => Result.all({ kind: is("block-key"), when: moment(parts) }),
  },
}

const isKind = (text: string): text is Fault["kind"] => Object.hasOwn(FAULT_FORMS, text)

/** Reads one fault. A failure says what is wrong and how such a fault is written. */
export const parseFault: Parse<Fault> = (text) => {
  const [kind = "", ...words] = text.split(":")
  if (!isKind(kind)) {
    return Result.fail(`there is no fault ${quote(kind)}; write ${inWords(Object.keys(FAULT_FORMS), "or")}`)
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

const given = (name: string, value: string | number | undefined, usual?: string): ReadonlyArray<string> =>
  value === undefined || value === usual ? [] : [`${name}=${value}`]
const givenMs = (name: string, ms: number | undefined): ReadonlyArray<string> =>
  ms === undefined ? [] : [`${name}=${ms}ms`]

const isJudgedUsually = (fault: Fault): boolean =>
  fault.kind === "failure" || (fault.kind === "status" && !isRefusal(fault.code))

const detailsOf = (fault: Fault): ReadonlyArray<string> => [
  ...("chance" in fault ? [`${fault.chance}`] : []),
  ...("byMs" in fault ? [`${fault.byMs}ms`] : []),
  ...("code" in fault ? [`${fault.code}`] : []),
  ...("aftermath" in fault ? given("then", fault.aftermath, "silence") : []),
  ...("garbling" in fault ? given("as", fault.garbling) : []),
  ...("judged" in fault && fault.judged !== isJudgedUsually(fault)
    ? [`judged=${fault.judged ? "yes" : "no"}`]
    : []),
  ...("retryAfterMs" in fault ? givenMs("retry-after", fault.retryAfterMs) : []),
  ...("remaining" in fault
    ? [...given("remaining", fault.remaining), ...givenMs("reset", fault.resetMs)]
    : []),
  ...("retryAs" in fault ? given("as", fault.retryAs, "seconds") : []),
]

/** Writes a fault so that `parseFault` reads the same. */
export const printFault = (fault: Fault): string =>
  [
    fault.kind,
    ...detailsOf(fault),
    ...("chance" in fault ? timesOf(fault.when) : momentsOf(fault.when)),
    ...("times" in fault && fault.times !== undefined ? [`times=${fault.times}`] : []),
  ].join(":")

/** A line that says which faults are played; none where there are none. */
export const faultLines = (faults: ReadonlyArray<Fault>): ReadonlyArray<string> =>
  faults.length === 0 ? [] : [`faults: ${faults.map(printFault).join(", ")}`]

/** A line that says how often each was played. */
export const playedLines = (
  faults: Readonly<Partial<Record<Fault["kind"], number>>>,
): ReadonlyArray<string> => {
  const played = Object.entries(faults).map(([kind, times]) => `${kind} ${times}`)
  return played.length === 0 ? [] : [`faults played: ${played.join(", ")}`]
}
