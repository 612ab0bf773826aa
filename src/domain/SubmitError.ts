/**
 * Every way in which a request can fail to be accepted: a closed union, one class a kind.
 *
 * What matters to a caller is not the HTTP status but what may have happened to the order, so every kind
 * belongs to one of three groups:
 *
 * - refused: the exchange answered and did not execute the order;
 * - never sent: no byte of the request left, so the order was not executed;
 * - unknown: it may have been executed, and nothing but the exchange can tell.
 *
 * No error carries a key, a URL or the platform's own error, whose request holds both.
 */
import { Schema } from "effect"
import type { RejectReason, UnknownCause } from "./Outcome.ts"

const about = {
  /** The order's id. */
  orderId: Schema.String,
  /** The API key's label. */
  key: Schema.String,
}

/** 429: the key exceeded its rate limit. Not executed; ten of these block a key. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", about) {
  override get message() {
    return `order ${this.orderId}: the exchange counted ${this.key} over its rate limit. Lower the limit, or raise the window or the bound, until it stops`
  }
}

/** 429 or 403 with a message of the protocol that says so: the key is blocked, as a rule for good. Not executed. */
export class KeyBlocked extends Schema.TaggedError<KeyBlocked>()("KeyBlocked", about) {
  override get message() {
    return `order ${this.orderId}: the exchange has blocked ${this.key}. Ask the exchange to unblock it, or use another key`
  }
}

/** 400 "invalid nonce": the nonce was not above the key's last one. Not executed. */
export class InvalidNonce extends Schema.TaggedError<InvalidNonce>()("InvalidNonce", about) {
  override get message() {
    return `order ${this.orderId}: the exchange has seen a higher nonce of ${this.key}. Stop other clients that use the key`
  }
}

/** 400 with a message about time: the exchange takes our clock, from which nonces come, for wrong. Not executed. */
export class InvalidTimestamp extends Schema.TaggedError<InvalidTimestamp>()("InvalidTimestamp", {
  ...about,
  /** What the exchange said, shortened to 200 characters. */
  detail: Schema.String,
}) {
  override get message() {
    return `order ${this.orderId}: the exchange takes the clock of this machine for wrong: ${this.detail}. Set the clock right`
  }
}

/** 401, in JSON: the exchange does not know the key. Not executed. */
export class UnknownApiKey extends Schema.TaggedError<UnknownApiKey>()("UnknownApiKey", about) {
  override get message() {
    return `order ${this.orderId}: the exchange does not know ${this.key}. Check the key`
  }
}

/**
 * 418, 403 in other words than the protocol's, or 401 as a page: a ban of the address, or something before the exchange, has turned the request
 * away without looking at the order. Not executed, as far as a status can tell.
 */
export class TurnedAway extends Schema.TaggedError<TurnedAway>()("TurnedAway", {
  ...about,
  status: Schema.Int,
}) {
  override get message() {
    return `order ${this.orderId}: the exchange, or something before it, turned it away with status ${this.status}. Wait, and ask the exchange if it goes on`
  }
}

/** Any other definite refusal (a 4xx status). Not executed. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  ...about,
  status: Schema.Int,
  /** What the exchange said, shortened to 200 characters; empty where it said nothing readable. */
  detail: Schema.String,
}) {
  override get message() {
    const said = this.detail === "" ? "" : `: ${this.detail}`
    return `order ${this.orderId}: the exchange refused it with status ${this.status}${said}`
  }
}

/** No request can be made of the order: nothing was sent, and nothing would be another time. */
export class Unsendable extends Schema.TaggedError<Unsendable>()("Unsendable", {
  ...about,
  /** Why not, shortened to 200 characters. */
  problem: Schema.String,
}) {
  override get message() {
    return `order ${this.orderId}: no request can be made of it, and nothing was sent: ${this.problem}`
  }
}

/** There was no connection (refused, no such host, TLS failure, too slow): nothing was sent. */
export class ConnectionFailed extends Schema.TaggedError<ConnectionFailed>()("ConnectionFailed", {
  ...about,
  /** The platform's error code, such as ECONNREFUSED. */
  code: Schema.String,
}) {
  override get message() {
    return `order ${this.orderId}: no connection to the exchange (${this.code}); nothing was sent`
  }
}

