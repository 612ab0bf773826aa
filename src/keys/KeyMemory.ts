/**
 * What a lane remembers of its key from one run to the next. `KeyState.ts` keeps it on the disk; without that, every
 * run starts with nothing.
 *
 * Times are milliseconds of the monotonic clock.
 */
import { Effect } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { MadeOrder } from "../domain/Order.ts"
import type { FormerCost } from "./LimitCosts.ts"
import type { StateUnwritable } from "./StateError.ts"
import type { Transit } from "../domain/Transit.ts"

/** A request that has ended. */
export interface EndedRequest extends Transit {
  readonly nonce: number
  /** Whether the exchange has taken its nonce, or may have. */
  readonly mayBeTaken: boolean
}

/** Who must not send: one key, or all of them. */
export type Held = "key" | "all"

export interface KeyMemory {
  /** Nothing is sent before: a former run's requests may still count in the exchange's window. */
  readonly quietUntilMs: number
  /** When the permits of former lives' requests come back that are still out then, the earliest first. */
  readonly outUntilMs: ReadonlyArray<number>
  /**
   * Former lives may have requests on their way that were never answered: a ping comes first, and from what it clears on a
   * window of this many milliseconds. Undefined where there are none.
   */
  readonly unansweredWindowMs: number | undefined
  /** What limits may still count of former lives' requests; where it is not known by when they have arrived, it is cleared by then. */
  readonly formerCosts: ReadonlyArray<FormerCost>
  /** The exchange may have taken a nonce up to this one. */
  readonly lastNonce: number
  /** Rate-limit errors of former runs: all that the exchange has ever counted. */
  readonly rateLimitErrors: number
  /** When the last of them came, the earliest first; each stands for all that were in flight together. */
  readonly recentErrorsMs: ReadonlyArray<number>
  /** Nothing may be sent before: a former run was told so, for this key and for all keys. */
  readonly held: Readonly<Record<Held, number>>
  /**
   * The largest nonce that may be used now. The disk says that all up to it may have been used, so no later run
   * repeats one, and that requests may leave at this time. Both are written ahead, so a lane hardly ever waits for
   * them. After a standstill of the process this is -Infinity until they are renewed. It is less, too, than the nonce of a
   * request that takes more of a limit than is written ahead.
   */
  readonly reservedNonce: () => number
  /** Waits until a nonce may be used. */
  readonly reserve: (nonce: number) => Effect.Effect<void>
  /** A request with this nonce leaves now, for an order that limits count. */
  readonly onSent: (nonce: number, order?: Pick<MadeOrder, "params">) => void
  /** The exchange counted a rate-limit error; these are the moments of the last of them now, the earliest first. */
  readonly onRateLimitError: (recentErrorsMs: ReadonlyArray<number>) => void
  /** The exchange has announced that nothing may be sent before then. */
  readonly onHold: (untilMs: number, held: Held) => void
  /** A request has ended. Once for each that was sent. */
  readonly onEnded: (request: EndedRequest) => void
  /** A request that was lost has arrived by then, if it arrives at all. */
  readonly onCleared: (latestMs: number, nonce: number) => void
  /** A ping has cleared by then what former lives have sent without an answer. Answers by when all of it has arrived, as time tells, too. */
  readonly onFormerCleared: (clearedMs: number) => number
  /** Nothing is sent with this key any more. */
  readonly onRetired: () => void
  /** Fails when nothing can be written down any more; it never succeeds. */
  readonly failed: Effect.Effect<never, StateUnwritable>
}

/** Recalls what is remembered of a key. */
export type Recall = (key: ApiKey) => Effect.Effect<KeyMemory>

/** Remembers nothing. */
export const noMemory: Recall = () =>
  Effect.succeed({
    quietUntilMs: Number.NEGATIVE_INFINITY,
    outUntilMs: [],
    unansweredWindowMs: undefined,
    formerCosts: [],
    lastNonce: 0,
    rateLimitErrors: 0,
    recentErrorsMs: [],
    held: { key: Number.NEGATIVE_INFINITY, all: Number.NEGATIVE_INFINITY },
    reservedNonce: () => Number.POSITIVE_INFINITY,
    reserve: () => Effect.void,
    onSent: () => {},
    onRateLimitError: () => {},
    onHold: () => {},
    onEnded: () => {},
    onCleared: () => {},
    onFormerCleared: (clearedMs) => clearedMs,
    onRetired: () => {},
    failed: Effect.never,
  })
