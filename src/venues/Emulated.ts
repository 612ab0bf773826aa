/**
 * The other side of a venue, as the emulator plays it. Each venue holds its own in a file `emulated.ts` that nothing but the
 * emulator imports, so that the client cannot lean on what is only emulated; nor does it lean on the client's: it signs, counts
 * and reads for itself.
 */
import type { ApiKey } from "../domain/ApiKey.ts"
import type { LimitSpec } from "../domain/LimitSpec.ts"
import type { RejectReason } from "../domain/Outcome.ts"
import type { AnswerHeaders } from "../http/advice.ts"

/** A request as it came in. */
export interface EmulatedRequest {
  readonly method: string
  /** Without its query. */
  readonly path: string
  /** As it was written, without the question mark. */
  readonly query: string
  /** Their names in lower case. */
  readonly headers: AnswerHeaders
  readonly body: string
  /** Where it comes from. */
  readonly address: string
}

/** What became of an order, for the emulator's own tally and record. */
export interface EmulatedVerdict {
  /** The label of the key whose signature is right; undefined where no key's is. */
  readonly key: string | undefined
  /** The order's id; nothing where the request is about no order of a known id. */
  readonly id: string
  readonly nonce: string | undefined
  readonly verdict: "accepted" | RejectReason
}

export interface EmulatedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
  /** Left out where the request asked for no order to be placed or cancelled. */
  readonly order?: EmulatedVerdict
}

/** One of the venue's limits, by the rule, the numbers and the scope that the venue documents. */
export interface EmulatedLimit {
  readonly name: string
  readonly limit: LimitSpec
  /** What is refused for this limit counts in it, too. */
  readonly countsRefusals?: boolean
}

/** One counter of a limit, now. */
export interface EmulatedCounter {
  readonly used: () => number
  /** Whether so much passes; if so, it counts. */
  readonly pass: (cost: number) => boolean
  /** In how many milliseconds so much would pass; 0 or less where it does now. */
  readonly retryAfter: (cost: number) => number
}

/** What the emulator gives a venue. */
export interface EmulatorDesk {
  /** The venue's clock, in milliseconds since 1970. It can be made to step. */
  readonly nowMs: () => number
  /** The key of a name that requests carry. All keys belong to one account. */
  readonly keyOf: (name: string) => ApiKey | undefined
  /** The exact counter of a limit. @param scope whose it is: each text has its own */
  readonly counter: (limit: string, scope: string) => EmulatedCounter
}

export interface EmulatedVenue {
  /** What it counts. */
  readonly limits: ReadonlyArray<EmulatedLimit>
  /** A venue that has just begun: no nonce seen, no order placed, nobody banned. It answers one request after the other. */
  readonly open: (desk: EmulatorDesk) => (request: EmulatedRequest) => EmulatedAnswer
}

/** An answer in JSON. */
export const jsonAnswer = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): EmulatedAnswer => ({ status, headers, body: JSON.stringify(body) })