/** No complete answer within the request timeout: unknown. */
export class RequestTimeout extends Schema.TaggedError<RequestTimeout>()("RequestTimeout", about) {
  override get message() {
    return `order ${this.orderId}: no answer in time; it may have been executed. Ask the exchange before sending it again`
  }
}

/** The connection broke after bytes had left: unknown. */
export class ConnectionBroken extends Schema.TaggedError<ConnectionBroken>()("ConnectionBroken", {
  ...about,
  /** The platform's error code, such as ECONNRESET. */
  code: Schema.String,
}) {
  override get message() {
    return `order ${this.orderId}: the connection broke (${this.code}); it may have been executed. Ask the exchange before sending it again`
  }
}

/** An answer that is not the protocol's, or does not say enough: HTML, cut off, for another order. Unknown. */
export class UndecodableAnswer extends Schema.TaggedError<UndecodableAnswer>()("UndecodableAnswer", {
  ...about,
  status: Schema.Int,
  /** What it says, shortened to 200 characters; left out where nothing could be read. */
  detail: Schema.optionalKey(Schema.String),
}) {
  override get message() {
    if (this.detail !== undefined)
      return `order ${this.orderId}: the answer does not say whether it was executed: ${this.detail}. Ask the exchange before sending it again`
    return `order ${this.orderId}: the answer with status ${this.status} is not the protocol's; it may have been executed. Check the address`
  }
}

/** A 5xx status: the exchange failed somewhere on the way. Unknown. */
export class ServerError extends Schema.TaggedError<ServerError>()("ServerError", {
  ...about,
  status: Schema.Int,
}) {
  override get message() {
    return `order ${this.orderId}: the exchange failed with status ${this.status}; it may have been executed`
  }
}

/** The exchange's client failed in a way that says nothing about the order: it threw, was interrupted, or failed with no error of these. Unknown. */
export class ClientFailed extends Schema.TaggedError<ClientFailed>()("ClientFailed", {
  ...about,
  /** What it failed with, shortened to 200 characters. */
  problem: Schema.String,
}) {
  override get message() {
    return `order ${this.orderId}: the exchange's client failed (${this.problem}); it may have been executed. Ask the exchange before sending it again`
  }
}

export const SubmitError = Schema.Union([
  RateLimited,
  KeyBlocked,
  InvalidNonce,
  InvalidTimestamp,
  UnknownApiKey,
  TurnedAway,
  Refused,
  Unsendable,
  ConnectionFailed,
  RequestTimeout,
  ConnectionBroken,
  UndecodableAnswer,
  ServerError,
  ClientFailed,
])
export type SubmitError = typeof SubmitError.Type

/** Whether it is one of these: a client may fail with anything, whatever its type says. */
export const isSubmitError = (error: unknown): error is SubmitError =>
  SubmitError.members.some((member) => error instanceof member)

/** What an error says about the order itself. */
export type Verdict =
  | { readonly kind: "refused"; readonly reason: RejectReason }
  | { readonly kind: "never-sent" }
  | { readonly kind: "unknown"; readonly cause: UnknownCause }

const VERDICTS: Readonly<Record<SubmitError["_tag"], Verdict>> = {
  RateLimited: { kind: "refused", reason: "rate-limit" },
  KeyBlocked: { kind: "refused", reason: "blocked" },
  InvalidNonce: { kind: "refused", reason: "nonce" },
  InvalidTimestamp: { kind: "refused", reason: "clock" },
  UnknownApiKey: { kind: "refused", reason: "api-key" },
  TurnedAway: { kind: "refused", reason: "exchange" },
  Refused: { kind: "refused", reason: "exchange" },
  Unsendable: { kind: "refused", reason: "exchange" },
  ConnectionFailed: { kind: "never-sent" },
  RequestTimeout: { kind: "unknown", cause: "timeout" },
  ConnectionBroken: { kind: "unknown", cause: "broken-connection" },
  UndecodableAnswer: { kind: "unknown", cause: "undecodable" },
  ClientFailed: { kind: "unknown", cause: "undecodable" },
  ServerError: { kind: "unknown", cause: "server-error" },
}

/** Sorts an error into its group, in DESIGN's words for an order's outcome. */
export const verdictOf = (error: SubmitError): Verdict => VERDICTS[error._tag]
