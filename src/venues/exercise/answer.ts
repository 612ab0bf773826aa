/**
 * Reads the exercise's answers. Pure: status and body in, meaning out.
 */
import { Option, Redacted, Result, Schema } from "effect"
import { parseJson } from "../../platform/parseJson.ts"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { withoutCredentials } from "../../domain/ApiKey.ts"
import type { SubmitError } from "../../domain/SubmitError.ts"
import type { Acceptance } from "../ExchangeClient.ts"
import { type OrderAndKey, resultOf } from "../submitResult.ts"
import { meaningOfStatus } from "../statuses.ts"
import type { Meaning } from "../Venue.ts"

/** The exercise's word that it took an order. */
const Taken = Schema.Struct({ status: Schema.Literal("OK"), req_id: Schema.String })
type Taken = typeof Taken.Type

// Every accepted order passes here: compiled, and with the JSON parsed before it, this costs a third.
SchemaJITCompiler.enable(Taken.ast)
const decodeParsed = Schema.decodeUnknownOption(Taken)
const decodeTaken = (body: string) => Option.flatMap(parseJson(body), decodeParsed)
const decodeRefusal = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ error_msg: Schema.String })),
)
/** How other exchanges write the same. */
const decodeForeign = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ msg: Schema.String })))

/** What JSON writes as it is. */
const PLAIN = /^[^"\\\p{Cc}]*$/u

/**
 * An acceptance of this order. The form in which the protocol writes it is known by its letters; any other way to say the
 * same in JSON is left to the schema, which defines what counts ({@link acceptanceBySchema}).
 */
export const acceptanceOf = (orderId: string, body: string): Option.Option<Taken> =>
  body === `{"status":"OK","req_id":"${orderId}"}` && PLAIN.test(orderId)
    ? Option.some({ status: "OK", req_id: orderId })
    : acceptanceBySchema(orderId, body)

export const acceptanceBySchema = (orderId: string, body: string): Option.Option<Taken> =>
  Option.filter(decodeTaken(body), (_) => _.req_id === orderId)

/** What the exchange said, or nothing where it said nothing readable. */
const messageOf = (body: string): string =>
  Option.match(decodeRefusal(body), {
    onNone: () => Option.match(decodeForeign(body), { onNone: () => "", onSome: ({ msg }) => msg }),
    onSome: ({ error_msg }) => error_msg,
  })

/** Firewalls say so too, in words of their own. */
const saysBlocked = (body: string): boolean =>
  Option.exists(decodeRefusal(body), ({ error_msg }) => /blocked/i.test(error_msg))

/** What a refusal says that holds our clock for wrong. Of an order without a nonce's word, time alone may be about the order. */
const isAboutTime = (message: string): boolean =>
  /time ?stamp|server ?time|clock|recv ?window/i.test(message) ||
  (/nonce/i.test(message) && /\btime\b|seconds?\b/i.test(message))

const ACCEPTED: Meaning = { kind: "accepted" }
const UNDECODABLE: Meaning = { kind: "unknown", cause: "undecodable" }

/**
 * What an answer means for the order it answers.
 *
 * A definite refusal is believed by its status, whatever its body: proxies answer 429 with HTML too. That a key is blocked
 * is believed in the protocol's own words alone: 403 is what anything on the way may say to anybody. That it is unknown is
 * believed of no page. An acceptance is believed only when it is the protocol's and names this order. Everything else is
 * unknown.
 */
export const meaningOf = (orderId: string, status: number, body: string): Meaning => {
  if (status === 200) return Option.isSome(acceptanceOf(orderId, body)) ? ACCEPTED : UNDECODABLE
  const said = messageOf(body)
  if ((status === 429 || status === 403) && saysBlocked(body)) return { kind: "refused", reason: "blocked" }
  // Before the nonce: a nonce that is refused for our clock's sake would be refused a month further ahead as well.
  if (status === 400 && isAboutTime(said)) return { kind: "refused", reason: "clock", said }
  if (status === 400 && /nonce/i.test(said)) return { kind: "refused", reason: "nonce" }
  return meaningOfStatus(status, said, body)
}

/**
 * The same as an acceptance or a typed error.
 *
 * Some servers repeat the request's address in a refusal: where `secret` is given, the key's label stands in its
 * place.
 */
export const readAnswer = (
  about: OrderAndKey,
  status: number,
  body: string,
  secret: Redacted.Redacted = Redacted.make(""),
): Result.Result<Acceptance, SubmitError> =>
  resultOf(about, status, meaningOf(about.orderId, status, body), (text) =>
    withoutCredentials(text, { label: about.key, secret }),
  )

/**
 * Whether this is the exchange's own answer to a ping: the refusal of an unknown key, or anything else that it says in
 * its protocol. A page that something on the way has put there shows nothing.
 */
export const answersPing = (status: number, body: string): boolean =>
  (status === 200 && Option.isSome(decodeTaken(body))) ||
  (status >= 400 && status < 500 && status !== 408 && Option.isSome(decodeRefusal(body)))
