/**
 * The journal's records: the client's own log, one JSON object a line. Every record is a Schema, so what is
 * written is what can be read back.
 *
 * Times are milliseconds with fractions since the run's start (the header's `startedAt`), taken from the
 * monotonic clock: `t`, the moment of recording, never runs backwards within a run. API keys appear only as
 * labels.
 */
import { Schema } from "effect"
import { LimitSpec, Nonces } from "../domain/LimitSpec.ts"
import { NonceUnit } from "../domain/NonceUnit.ts"
import { OrderId } from "../domain/Order.ts"
import { RejectReason, UnknownCause } from "../domain/Outcome.ts"

/**
 * The newest journal format that this version reads. Version 1 knows of no changes of the reach and of no pings: time alone told
 * by when a request had arrived that was lost. Version 3 is version 2 of a run that counts by limits, or whose exchange takes
 * nonces in any order: a reader that knows nothing of these would judge it wrongly. All others are written as version 2.
 */
export const JOURNAL_VERSION = 3

const Ms = Schema.Finite
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
/** A key's label, such as `key-1`. */
const KeyLabel = Schema.NonEmptyString

/** The header's `source` of orders that somebody hands to standard input, at times of their own. */
export const STANDARD_INPUT_SOURCE = "standard input"

/** A run that a later one goes on from. Its start and its seed tell it from every other. */
export const FormerLife = Schema.Struct({
  /** The journal, as it was named. */
  file: Schema.String,
  startedAt: Schema.String,
  seed: Schema.NullOr(Schema.Int),
})
export type FormerLife = typeof FormerLife.Type

/** A run's name in its own journal and in those that go on from it. Runs without a seed may share it if they began together. */
export const identityOf = ({ seed, startedAt }: Pick<FormerLife, "startedAt" | "seed">): string =>
  `${startedAt} ${seed}`

/** The first record: what ran, with which settings. */
export const Header = Schema.Struct({
  type: Schema.tag("header"),
  t: Ms,
  version: Schema.Literals([1, 2, JOURNAL_VERSION]),
  program: Schema.String,
  /** Wall clock time of `t = 0`, ISO 8601 in UTC. */
  startedAt: Schema.String,
  /** Labels of the run's API keys. */
  keys: Schema.Array(KeyLabel),
  /** What every random choice of the run derives from; null where nothing was random. */
  seed: Schema.NullOr(Schema.Int),
  /** The journals of former lives that this run goes on from; absent where it began anew. */
  resumes: Schema.optionalKey(Schema.Array(FormerLife)),
  settings: Schema.Struct({
    exchange: Schema.String,
    /** The venue; absent for the exercise. Since version 3. */
    venue: Schema.optionalKey(Schema.String),
    /** The venue was asked to check orders and executed none; absent where it executed them. Since version 3. */
    checkOnly: Schema.optionalKey(Schema.Literal(true)),
    source: Schema.String,
    gate: Schema.String,
    /** Requests that a key may pass in one window. */
    limit: Count,
    windowMs: Ms,
    /** All limits that the run kept; absent where `limit` in each `windowMs` of a key is all. Since version 3. */
    limits: Schema.optionalKey(Schema.Array(LimitSpec)),
    /** Whether the exchange wants nonces to rise; absent where it does. Since version 3. */
    nonces: Schema.optionalKey(Nonces),
    /** What nonces count; ms where it is absent. Those in ns are without their last three zeros. */
    nonceUnit: Schema.optionalKey(NonceUnit),
    /** The longest incoming delay, or null where it is not known. */
    boundMs: Schema.NullOr(Ms),
    /** Added to every window, or null for a gate without one. */
    marginMs: Schema.NullOr(Ms),
    /** An order's time to live, or null for none. */
    ttlMs: Schema.NullOr(Ms),
    requestTimeoutMs: Ms,
    /** False where the exchange knows no pings: time alone tells by when a request has arrived that was lost. Since version 2. */
    pings: Schema.optionalKey(Schema.Boolean),
    /** How long the source makes orders, or null until it is exhausted. */
    durationMs: Schema.NullOr(Ms),
    /** Times the exercise's order rate, or null where orders come from elsewhere. */
    load: Schema.NullOr(Ms),
  }),
})

/** A request is about to leave: recorded before its first byte does. */
export const Sent = Schema.Struct({
  type: Schema.tag("sent"),
  t: Ms,
  id: OrderId,
  key: KeyLabel,
  nonce: Schema.Int,
  createdAt: Ms,
  /** 1 for an order's first request, 2 for the one after a definite refusal, and so on. */
  attempt: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  /** What the order says that it takes of each limit that counts it; absent where it says nothing. Since version 3. */
  cost: Schema.optionalKey(Count),
  /** The order's parameters that limits count by, as a query has them; absent where there are none. Since version 3. */
  scope: Schema.optionalKey(Schema.String),
})

/** What the exchange's clock showed when it answered; absent where it did not say, or no limit rests on it. Since version 3. */
const timeFields = {
  /** At least, in milliseconds since 1970. */
  clock: Schema.optionalKey(Ms),
  /** It showed less than this much more; absent for 1 ms. */
  tick: Schema.optionalKey(Ms.check(Schema.isGreaterThanOrEqualTo(0))),
}

