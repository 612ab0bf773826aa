/**
 * One order as a JSON object: `{"id": "...", "params": {...}, "createdAt": ...}`. Pure: text and time in,
 * order or a sentence about what is wrong out.
 */
import { DateTime, Option, Result, Schema, SchemaIssue } from "effect"
import {
  createdMsOf,
  looksLikeSeconds,
  MadeOrder,
  type Moment,
  OrderId,
  RESERVED_PARAMS,
} from "../../domain/Order.ts"

const MAX_PROBLEM_LENGTH = 300

const wellFormed = Schema.makeFilter((text: string) => !/\p{Surrogate}/u.test(text), {
  message: "has half of a surrogate pair, which no text can hold",
})

const Id = Schema.String.annotate({
  message: "must be text: put quotes around it",
}).pipe(Schema.check(wellFormed), Schema.decodeTo(OrderId))

const exactNumber = Schema.makeFilter(
  (value: number) => !Number.isInteger(value) || Number.isSafeInteger(value),
  {
    message: "is too large a number to be exact: put quotes around it",
  },
)

const ParamValue = Schema.Union([
  Schema.String.check(wellFormed),
  Schema.Finite.check(exactNumber),
  Schema.Boolean,
]).annotate({ message: "must be text, a number, true or false" })

const Params = Schema.Record(Schema.String, ParamValue).annotate({
  message: 'must be an object such as {"side": "buy"}',
})

const CreatedAt = Schema.Union([Schema.String, Schema.Finite]).annotate({
  message: "must be a time such as 2026-11-23T16:24:05.711Z, or milliseconds since 1970",
})

const OrderObject = Schema.Struct({
  id: Id.pipe(Schema.annotateKey({ messageMissingKey: 'is missing: {"id": "..."} is the least' })),
  params: Schema.optionalKey(Params),
  createdAt: Schema.optionalKey(CreatedAt),
}).annotate({
  message: 'must be an object such as {"id": "1"}',
  messageUnexpectedKey: "is not a field of an order (id, params, createdAt)",
})

/** A journal is easily taken for the orders that it tells of. */
export const IS_A_JOURNAL = "it is the header of a journal, and no order"
const isJournalHeader = Schema.is(Schema.Struct({ type: Schema.Literal("header"), version: Schema.Int }))

const decode = Schema.decodeUnknownResult(OrderObject, { onExcessProperty: "error", errors: "all" })
const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

/** One line, printable and not too long, whatever names the input has. */
const problemOf = (error: Schema.SchemaError): string => {
  const problem = formatIssue(error.issue)
    .issues.map(({ message, path = [] }) => {
      const place = path
        .map((key) => JSON.stringify(String(typeof key === "object" ? key.key : key)))
        .join(".")
      return place === "" ? `the line ${message}` : `${place}: ${message}`
    })
    .join("; ")
  return problem.length > MAX_PROBLEM_LENGTH ? `${problem.slice(0, MAX_PROBLEM_LENGTH)}...` : problem
}

// A day that does not exist, such as February 30, would be taken for another one.
const ISO_WITH_ZONE =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

const epochMs = (createdAt: string | number): Option.Option<number> => {
  if (typeof createdAt === "number") return createdAt >= 0 ? Option.some(createdAt) : Option.none()
  const parts = ISO_WITH_ZONE.exec(createdAt)
  if (parts === null) return Option.none()
  const [, year, month, day] = parts
  return DateTime.make(`${year}-${month}-${day}T00:00:00Z`).pipe(
    Option.filter((midnight) => DateTime.formatIsoDateUtc(midnight) === `${year}-${month}-${day}`),
    Option.flatMap(() => DateTime.make(createdAt.replace(",", "."))),
    Option.map(DateTime.toEpochMillis),
  )
}

/** `createdAt` on the monotonic clock. */
const createdMs = (createdAt: string | number, now: Moment): Result.Result<number, string> => {
  if (typeof createdAt === "number" && looksLikeSeconds(createdAt, now)) {
    return Result.fail(`"createdAt": ${createdAt} looks like seconds since 1970: write milliseconds`)
  }
  return Option.match(epochMs(createdAt), {
    onNone: () =>
      Result.fail(
        `"createdAt": must be a time with its zone, such as 2026-11-23T16:24:05.711Z, or milliseconds since 1970`,
      ),
    onSome: (wallMs) => Result.mapError(createdMsOf(wallMs, now), (problem) => `"createdAt": ${problem}`),
  })
}

/**
 * Reads one order. Fails with a sentence that says what is wrong.
 *
 * - `id`: text of 1 to 64 characters.
 * - `params`, optional: query parameters; text, numbers and booleans are sent as text. The protocol's own
 *   three names are refused.
 * - `createdAt`, optional: ISO 8601 with a zone, or milliseconds since 1970. Without it an order counts as made
 *   when it is handed to the dispatcher.
 */
export const readOrder = (text: string, now: Moment): Result.Result<MadeOrder, string> =>
  Result.gen(function* () {
    const json = yield* Result.fromOption(
      parseJson(text),
      () => "the line is not JSON: write one object a line",
    )
    if (isJournalHeader(json)) {
      return yield* Result.fail(IS_A_JOURNAL)
    }
    const { createdAt, id, params = {} } = yield* Result.mapError(decode(json), problemOf)
    const reserved = Object.keys(params).filter((name) => RESERVED_PARAMS.has(name))
    if (reserved.length > 0) {
      return yield* Result.fail(`"params": must not hold ${reserved.join(", ")}: the request has its own`)
    }
    return new MadeOrder(
      id,
      Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)])),
      createdAt === undefined ? undefined : yield* createdMs(createdAt, now),
    )
  })
