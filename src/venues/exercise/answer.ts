/**
 * Reads an exchange's answer. Pure: status and body in, acceptance or typed error out.
 */
import { Option, Redacted, Result, Schema } from "effect"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { Acceptance } from "../ExchangeClient.ts"
import {
  InvalidNonce,
  InvalidTimestamp,
  KeyBlocked,
  RateLimited,
  Refused,
  ServerError,
  type SubmitError,
  TurnedAway,
  UndecodableAnswer,
  UnknownApiKey,
} from "../../domain/SubmitError.ts"

// Every accepted order passes here: compiled, and with the JSON parsed before it, this costs a third.
SchemaJITCompiler.enable(Acceptance.ast)
const parseJson = Option.liftThrowable((text: string): unknown => JSON.parse(text))
const decodeParsed = Schema.decodeUnknownOption(Acceptance)
const decodeAcceptance = (body: string) => Option.flatMap(parseJson(body), decodeParsed)
const decodeRefusal = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ error_msg: Schema.String })),
)
/** How other exchanges write the same. */
const decodeForeign = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ msg: Schema.String })))

const DETAIL_LENGTH = 200

/** An order and the key that it was sent with, as errors name them. */
export interface OrderAndKey {
  readonly orderId: string
  readonly key: string
}

/** What JSON writes as it is. */
const PLAIN = /^[^"\\\p{Cc}]*$/u

/**
 * An acceptance of this order. The form in which the protocol writes it is known by its letters; any other way to say the
 * same in JSON is left to the schema, which defines what counts ({@link acceptanceBySchema}).
 */
export const acceptanceOf = (orderId: string, body: string): Option.Option<Acceptance> =>
  body === `{"status":"OK","req_id":"${orderId}"}` && PLAIN.test(orderId)
    ? Option.some({ status: "OK", req_id: orderId })
    : acceptanceBySchema(orderId, body)

export const acceptanceBySchema = (orderId: string, body: string): Option.Option<Acceptance> =>
  Option.filter(decodeAcceptance(body), (_) => _.req_id === orderId)

/** What the exchange said, or nothing where it said nothing readable. */
const messageOf = (body: string): string =>
  Option.match(decodeRefusal(body), {
    onNone: () => Option.match(decodeForeign(body), { onNone: () => "", onSome: ({ msg }) => msg }),
    onSome: ({ error_msg }) => error_msg,
  })

/** Firewalls say so too, in words of their own. */
const saysBlocked = (body: string): boolean =>
  Option.exists(decodeRefusal(body), ({ error_msg }) => /blocked/i.test(error_msg))

const withoutSecret = (message: string, label: string, secret: Redacted.Redacted): string => {
  const plain = Redacted.value(secret)
  return message.replaceAll(plain, label).replaceAll(encodeURIComponent(plain), label)
}

/** A message fit for a terminal: printable, short, and not ending in half a character. */
const detailOf = (message: string): string =>
  message
    .slice(0, DETAIL_LENGTH)
    .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S}]+/gu, " ")
    .trim()

/** What a refusal says that holds our clock for wrong. Of an order without a nonce's word, time alone may be about the order. */
const isAboutTime = (message: string): boolean =>
  /time ?stamp|server ?time|clock|recv ?window/i.test(message) ||
  (/nonce/i.test(message) && /\btime\b|seconds?\b/i.test(message))

/** Statuses that turn away whoever asks, whatever for: a ban of the address, or a page of something before the exchange. */
export const turnsAway = (status: number): boolean => status === 418 || status === 403

/**
 * What an answer means for the order it answers.
 *
 * A definite refusal is believed by its status, whatever its body: proxies answer 429 with HTML too. That a key is blocked
 * is believed in the protocol's own words alone: 403 is what anything on the way may say to anybody. An acceptance is
 * believed only when it is the protocol's and names this order. Everything else is unknown.
 *
 * Some servers repeat the request's address in a refusal: where `secret` is given, the key's label stands in its
 * place.
 */
export const readAnswer = (
  about: OrderAndKey,
  status: number,
  body: string,
  secret?: Redacted.Redacted,
): Result.Result<Acceptance, SubmitError> => {
  if (status === 200) {
    return Result.fromOption(
      acceptanceOf(about.orderId, body),
      () => new UndecodableAnswer({ ...about, status }),
    )
  }
  const message = messageOf(body)
  if ((status === 429 || status === 403) && saysBlocked(body)) return Result.fail(new KeyBlocked(about))
  if (status === 429) return Result.fail(new RateLimited(about))
  if (turnsAway(status)) return Result.fail(new TurnedAway({ ...about, status }))
  if (status === 401) return Result.fail(new UnknownApiKey(about))
  const said = () => detailOf(secret === undefined ? message : withoutSecret(message, about.key, secret))
  // Before the nonce: a nonce that is refused for our clock's sake would be refused a month further ahead as well.
  if (status === 400 && isAboutTime(message)) {
    return Result.fail(new InvalidTimestamp({ ...about, detail: said() }))
  }
  if (status === 400 && /nonce/i.test(message)) return Result.fail(new InvalidNonce(about))
  // A server that grew tired of waiting: what it waited for may have been any request of the connection, or none.
  if (status >= 400 && status < 500 && status !== 408) {
    return Result.fail(new Refused({ ...about, status, detail: said() }))
  }
  if (status >= 500) return Result.fail(new ServerError({ ...about, status }))
  return Result.fail(new UndecodableAnswer({ ...about, status }))
}

/**
 * Whether this is the exchange's own answer to a ping: the refusal of an unknown key, or anything else that it says in
 * its protocol. A page that something on the way has put there shows nothing.
 */
export const answersPing = (status: number, body: string): boolean =>
  (status === 200 && Option.isSome(decodeAcceptance(body))) ||
  (status >= 400 && status < 500 && status !== 408 && Option.isSome(decodeRefusal(body)))