/** What is known of one request's way: when it was begun, handed to the socket, and answered. */
const requestFields = {
  key: KeyLabel,
  nonce: Schema.Int,
  attempt: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  /** The moment before its first byte left. */
  sent: Ms,
  /** The moment all of it was handed to an open connection's socket; absent when it never was. */
  written: Schema.optionalKey(Ms),
  /** The moment its answer was complete, or the moment of giving up. */
  settled: Ms,
  ...timeFields,
}

/** A request that did not end its order: refused definitely or never sent, and the order went back to the line. */
export const Returned = Schema.Struct({
  type: Schema.tag("returned"),
  t: Ms,
  id: OrderId,
  ...requestFields,
  reason: Schema.Union([RejectReason, Schema.Literal("not-sent")]),
})

const outcomeFields = {
  type: Schema.tag("outcome"),
  t: Ms,
  id: OrderId,
  createdAt: Ms,
}

export const Accepted = Schema.Struct({
  ...outcomeFields,
  outcome: Schema.tag("accepted"),
  ...requestFields,
  /** What the exchange said of it besides, such as a transaction id, as a query has it. Since version 3. */
  said: Schema.optionalKey(Schema.String),
})
export const Rejected = Schema.Struct({
  ...outcomeFields,
  outcome: Schema.tag("rejected"),
  reason: RejectReason,
  /** What the exchange said of an order that it refused for `exchange`, without credentials. */
  said: Schema.optionalKey(Schema.String),
  ...requestFields,
})
export const Unknown = Schema.Struct({
  ...outcomeFields,
  outcome: Schema.tag("unknown"),
  cause: UnknownCause,
  ...requestFields,
})

/** Where an order was when its time to live ran out. Since version 2 it is in the queue always. */
export const ExpiryPlace = Schema.Literals(["queue", "limiter"])
export type ExpiryPlace = typeof ExpiryPlace.Type

export const Expired = Schema.Struct({
  ...outcomeFields,
  outcome: Schema.tag("expired"),
  /** In version 1 alone. */
  place: Schema.optionalKey(ExpiryPlace),
})
export const Cancelled = Schema.Struct({ ...outcomeFields, outcome: Schema.tag("cancelled") })

/** An order reached its outcome. */
export const OutcomeRecord = Schema.Union([Accepted, Rejected, Unknown, Expired, Cancelled])
export type OutcomeRecord = typeof OutcomeRecord.Type

/** A key left service for the rest of the run. */
export const KeyRetired = Schema.Struct({
  type: Schema.tag("key"),
  t: Ms,
  key: KeyLabel,
  /** `parked` by the client before the ban, `blocked` by the exchange, or `unknown` to it. */
  state: Schema.Literals(["parked", "blocked", "unknown"]),
  /** Why it was parked: too many rate-limit errors, no nonce is accepted any more, or all its orders are refused alike. */
  reason: Schema.optionalKey(Schema.Literals(["rate-limit", "nonce", "refusals"])),
  /** Rate-limit errors that the key had collected in this run. */
  rateLimitErrors: Count,
})

/** The exchange has seen a greater nonce than ours: the key's nonces go on further ahead. */
export const NonceJump = Schema.Struct({
  type: Schema.tag("nonce-jump"),
  t: Ms,
  key: KeyLabel,
  /** The nonce that was refused. */
  refused: Schema.Int,
  /** How far ahead the next nonce is, in milliseconds. */
  by: Count,
  /** Counted from 1 since a nonce was accepted. */
  jump: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
})

/** The reach has changed. Since version 2. */
export const ReachChanged = Schema.Struct({
  type: Schema.tag("reach"),
  t: Ms,
  /** The bound from now on. */
  boundMs: Ms,
  /** What was seen: an answer later than twice the bound, a late timer, a refusal; or nothing of the kind for a while. */
  cause: Schema.Literals(["answer", "timer", "refusal", "calm"]),
})

/** The exchange answered a ping. Since version 2. */
export const Pinged = Schema.Struct({
  type: Schema.tag("ping"),
  t: Ms,
  begun: Ms,
  /** What was given up before the ping began has arrived by then, or never will. */
  cleared: Ms,
  ...timeFields,
})

/** The exchange has counted requests that are none of this run's. Since version 3. */
export const OthersCounted = Schema.Struct({
  type: Schema.tag("others"),
  t: Ms,
  /** As `--limit` takes it. */
  limit: Schema.NonEmptyString,
  /** What they took of it at least, since the last such record of it. */
  cost: Count,
})

/** The last record of a run that ended in order. */
export const Footer = Schema.Struct({
  type: Schema.tag("footer"),
  t: Ms,
  end: Schema.Literals(["done", "stopped", "failed"]),
  /** Why the run failed. */
  error: Schema.optionalKey(Schema.String),
  created: Count,
  accepted: Count,
  rejected: Count,
  expired: Count,
  unknown: Count,
  cancelled: Count,
  /** Lines of the order source that could not be read. */
  badLines: Count,
  /** SHA-256 of all bytes of the file before this line, in hexadecimal digits; added by who writes the file. */
  digest: Schema.optionalKey(Schema.String),
})

export const JournalRecord = Schema.Union([
  Header,
  Sent,
  Returned,
  Accepted,
  Rejected,
  Unknown,
  Expired,
  Cancelled,
  KeyRetired,
  NonceJump,
  ReachChanged,
  Pinged,
  OthersCounted,
  Footer,
])
export type JournalRecord = typeof JournalRecord.Type

/** One line of a journal, without its newline. */
export const JournalLine = Schema.fromJsonString(JournalRecord)
