/**
 * The other side of a venue, as the emulator plays it: types alone. Each venue holds its own in a file `emulated.ts` that
 * nothing but the emulator imports, so that the client cannot lean on what is only emulated.
 */
import type { ApiKey } from "../domain/ApiKey.ts"
import type { AnswerHeaders } from "../http/advice.ts"
import type { Action } from "./VenueLimit.ts"

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
}

export interface EmulatedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What a request asks for. */
export type Asked =
  /** A public call, or something that is refused before anything is counted, such as a wrong signature. */
  | { readonly kind: "answered"; readonly answer: EmulatedAnswer }
  | {
      readonly kind: "order"
      /** The key whose signature is right. */
      readonly key: ApiKey
      readonly action: Action
      readonly param: (name: string) => string | undefined
      /** Undefined where requests carry none. Digits, as many as the venue takes. */
      readonly nonce: bigint | undefined
      /** It counts only between these, by the venue's clock. */
      readonly fromMs: number
      readonly untilMs: number
    }

/** What the emulator's counters and clocks make of an order. */
export type EmulatedRuling =
  /** `number` is the order's, counted from 1. */
  | { readonly kind: "accepted"; readonly number: number }
  | { readonly kind: "limited"; readonly limit: string; readonly retryMs: number; readonly isBan: boolean }
  | { readonly kind: "nonce" | "early" | "late" }

/** A counter of one limit as answers show it. */
export interface EmulatedCount {
  readonly limit: string
  readonly used: number
}

export interface EmulatedVenue {
  /** @param keyOf the key of a name that requests carry */
  readonly ask: (
    request: EmulatedRequest,
    keyOf: (name: string) => ApiKey | undefined,
    wallMs: number,
  ) => Asked
  readonly answer: (
    asked: Extract<Asked, { kind: "order" }>,
    ruling: EmulatedRuling,
    counts: ReadonlyArray<EmulatedCount>,
    wallMs: number,
  ) => EmulatedAnswer
}
