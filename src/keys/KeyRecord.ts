/**
 * A key's record on the disk: one JSON text, with the program, the version and a checksum around it, which shows damage.
 *
 * Times are milliseconds since the machine's boot, and mean nothing under another boot.
 */
import { createHash } from "node:crypto"
import { Option, Predicate, Result, Schema } from "effect"
import { Moment } from "./remembered.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const SpanMs = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

export const KeyRecord = Schema.Struct({
  /** Whether the run that wrote it has ended and said so. */
  stopped: Schema.Boolean,
  /** The exchange may have taken a nonce up to this one. */
  lastNonce: Count,
  /** Rate-limit errors by exchange, which never forgets them. */
  rateLimitErrors: Schema.Record(Schema.String, Count),
  /** When the last of them came, by exchange: as many as may matter. Left out by older versions. */
  recentErrors: Schema.optionalKey(Schema.Record(Schema.String, Schema.Array(Moment))),
  /** Until when the exchange wants nothing, by exchange: of this key, and of all keys. Left out by older versions. */
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
  /** The exchange's window as that run knew it, with its margin. */
  windowMs: SpanMs,
  /** How long an unanswered request may take to arrive, as that run knew it. */
  reachMs: SpanMs,
})
export type KeyRecord = typeof KeyRecord.Type

const PROGRAM = "paceline"
const KIND = "key-state"
/** Version 1 knew no `arrivalsMs`. */
export const RECORD_VERSION = 2

const Envelope = Schema.Struct({
  program: Schema.Literal(PROGRAM),
  kind: Schema.Literal(KIND),
  version: Schema.Int,
  check: Schema.optionalKey(Schema.String),
  state: Schema.optionalKey(Schema.Unknown),
})

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const decodeEnvelope = Schema.decodeUnknownOption(Envelope)
const decodeRecord = Schema.decodeUnknownOption(KeyRecord)
const encodeRecord = Schema.encodeSync(KeyRecord)

const checkOf = (state: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(state) ?? "")
    .digest("hex")
    .slice(0, 16)

export const encodeKeyRecord = (record: KeyRecord): string => {
  const state = encodeRecord(record)
  return `${JSON.stringify({ program: PROGRAM, kind: KIND, version: RECORD_VERSION, check: checkOf(state), state }, undefined, 2)}\n`
}

/** Why a text is no record. */
export type RecordProblem = "damaged" | "foreign" | { readonly newer: number }

export const decodeKeyRecord = (text: string): Result.Result<KeyRecord, RecordProblem> => {
  const json = decodeJson(text)
  // A text that was cut or overwritten is rarely JSON; another program's often is.
  if (Option.isNone(json)) return Result.fail("damaged")
  const envelope = decodeEnvelope(json.value)
  if (Option.isNone(envelope)) {
    const ours = Predicate.hasProperty(json.value, "program") && json.value.program === PROGRAM
    return Result.fail(ours ? "damaged" : "foreign")
  }
  const { check, state, version } = envelope.value
  if (version > RECORD_VERSION) return Result.fail({ newer: version })
  const record = decodeRecord(
    version === 1 && Predicate.isObject(state) ? { ...state, arrivalsMs: null } : state,
  )
  if (version < 1 || Option.isNone(record) || check !== checkOf(state)) return Result.fail("damaged")
  return Result.succeed(record.value)
}
