/**
 * What an exchange can be told to do wrong. Probabilities are from 0 to 1, times are whole milliseconds.
 *
 * Faults of requests are drawn for each request by itself; faults of the whole exchange come at their moments.
 */
import type { When } from "./When.ts"

/** What becomes of a connection on which no answer will come. */
export type Aftermath =
  /** Nothing, until the client gives up. */
  "silence" | "close"

/** How an answer that claims success is wrong. */
export type Garbling =
  /** Cut off JSON, of the length that it claims to have. */
  | "text"
  /** The acceptance of another order. */
  | "id"
  /** The right text as UTF-16. */
  | "encoding"
  | "html"

export const GARBLINGS: ReadonlyArray<Garbling> = ["text", "id", "encoding", "html"]

/** The two ways in which `Retry-After` says when to come back: after so many seconds, or at a moment (RFC 9110). */
export const RETRY_WAYS = ["seconds", "date"] as const
export type RetryAs = (typeof RETRY_WAYS)[number]

interface OfRequests {
  /** The probability that it befalls a request, while it is on. */
  readonly chance: number
  readonly when: When
  /** How often it is played at most. */
  readonly times: number | undefined
}

/** The answer tells in headers how much of its limit the key has left; figures given here are told instead. */
export interface Quota extends OfRequests {
  readonly kind: "quota"
  readonly remaining: number | undefined
  readonly resetMs: number | undefined
  /** How a 429 says when to come back. */
  readonly retryAs: RetryAs
}

/** The answer is this status, of the 4xx kind or the 5xx kind, and a web page. */
export interface Status extends OfRequests {
  readonly kind: "status"
  readonly code: number
  /** Whether the request is judged first: an order behind a 5xx may have been executed, and one that is refused has not. */
  readonly judged: boolean
  readonly retryAfterMs: number | undefined
  readonly retryAs: RetryAs
}

/** Faults that decide what becomes of the answer: at most one of them befalls a request. */
export type AnswerFault =
  | Status
  | (OfRequests &
      (
        | {
            /** The request never reaches the exchange; or it is judged, and its answer never comes. */
            readonly kind: "lost-request" | "lost-answer"
            readonly aftermath: Aftermath
          }
        | {
            /** The request is judged. Its connection is reset, or closed, before the answer has its full length. */
            readonly kind: "reset" | "truncated"
          }
        | {
            /** The answer says, in the exchange's own words, that it has failed. */
            readonly kind: "failure"
            /** Whether the request is judged first. */
            readonly judged: boolean
          }
        | {
            /** The request is judged, and answered with status 200 and nonsense; undefined for any kind of it. */
            readonly kind: "garbled"
            readonly garbling: Garbling | undefined
          }
      ))

export type RequestFault =
  | AnswerFault
  | Quota
  | (OfRequests &
      (
        | {
            /** The request arrives this much later than it would. */
            readonly kind: "spike"
            readonly byMs: number
          }
        | {
            /** The request's key is blocked for good before the request is judged. */
            readonly kind: "block"
          }
      ))

/** The whole exchange accepts connections and requests, and answers none, the requests before included. */
export interface Stall {
  readonly kind: "stall"
  /** Whether what comes in meanwhile is judged. */
  readonly judged: boolean
  readonly when: When
}

/** Faults that come at moments. */
export type MomentFault =
  | {
      /**
       * `restart`: the exchange forgets windows, nonces, errors and what is under way, resets every connection, and
       * is down for `when.forMs`, or no time at all. `block-key`: one of the keys that are not blocked is, for good.
       */
      readonly kind: "restart" | "block-key"
      readonly when: When
    }
  | {
      /** The clock by which the exchange judges jumps. */
      readonly kind: "clock"
      readonly byMs: number
      readonly when: When
    }

export type Fault = RequestFault | Stall | MomentFault

export type FaultKind = Fault["kind"]

export const isMomentFault = (fault: Fault): fault is MomentFault =>
  fault.kind === "restart" || fault.kind === "clock" || fault.kind === "block-key"
