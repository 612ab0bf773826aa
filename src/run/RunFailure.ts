/** Why a run failed. Each message is one line that says what happened; what to do about it is the command line's to say. */
import { Schema } from "effect"
import { type DispatchFailure, ExchangeUnreachable } from "../dispatch/SubmitFailure.ts"
import type { DispatchSnapshot } from "../dispatch/Dispatcher.ts"
import type { JournalUnwritable } from "../journal/Journal.ts"
import { counted } from "../platform/counted.ts"

/** Orders cannot be read: there are none to send, or no more. */
export class OrdersUnreadable extends Schema.TaggedError<OrdersUnreadable>()("OrdersUnreadable", {
  /** `not-a-file`: what can be read once only, where it must be read twice. */
  reason: Schema.Literals(["unreadable", "not-a-file", "too-many", "bad-lines", "changed"]),
  message: Schema.String,
}) {}

/** Every order has its outcome, and yet nothing was achieved, or no more towards the end. */
export class NothingAccepted extends Schema.TaggedError<NothingAccepted>()("NothingAccepted", {
  /** `unanswered`: no usable answer came; `held`: nothing may be sent. */
  reason: Schema.Literals(["refused", "unanswered", "held"]),
  message: Schema.String,
}) {}

export type RunFailure = DispatchFailure | OrdersUnreadable | NothingAccepted | JournalUnwritable

/** Out of contact, or asked to wait, for less than this at the end of a run may be a single request's bad luck. */
const SHORT_MS = 1000

/** What a run that took all its orders failed of; undefined where it achieved something, or had nothing to do. */
export const failureAtEnd = (end: DispatchSnapshot): ExchangeUnreachable | NothingAccepted | undefined => {
  const { accepted, created, hindered, noContact, outage, rejected, unknown } = end
  // Orders that expired because nothing could be sent are no success, nor is an exchange that takes none.
  const wasReached = accepted + rejected + unknown > 0
  if (noContact !== undefined && (noContact.ms > SHORT_MS || !wasReached))
    return new ExchangeUnreachable({ code: noContact.code, seconds: noContact.ms / 1000 })
  const isHeld = outage?.kind === "asks-to-wait" || outage?.kind === "turned-away"
  const wasShort = outage !== undefined && outage.forMs <= SHORT_MS
  if (isHeld && ((hindered > 0 && !wasShort) || (accepted === 0 && created > 0))) {
    const isOver = outage.kind !== "asks-to-wait" || outage.retryInMs === 0
    const asked = `asked to be left alone${isOver ? "" : ` for another ${Math.ceil(outage.retryInMs / 1000)} s`}`
    const said =
      accepted === 0
        ? `took no order, and ${asked}`
        : `${asked}, and ${counted(hindered, "order")} expired waiting`
    return new NothingAccepted({ reason: "held", message: `the exchange, or something before it, ${said}` })
  }
  if (accepted === 0 && rejected > 0 && rejected === created) {
    return new NothingAccepted({
      reason: "refused",
      message:
        created === 1
          ? "the exchange refused the only order"
          : `the exchange refused every one of ${created} orders`,
    })
  }
  if (accepted === 0 && unknown > 0) {
    return new NothingAccepted({
      reason: "unanswered",
      message: `no order was accepted, and of ${unknown} that were sent no usable answer came`,
    })
  }
  return undefined
}
