/**
 * A key's record on the disk.
 *
 * Times are milliseconds since the machine's boot, and mean nothing under another boot.
 */
import { Option, Predicate, type Result, Schema } from "effect"
import { LimitCostsRecord } from "./LimitCosts.ts"
import { Moment } from "./remembered.ts"
import { decodeState, encodeState, type StateProblem } from "./stateText.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const SpanMs = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

export const KeyRecord = Schema.Struct({
  /** Whether the run that wrote it has ended and said so. */
  stopped: Schema.Boolean,
  /** The exchange may have taken a nonce up to this one. */
  lastNonce: Count,
  /** That nonce is in ns, without its last three zeros; left out where it is as it was sent. Since version 3. */
  nonceUnit: Schema.optionalKey(Schema.Literal("ns")),
  /** Rate-limit errors by exchange, which never forgets them. */
  rateLimitErrors: Schema.Record(Schema.String, Count),
  /** When the last of them came, by exchange: as many as may matter. Left out by older versions. */
  recentErrors: Schema.optionalKey(Schema.Record(Schema.String, Schema.Array(Moment))),
  /**
   * Until when the exchange wants nothing of this key, by exchange. Left out by older versions, or they kept here what it
   * wants of all keys besides: see `ExchangeHold.ts`.
   */
  holds: Schema.optionalKey(
    Schema.Record(
      Schema.String,
      Schema.Struct({ key: Schema.optionalKey(Moment), all: Schema.optionalKey(Moment) }),
    ),
  ),
  /** The boot that its times belong to; null if boots cannot be told apart. */
  bootId: Schema.NullOr(Schema.String),
  /** By then all requests that were answered, and those of still earlier runs, had arrived; null if there were none. */
  arrivedByMs: Schema.NullOr(Schema.Finite),
  /**
   * Unanswered requests may have left, or been given up, until then; null if there were none. While a run is not
   * stopped this is the end of its lease, after which it sends nothing until it has renewed it.
   */
  unansweredUntilMs: Schema.NullOr(Schema.Finite),
  /**
   * The latest moments at which the exchange can have counted each of the requests that may be in its window; null where
   * they are not all known, as always while a run lives: what it may send is not written ahead one by one.
   */
  arrivalsMs: Schema.NullOr(Schema.Array(Schema.Finite)),
  /** What may still count in each limit of a run by limits, in place of that. Left out by older versions. */
  limits: Schema.optionalKey(Schema.Array(LimitCostsRecord)),
  /** The exchange's window as that run knew it, with its margin. */
  windowMs: SpanMs,
  /** How long an unanswered request may take to arrive, as that run knew it. */
  reachMs: SpanMs,
})
export type KeyRecord = typeof KeyRecord.Type

/** Version 1 knew no `arrivalsMs`. Version 3 is version 2 of a key with nonces in ns, all others are written as version 2. */
const FORM = { kind: "key-state", version: 3 }

const decodeRecord = Schema.decodeUnknownOption(KeyRecord)
const encodeRecord = Schema.encodeSync(KeyRecord)

export const encodeKeyRecord = (record: KeyRecord): string =>
  encodeState({ ...FORM, version: record.nonceUnit === undefined ? 2 : 3 }, encodeRecord(record))

export const decodeKeyRecord = (text: string): Result.Result<KeyRecord, StateProblem> =>
  decodeState(FORM, text, (state, version) =>
    Option.filter(
      decodeRecord(version === 1 && Predicate.isObject(state) ? { ...state, arrivalsMs: null } : state),
      ({ nonceUnit }) => (nonceUnit === "ns") === (version === 3),
    ),
  )
