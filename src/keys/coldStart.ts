/**
 * How long a new run keeps quiet, until no request of a former run is in the exchange's window any more: a pure decision,
 * by the argument that holds within one run (see `docs/safety.md`).
 *
 * Times are milliseconds since the machine's boot.
 */
import type { KeyRecord } from "./KeyRecord.ts"

/** What a run believes of the exchange. */
export interface Beliefs {
  /** The window with its margin. */
  readonly windowMs: number
  /** How long an unanswered request may take to arrive: the bound, or the request timeout without one. */
  readonly reachMs: number
}

/** What a run takes over. If beliefs differ, the more careful one holds for requests of former runs. */
export interface Inheritance extends Beliefs {
  /** All requests of former runs have arrived by then. */
  readonly arrivedByMs: number
  /** All requests of former runs have left the window by then. */
  readonly quietUntilMs: number
  /** When each of them leaves the window; undefined where they are not known one by one. */
  readonly leaveMs: ReadonlyArray<number> | undefined
}

export interface BootMoment {
  /** Undefined if boots cannot be told apart. */
  readonly bootId: string | undefined
  readonly nowMs: number
  /** By how much the former run's times may be too early by this one's. */
  readonly doubtMs: number
}

/**
 * What to take over from what is remembered; undefined if the key is new.
 *
 * The former run is over, so its requests left before now, and all of them arrive within a reach from now. Under the same
 * boot its own times may say an earlier moment; under another boot they say nothing.
 */
export const inherit = (former: KeyRecord | undefined, own: Beliefs, moment: BootMoment): Inheritance => {
  if (former === undefined) {
    const never = Number.NEGATIVE_INFINITY
    return { ...own, arrivedByMs: never, quietUntilMs: never, leaveMs: [] }
  }
  // A life by limits knew nothing of a key's window.
  const isByLimits = former.limits?.some(({ carried }) => carried === undefined) === true
  const windowMs = isByLimits ? own.windowMs : Math.max(former.windowMs, own.windowMs)
  const reachMs = Math.max(former.reachMs, own.reachMs)
  const latestMs = moment.nowMs + reachMs
  const sameBoot = moment.bootId !== undefined && former.bootId === moment.bootId
  const arrivedByMs = sameBoot
    ? Math.min(
        latestMs,
        Math.max(
          former.arrivedByMs ?? Number.NEGATIVE_INFINITY,
          (former.unansweredUntilMs ?? Number.NEGATIVE_INFINITY) + reachMs,
        ) + moment.doubtMs,
      )
    : latestMs
  const isKnown = sameBoot && former.unansweredUntilMs === null && former.arrivalsMs !== null
  const leaveMs = isKnown
    ? former.arrivalsMs
        .map((atMs) => Math.min(atMs + moment.doubtMs, arrivedByMs) + windowMs)
        .filter((atMs) => atMs > moment.nowMs)
        .toSorted((one, other) => one - other)
    : undefined
  return { windowMs, reachMs, arrivedByMs, quietUntilMs: arrivedByMs + windowMs, leaveMs }
}

/** From when on a run whose limit this is may send at all. */
export const freeFromMs = ({ arrivedByMs, leaveMs, quietUntilMs }: Inheritance, limit: number): number =>
  leaveMs === undefined ? quietUntilMs : (leaveMs[leaveMs.length - limit] ?? arrivedByMs)
