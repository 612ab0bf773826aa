/**
 * A venue from beginning to end: Lakeside, which is made up. Its rules, as its documents would say them:
 *
 * - `POST /v1/orders` with JSON places an order, `DELETE /v1/orders/{name}` withdraws one. An order's name is the client's: 1 to 20
 *   letters and digits.
 * - Each request carries `lake-key`, `lake-time` in milliseconds, and `lake-sign`: HMAC-SHA256 in hex, by the secret, of time, method,
 *   path and body. What comes more than 2 s after its time is dropped unread, and counts nowhere.
 * - An account may have 10 orders in any second, and withdraws as many as it likes. What is over is answered 429 with
 *   `{"problem":"slow down","waitMs":...}`, and `lake-used` says what was counted.
 * - `GET /v1/clock` is answered `{"now":...}` in milliseconds, and is counted nowhere.
 *
 * docs/venues.md goes through it; test/venues/lakeside.test.ts tries it.
 */
import { createHmac } from "node:crypto"
import { Schema } from "effect"
import {
  actionOf,
  type Credentials,
  encodeFields,
  type FieldRules,
  type HttpAnswer,
  type HttpMessage,
  jsonReader,
  KeyAndSecret,
  type Meaning,
  meaningOfStatus,
  plainOf,
  problemOfFields,
  type Reading,
  sentFields,
  type Stamp,
  type Venue,
  type VenueLimit,
  type VenueOrder,
} from "../src/index.ts"

// What it counts. Numbers are an account's own, so they can be given.

export const lakesideLimit = (perSecond = 10): VenueLimit => ({
  name: "orders",
  limit: { rule: "log", limit: perSecond, windowMs: 1000, scope: "account", costs: { cancel: 0 } },
  excess: "429",
  source: "lakeside.example/docs/limits",
  read: "2026-11",
  unknown: "Whether an order that is refused for its own sake counts: it is counted",
})

// Which orders it can take.

const RULES: FieldRules = {
  own: { place: ["name"], cancel: [] },
  needed: { place: ["market", "amount"], cancel: ["name"] },
  id: /^[a-z\d]{1,20}$/i,
  idInWords: "1 to 20 letters and digits",
}

// From an order to a request. What is signed is exactly what is sent.

const signatureOf = (time: string, { body = "", method, path }: HttpMessage, secret: string): string =>
  createHmac("sha256", secret).update(`${time}${method}${path}${body}`).digest("hex")

const unsigned = (order: VenueOrder): HttpMessage =>
  actionOf(order) === "cancel"
    ? { method: "DELETE", path: `/v1/orders/${encodeURIComponent(order.params?.["name"] ?? "")}` }
    : {
        method: "POST",
        path: "/v1/orders",
        body: JSON.stringify({ name: order.id, ...Object.fromEntries(sentFields(order)) }),
      }

const orderOf = (order: VenueOrder, credentials: Credentials, { timeMs }: Stamp): HttpMessage => {
  const { key, secret } = plainOf(credentials)
  const message = unsigned(order)
  const time = String(timeMs)
  return {
    ...message,
    headers: {
      "content-type": "application/json",
      "lake-key": key,
      "lake-time": time,
      "lake-sign": signatureOf(time, message, secret),
    },
  }
}

// From an answer to what it means. What is not certainly a refusal or an acceptance is unknown.

const readTaken = jsonReader(Schema.Struct({ name: Schema.String, ticket: Schema.String }))
const readProblem = jsonReader(
  Schema.Struct({ problem: Schema.String, waitMs: Schema.optionalKey(Schema.Finite) }),
)
const readClock = jsonReader(Schema.Struct({ now: Schema.Int }))

const PROBLEMS: Readonly<Record<string, Meaning>> = {
  "slow down": { kind: "refused", reason: "rate-limit" },
  "unknown key": { kind: "refused", reason: "api-key" },
  "wrong signature": { kind: "refused", reason: "api-key" },
  late: { kind: "refused", reason: "clock", said: "late" },
}

const nameOf = (order: VenueOrder): string | undefined =>
  actionOf(order) === "cancel" ? order.params?.["name"] : order.id

const meaningOf = ({ body, status }: HttpAnswer, order: VenueOrder): Meaning => {
  if (status === 200) {
    const taken = readTaken(body)
    // Another order's name would be another order's answer.
    return taken !== undefined && taken.name === nameOf(order)
      ? { kind: "accepted", data: { ticket: taken.ticket } }
      : { kind: "unknown", cause: "undecodable" }
  }
  const problem = status < 500 ? readProblem(body)?.problem : undefined
  return (
    (problem === undefined ? undefined : PROBLEMS[problem]) ?? meaningOfStatus(status, problem ?? "", body)
  )
}

const read = (answer: HttpAnswer, order: VenueOrder): Reading => {
  const used = Number(answer.headers["lake-used"] ?? Number.NaN)
  const now = answer.status === 200 ? readClock(answer.body)?.now : undefined
  const waitMs = answer.status === 429 ? readProblem(answer.body)?.waitMs : undefined
  return {
    meaning: meaningOf(answer, order),
    hold: waitMs === undefined ? undefined : { scope: "key", ms: waitMs },
    time: now === undefined ? undefined : { atMs: now, resolutionMs: 1 },
    counts: Number.isInteger(used) ? [{ limit: "orders", used }] : [],
  }
}

// All of it as one value.

export const lakeside = (limit: VenueLimit = lakesideLimit()): Venue => ({
  name: "lakeside",
  url: new URL("https://api.lakeside.example"),
  credentials: KeyAndSecret,
  nonces: "none",
  isLive: true,
  limits: [limit],
  problemOf: (order) => problemOfFields(order, RULES),
  at: () => ({
    orderOf,
    pingOf: (wallMs) => ({ method: "GET", path: `/v1/clock?${encodeFields([["n", String(wallMs)]])}` }),
  }),
  read,
  isAnonymous: ({ body, status }) => status !== 200 || readTaken(body) === undefined,
  answersPing: ({ body, status }) => status === 200 && readClock(body) !== undefined,
})
