/** A state file's text: JSON with the program, the kind, the version and a checksum around the state, which shows damage. */
import { createHash } from "node:crypto"
import { Option, Predicate, Result, Schema } from "effect"

const PROGRAM = "paceline"

const Envelope = Schema.Struct({
  program: Schema.Literal(PROGRAM),
  kind: Schema.String,
  version: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  check: Schema.optionalKey(Schema.String),
  state: Schema.optionalKey(Schema.Unknown),
})

/** What a text is: its kind, and the newest version of it that is known. */
export interface StateForm {
  readonly kind: string
  readonly version: number
}

/** Why a text is no state. */
export type StateProblem = "damaged" | "foreign" | { readonly newer: number }

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const decodeEnvelope = Schema.decodeUnknownOption(Envelope)

const checkOf = (state: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(state) ?? "")
    .digest("hex")
    .slice(0, 16)

export const encodeState = ({ kind, version }: StateForm, state: unknown): string =>
  `${JSON.stringify({ program: PROGRAM, kind, version, check: checkOf(state), state }, undefined, 2)}\n`

/** @param decode the state as a version of the form has it; undefined where that is none */
export const decodeState = <State>(
  { kind, version: newest }: StateForm,
  text: string,
  decode: (state: unknown, version: number) => Option.Option<State>,
): Result.Result<State, StateProblem> => {
  const json = decodeJson(text)
  // A text that was cut or overwritten is rarely JSON; another program's often is.
  if (Option.isNone(json)) return Result.fail("damaged")
  const envelope = decodeEnvelope(json.value)
  if (Option.isNone(envelope) || envelope.value.kind !== kind) {
    const ours = Predicate.hasProperty(json.value, "program") && json.value.program === PROGRAM
    return Result.fail(ours ? "damaged" : "foreign")
  }
  const { check, state, version } = envelope.value
  if (version > newest) return Result.fail({ newer: version })
  const decoded = decode(state, version)
  if (Option.isNone(decoded) || check !== checkOf(state)) return Result.fail("damaged")
  return Result.succeed(decoded.value)
}
