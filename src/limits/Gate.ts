/**
 * A gate decides when one key may send next. Designs differ only here, so that they can be compared on the
 * same orders, the same exchange and the same clock.
 */
import type { Effect } from "effect"
import type { ApiKey } from "../domain/ApiKey.ts"
import type { LimitSpec, LimitsTold } from "../domain/LimitSpec.ts"
import type { Ending } from "../domain/Transit.ts"

/** One gate belongs to one key, and is asked by one fiber: the key's lane. */
export interface Gate {
  /** Waits until a request may leave at once. */
  readonly ready: Effect.Effect<void>
  /** Whether a request may leave at this very moment. What was ready may cease to be, as after a 429. */
  readonly isReady: () => boolean
  /** A request leaves now. Call it only while `isReady()`. */
  readonly begin: (sentMs: number) => Effect.Effect<Passage>
  /** The exchange counted a rate-limit error: what the gate believed was wrong. */
  readonly rateLimited: (atMs: number) => void
  /** The exchange refused a nonce as too low: a request was overtaken, or someone else uses the key. */
  readonly overtaken: () => void
  /** Requests that may still count in the exchange's window, for show. */
  readonly used: () => number
}

/** One request on its way: what its gate is told of it. The gate knows by itself when it counts no more. */
export interface Passage {
  /** The exchange refused it for a limit. Before `onEnded`. */
  readonly onRefused?: ((atMs: number, by: LimitSpec | undefined) => void) | undefined
  /** What the exchange has counted of limits when it arrived. Before `onEnded`. */
  readonly onCounts?: ((counts: LimitsTold["counts"], atMs: number) => void) | undefined
  readonly onWritten: (atMs: number) => void
  /** `isLate`: its answer came too late for the bound, which then says nothing of it. */
  readonly onEnded: (ending: Ending, atMs: number, isLate: boolean) => void
  /** A request that was lost has arrived by then, if it arrives at all. After `onEnded`. */
  readonly onCleared: (latestMs: number) => void
}

/**
 * Makes the gate of one key. `outUntilMs`: when the permits of requests that former lives have sent come back, the earliest first;
 * monotonic time.
 */
export type GateFactory = (key: ApiKey, outUntilMs?: ReadonlyArray<number>) => Effect.Effect<Gate>
