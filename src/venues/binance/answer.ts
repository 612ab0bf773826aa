/** Reads Binance's answers. Pure. */
import { Schema } from "effect"
import type { AnswerHeaders } from "../../http/advice.ts"
import type { Answer } from "../../http/HttpRequest.ts"
import { jsonReader } from "../fields.ts"
import { meaningOfStatus } from "../statuses.ts"
import type { ExchangeTime } from "../../domain/Transit.ts"
import type { Meaning, Reading, VenueCount } from "../Venue.ts"

const readRefusal = jsonReader(Schema.Struct({ code: Schema.Int, msg: Schema.String }))
const readTaken = jsonReader(
  Schema.Struct({
    orderId: Schema.Int,
    clientOrderId: Schema.String,
    transactTime: Schema.optionalKey(Schema.Int),
    status: Schema.optionalKey(Schema.String),
  }),
)
const readTime = jsonReader(Schema.Struct({ serverTime: Schema.Int }))
/** A test says nothing, or what the order would have cost. */
const readTested = jsonReader(
  Schema.Union([
    Schema.Record(Schema.String, Schema.Never),
    Schema.Struct({ standardCommissionForOrder: Schema.Record(Schema.String, Schema.Unknown) }),
  ]),
)

/** The codes that say something else than that the order is refused for its own sake. */
const CODES: Readonly<Record<string, Meaning>> = {
  // "The response's status is unknown": the order may have been executed.
  "-1000": { kind: "unknown", cause: "server-error" },
  "-1001": { kind: "unknown", cause: "server-error" },
  "-1006": { kind: "unknown", cause: "server-error" },
  "-1007": { kind: "unknown", cause: "server-error" },
  "-1003": { kind: "refused", reason: "rate-limit" },
  "-1015": { kind: "refused", reason: "rate-limit" },
  "-1002": { kind: "refused", reason: "api-key" },
  "-1022": { kind: "refused", reason: "api-key" },
  "-2014": { kind: "refused", reason: "api-key" },
  "-2015": { kind: "refused", reason: "api-key" },
}
const BAD_TIME = -1021

/** Which limit an excess is of, by what Binance says of it. */
const NAMED: ReadonlyArray<readonly [words: RegExp, limit: string]> = [
  [/orders per 10 SECOND/i, "orders"],
  [/orders per 1 DAY/i, "orders of a day"],
  [/request weight per 1 MINUTE/i, "weight"],
]

const COUNTERS = {
  orders: "x-mbx-order-count-10s",
  "orders of a day": "x-mbx-order-count-1d",
  weight: "x-mbx-used-weight-1m",
} as const

const countsOf = (headers: AnswerHeaders): ReadonlyArray<VenueCount> =>
  Object.entries(COUNTERS).flatMap(([limit, header]) => {
    const used = headers[header]
    return used !== undefined && /^\d{1,9}$/.test(used) ? [{ limit, used: Number(used) }] : []
  })

const refusalOf = (status: number, body: string): Meaning => {
  const refusal = status === 418 || status >= 500 ? undefined : readRefusal(body)
  if (refusal === undefined) return meaningOfStatus(status, "", body)
  const { code, msg } = refusal
  if (code === BAD_TIME) return { kind: "refused", reason: "clock", said: msg }
  const meaning = CODES[String(code)] ?? meaningOfStatus(status, msg, body)
  const limit = NAMED.find(([words]) => words.test(msg))?.[1]
  return meaning.kind === "refused" && meaning.reason === "rate-limit" && limit !== undefined
    ? { ...meaning, limit }
    : meaning
}

const timeOf = (body: string): ExchangeTime | undefined => {
  const atMs = readTime(body)?.serverTime ?? readTaken(body)?.transactTime
  return atMs === undefined ? undefined : { atMs, resolutionMs: 1 }
}

/** An answer that says which order it is about. */
export const namesOrder = ({ body, status }: Answer): boolean =>
  status === 200 && readTaken(body) !== undefined

/** Whether it is Binance that says what its clock shows. */
export const tellsTime = ({ body, status }: Answer): boolean => status === 200 && readTime(body) !== undefined

const acceptanceOf = (body: string, orderId: string, isTest: boolean): Meaning => {
  const taken = readTaken(body)
  if (taken?.clientOrderId === orderId) {
    const { orderId: number, status } = taken
    const data = { orderId: String(number), ...(status === undefined ? {} : { status }) }
    return { kind: "accepted", data }
  }
  return isTest && taken === undefined && readTested(body) !== undefined
    ? { kind: "accepted" }
    : { kind: "unknown", cause: "undecodable" }
}

export const readBinance = (answer: Answer, orderId: string, isTest: boolean): Reading => {
  const { body, headers, status } = answer
  return status === 200
    ? { meaning: acceptanceOf(body, orderId, isTest), time: timeOf(body), counts: countsOf(headers) }
    : { meaning: refusalOf(status, body), counts: countsOf(headers) }
}
