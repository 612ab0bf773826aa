/**
 * How faults are written on the command line: `KIND[:VALUE]...[:NAME=VALUE]...`, such as `spike:0.01:300ms` or
 * `status:1:503:retry-after=2s:at=10s:for=5s`. A pure parser; its inverse is `printFault`.
 */
import { Result } from "effect"
import { type Fault, GARBLINGS, type Garbling, RETRY_WAYS } from "../exchange/faults/Fault.ts"
import { quote } from "../platform/quote.ts"
import {
  AFTERMATHS,
  countOrZero,
  moment,
  msOrZero,
  ofRequests,
  oneOf,
  option,
  or,
  serverStatus,
  signedMs,
  span,
  spikeMs,
  takeApart,
  value,
  yesOrNo,
  type Parsed,
  type Parts,
} from "./faultParts.ts"
import type { Parse } from "./values.ts"

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
