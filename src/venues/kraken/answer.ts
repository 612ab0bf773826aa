/** Reads Kraken's answers: almost all have status 200, and errors in a list. Pure. */
import { Schema } from "effect"
import type { Answer } from "../../http/HttpRequest.ts"
import { jsonReader } from "../fields.ts"
import { meaningOfStatus } from "../statuses.ts"
import type { Meaning, Reading, VenueHold } from "../Venue.ts"
import type { Action } from "../../domain/Action.ts"

const readBody = jsonReader(
  Schema.Struct({ error: Schema.Array(Schema.String), result: Schema.optionalKey(Schema.Unknown) }),
)
const Placed = Schema.Struct({
  descr: Schema.Struct({ order: Schema.String }),
  txid: Schema.optionalKey(Schema.Array(Schema.String)),
})
const Cancelled = Schema.Struct({ count: Schema.Int })
const Time = Schema.Struct({ unixtime: Schema.Int })
const isPlaced = Schema.is(Placed)
const isCancelled = Schema.is(Cancelled)
const isTime = Schema.is(Time)

/** After too many wrong nonces, keys or signatures. The venue does not say how long: this is assumed. */
const LOCKOUT_MS = 15 * 60_000

/** What an error means; the venue's other words are about the order itself. */
const ERRORS: ReadonlyArray<readonly [words: RegExp, meaning: Meaning]> = [
  // First: among other errors, too, they leave it open whether the order was executed.
  [
    /^EService:(?:Unavailable|Busy|Timeout)|^EGeneral:(?:Internal|Unknown) error/,
    { kind: "unknown", cause: "server-error" },
  ],
  [/^EGeneral:Temporary lockout/, { kind: "turned-away" }],
  [/^EAPI:Invalid nonce/, { kind: "refused", reason: "nonce" }],
  [/^EOrder:Rate limit exceeded/i, { kind: "refused", reason: "rate-limit", limit: "engine" }],
  [/rate limit exceeded|^EService: ?Throttled/i, { kind: "refused", reason: "rate-limit" }],
  [/^EAPI:Invalid (?:key|signature)|^EGeneral:Permission denied/, { kind: "refused", reason: "api-key" }],
]

const meaningOfErrors = (errors: ReadonlyArray<string>): Meaning =>
  ERRORS.find(([words]) => errors.some((error) => words.test(error)))?.[1] ?? {
    kind: "refused",
    reason: "exchange",
    said: errors.join(", "),
  }

const holdOf = (errors: ReadonlyArray<string>, wallMs: number): VenueHold | undefined => {
  if (errors.some((error) => error.startsWith("EGeneral:Temporary lockout")))
    return { scope: "key", ms: LOCKOUT_MS }
  const until = errors.map((error) => /^EService: ?Throttled: *(\d{10})\b/.exec(error)?.[1]).find(Boolean)
  return until === undefined ? undefined : { scope: "key", ms: Number(until) * 1000 - wallMs }
}

const meaningOfResult = (result: unknown, action: Action): Meaning => {
  if (action === "cancel" && isCancelled(result))
    return { kind: "accepted", data: { count: String(result.count) } }
  if (action === "place" && isPlaced(result)) {
    const { descr, txid = [] } = result
    return { kind: "accepted", data: txid.length === 0 ? { checked: descr.order } : { txid: txid.join(",") } }
  }
  return { kind: "unknown", cause: "undecodable" }
}

/** Warnings begin with W and refuse nothing. */
const isError = (text: string): boolean => !text.startsWith("W")

export const readKraken = ({ body, status }: Answer, action: Action, wallMs: number): Reading => {
  const read = readBody(body)
  const errors = read?.error.filter(isError) ?? []
  if (errors.length > 0 && status < 500)
    return { meaning: meaningOfErrors(errors), hold: holdOf(errors, wallMs) }
  if (status !== 200) return { meaning: meaningOfStatus(status, "", body) }
  if (read === undefined) return { meaning: { kind: "unknown", cause: "undecodable" } }
  return {
    meaning: meaningOfResult(read.result, action),
    time: isTime(read.result) ? { atMs: read.result.unixtime * 1000, resolutionMs: 1000 } : undefined,
  }
}
