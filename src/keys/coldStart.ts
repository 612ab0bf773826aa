/**
 * How long a new life keeps quiet, until nothing that a former life has sent is in the exchange's window any more: a
 * pure decision, by the argument that holds within one life (see `docs/safety.md`).
 *
 * Times are milliseconds since the machine's boot.
 */
import type { KeyRecord } from "./KeyRecord.ts"

/** What a life believes of the exchange. */
export interface Beliefs {
  /** The window with its margin. */
  readonly windowMs: number
  /** How long an unanswered request may take to arrive: the bound, or the request timeout without one. */
  readonly reachMs: number
}

/** What a life takes over. Where beliefs differ, the more careful ones hold for what former lives have sent. */
export interface Inheritance extends Beliefs {
  /** Everything that former lives have sent has arrived by then. */
  readonly arrivedByMs: number
  /** And has left the window by then. */
  readonly quietUntilMs: number
}

export interface BootMoment {
  /** Undefined where boots cannot be told apart. */
  readonly bootId: string | undefined
  readonly nowMs: number
}

/**
 * What to take over from what is remembered; undefined where a key is new.
 *
 * The former life is over now, so it has sent nothing later than now, and nothing of it arrives later than a reach
 * from now. Under the same boot its own times may say less; under another boot they say nothing.
 */
export const inherit = (former: KeyRecord | undefined, own: Beliefs, moment: BootMoment): Inheritance => {
  if (former === undefined) {
    return { ...own, arrivedByMs: Number.NEGATIVE_INFINITY, quietUntilMs: Number.NEGATIVE_INFINITY }
  }
  const windowMs = Math.max(former.windowMs, own.windowMs)
  const reachMs = Math.max(former.reachMs, own.reachMs)
  const latestMs = moment.nowMs + reachMs
  const sameBoot = moment.bootId !== undefined && former.bootId === moment.bootId
  const arrivedByMs = sameBoot
    ? Math.min(
        latestMs,
        Math.max(
          former.arrivedByMs ?? Number.NEGATIVE_INFINITY,
          (former.unansweredUntilMs ?? Number.NEGATIVE_INFINITY) + reachMs,
        ),
      )
    : latestMs
  return { windowMs, reachMs, arrivedByMs, quietUntilMs: arrivedByMs + windowMs }
}
