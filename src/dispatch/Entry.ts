/** An order in the dispatcher's hands, and the request that carries it. */
import { Deferred } from "effect"
import type { RequestTrace } from "../domain/DispatchEvent.ts"
import type { MadeOrder } from "../domain/Order.ts"
import type { Outcome } from "../domain/Outcome.ts"
import type { Waiting } from "../limits/JoinedLimits.ts"
import type { Timed } from "../platform/TimeHeap.ts"
import type { Acceptance } from "../venues/ExchangeClient.ts"
import type { SubmitFailure } from "./SubmitFailure.ts"

/** A request under way. */
export interface OpenRequest extends Omit<RequestTrace, "sentMs" | "settledMs" | "writtenMs"> {
  /** When the order was taken from the line; once its record is kept, when the request was let go. */
  sentMs: number
  writtenMs: number | undefined
}

export interface Entry {
  readonly order: MadeOrder
  readonly createdMs: number
  /** From here on it is not worth sending; Infinity for an order without a time to live. */
  readonly deadlineMs: number
  /** Where callers wait for the result. */
  readonly result: Deferred.Deferred<Acceptance, SubmitFailure>
  /** How it ended. */
  outcome: Outcome | undefined
  /** Its request, while one is under way. */
  request: OpenRequest | undefined
  /** Its request was let go: from then on only the request's end can tell that it did not leave. */
  hasLeft: boolean
  /** Requests that this order has cost so far. */
  attempts: number
  /** Definite refusals after which it went back to the line. */
  returns: number
  state: "outside" | "queued" | "in-flight" | "ended"
  /** Its caller has gone: it does not go back to the line. */
  withdrawn: boolean
  /** Where in the line it stands. This and what follows is the line's own. */
  place: "door" | "list" | undefined
  /** Its neighbours in the list. */
  ahead: Entry | undefined
  behind: Entry | undefined
  /** Where it waits for limits; undefined outside the list, and where there are none to wait for. */
  waiting: Waiting<Entry> | undefined
  /** Where its deadline is awaited; undefined for an order without a time to live, and outside the line. */
  deadline: Timed<Entry> | undefined
}

/** An order that has just been taken in hand. */
export const entryOf = (order: MadeOrder, createdMs: number, ttlMs: number): Entry => ({
  order,
  createdMs,
  deadlineMs: createdMs + ttlMs,
  result: Deferred.makeUnsafe(),
  outcome: undefined,
  request: undefined,
  hasLeft: false,
  attempts: 0,
  returns: 0,
  state: "outside",
  withdrawn: false,
  place: undefined,
  ahead: undefined,
  behind: undefined,
  waiting: undefined,
  deadline: undefined,
})
