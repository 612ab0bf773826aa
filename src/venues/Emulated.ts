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

/** The order that a request places or cancels, for the emulator's own tally and record. */
export interface EmulatedOrderRequest {
  /** Nothing where the request names no id of the client's. */
  readonly id: string
  readonly nonce: string | undefined
}

export interface EmulatedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
  /** Why the request was refused; left out where it was not. `api-key` is said wherever no known key has signed. */
  readonly refused?: RejectReason
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

/** A venue at work. It answers one request after the other. */
export interface Emulation {
  readonly answer: (request: EmulatedRequest) => EmulatedAnswer
}

export interface EmulatedVenue {
  /** What it counts. */
  readonly limits: ReadonlyArray<EmulatedLimit>
  /** What a request wants to be done about an order; undefined where it asks for something else. */
  readonly orderOf: (request: EmulatedRequest) => EmulatedOrderRequest | undefined
  /** How it says that it has failed and that an order may have been executed all the same. */
  readonly failure: EmulatedAnswer
  /** A venue that has just begun: no nonce seen, no order placed, nobody banned. */
  readonly open: (desk: EmulatorDesk) => Emulation
}

/** An answer in JSON. */
export const jsonAnswer = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): EmulatedAnswer => ({ status, headers, body: JSON.stringify(body) })
