/**
 * What happens in a dispatcher, as it happens: what the journal writes down, the summary counts and the
 * progress view shows. Times are milliseconds of the monotonic clock.
 */
import { Context, Effect } from "effect"
import type { Outcome, RejectReason } from "./Outcome.ts"
import type { ExchangeTime } from "./Transit.ts"

/** One request, as far as the client can follow it. */
export interface RequestTrace {
  /** The key's label. */
  readonly key: string
  readonly nonce: number
  /** 1 for an order's first request. */
  readonly attempt: number
  readonly sentMs: number
  /** Undefined if it was never handed to a socket. */
  readonly writtenMs: number | undefined
  readonly settledMs: number
  /** What its answer says of the exchange's clock, if anything. */
  readonly exchangeTime?: ExchangeTime | undefined
}

/** What makes the reach change: `calm` makes it come back, all others widen it. */
export type ReachCause = "answer" | "timer" | "refusal" | "calm"

/** Why a key left service. */
export type Retirement = "parked" | "blocked" | "unknown"

/** Why a key was parked: the exchange would soon block it, accepts none of its nonces any more, or refuses all its orders alike. */
export type ParkReason = "rate-limit" | "nonce" | "refusals"

/**
 * Why a request left its order without an outcome: refused; `not-sent`, because there was no connection; or `withheld`:
 * we held it back, because its order had grown too old or its record was not kept. The exchange has no part in that.
 */
export type ReturnReason = RejectReason | "not-sent" | "withheld"

/** How an order ended, with the request that ended it, if one did. */
export type OrderEnd =
  | {
      readonly outcome: Extract<Outcome, { readonly outcome: "accepted" | "rejected" | "unknown" }>
      readonly request: RequestTrace
    }
  | {
      readonly outcome: Extract<Outcome, { readonly outcome: "expired" | "cancelled" }>
      readonly request: undefined
    }

/** An order reached its outcome. */
export type OutcomeEvent = OrderEnd & {
  readonly type: "outcome"
  readonly atMs: number
  readonly id: string
  readonly createdMs: number
}

/** A request is about to leave. */
export interface SentEvent {
  readonly type: "sent"
  readonly atMs: number
  readonly id: string
  readonly createdMs: number
  readonly key: string
  readonly nonce: number
  readonly attempt: number
  /** What the order says that it takes of each limit that counts it; left out where it says nothing. */
  readonly cost?: number
  /** The order's parameters that limits count by, as a query has them; left out where there are none. */
  readonly scope?: string
}

export type DispatchEvent =
  | SentEvent
  | {
      /** A request did not end its order, which went back to the head of the queue. */
      readonly type: "returned"
      readonly atMs: number
      readonly id: string
      readonly reason: ReturnReason
      readonly request: RequestTrace
    }
  | OutcomeEvent
  | {
      readonly type: "key"
      readonly atMs: number
      readonly key: string
      readonly state: Retirement
      /** Why it was parked; undefined if it was not. */
      readonly reason: ParkReason | undefined
      /** What the exchange said to all its orders, where it was parked for that. */
      readonly said?: string | undefined
      readonly rateLimitErrors: number
    }
  | {
      /** The exchange has seen a greater nonce than ours: the key goes on further ahead. */
      readonly type: "nonce-jump"
      readonly atMs: number
      readonly key: string
      /** The nonce that was refused. */
      readonly refused: number
      /** How far ahead it goes. */
      readonly by: number
      /** Which jump it is since a nonce was last accepted, counted from 1. */
      readonly jump: number
    }
  | {
      /** The reach has changed: what was seen speaks against the bound, or has not for a while. */
      readonly type: "reach"
      readonly atMs: number
      /** The bound from now on. */
      readonly boundMs: number
      readonly cause: ReachCause
    }
  | {
      /** The exchange answered a ping. What was given up before the ping began has arrived by `clearedMs`, or never will. */
      readonly type: "ping"
      readonly atMs: number
      readonly begunMs: number
      readonly clearedMs: number
      readonly exchangeTime?: ExchangeTime | undefined
    }
  | {
      /** The exchange has counted requests that are none of ours: somebody else uses the account. Told once a minute. */
      readonly type: "others"
      readonly atMs: number
      /** As `--limit` takes it. */
      readonly limit: string
      /** What they took at least, since it was told last. */
      readonly cost: number
    }

/** Takes a dispatcher's events. The default keeps none. */
export interface DispatchLog {
  /**
   * Waits while the log cannot take more. A lane asks before every order, so a log that has come to a stop
   * stops sending: nothing is sent that is not written down.
   */
  readonly ready: Effect.Effect<void>
  /** Takes an event at once. Called in the order of the events' times. */
  readonly record: (event: DispatchEvent) => void
  /**
   * Waits until everything recorded so far is kept, and answers whether it is. No request leaves before its record
   * is kept, because a later run would know nothing of it. `false` says that nothing can be kept any more: the
   * request does not leave at all, and `ready` waits for ever.
   */
  readonly committed: Effect.Effect<boolean>
}

export const DispatchLog = Context.Reference<DispatchLog>("paceline/dispatch/DispatchLog", {
  defaultValue: () => ({ ready: Effect.void, record: () => {}, committed: Effect.succeed(true) }),
})
