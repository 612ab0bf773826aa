/**
 * What the requests of every key add up to.
 */
import type { KeyLeft, LogEvent, OrderOutcome, RequestReturned } from "../journal/LogEvent.ts"
import type { RejectReason } from "../domain/Outcome.ts"

/** Keys that have figures of their own: far more than any client has. A damaged log may name any number. */
const MAX_KEYS = 10_000

/** Requests of one key. */
export interface KeyTally {
  sent: number
  /** Of these, those that left before the end that was planned for the run. */
  leftInTime: number
  accepted: number
  unknown: number
  /** Requests of which not a byte left. */
  notSent: number
  /** Requests that were refused, whether that ended their order or not. */
  readonly refused: Record<RejectReason, number>
  nonceJumps: number
  /** How it left service; null while it is in it. */
  retired: Pick<KeyLeft, "atMs" | "state" | "reason"> | null
}

/** By the keys' labels, in the order in which the log names them first. */
export type KeyTallies = Map<string, KeyTally>

export const emptyKeyTally = (): KeyTally => ({
  sent: 0,
  leftInTime: 0,
  accepted: 0,
  unknown: 0,
  notSent: 0,
  refused: { "rate-limit": 0, blocked: 0, nonce: 0, "api-key": 0, clock: 0, exchange: 0 },
  nonceJumps: 0,
  retired: null,
})

/** None once there are too many. */
const tallyOf = (keys: KeyTallies, label: string): KeyTally | undefined => {
  const known = keys.get(label)
  if (known !== undefined || keys.size >= MAX_KEYS) return known
  const made = emptyKeyTally()
  keys.set(label, made)
  return made
}

/** The key that an event is about; undefined where it is about none. */
const labelOf = (
  event: LogEvent,
  unfinished: (id: string) => string | null | undefined,
): string | null | undefined => {
  if ("key" in event) return event.key
  if (event.type === "returned") return event.request.key
  if (event.type !== "outcome") return undefined
  // What was cancelled after its request was recorded had not left.
  return event.request?.key ?? (event.id === undefined ? undefined : unfinished(event.id))
}

const tallyOutcome = (key: KeyTally, { atMs, outcome, request }: OrderOutcome, plannedMs: number): void => {
  if (request === undefined) {
    if (atMs < plannedMs) key.leftInTime -= 1
  } else if (outcome.outcome === "rejected") key.refused[outcome.reason] += 1
  else if (outcome.outcome === "accepted" || outcome.outcome === "unknown") key[outcome.outcome] += 1
}

const tallyReturned = (key: KeyTally, { reason, request }: RequestReturned, plannedMs: number): void => {
  if (reason !== "not-sent") key.refused[reason] += 1
  else {
    key.notSent += 1
    if (request.sentMs < plannedMs) key.leftInTime -= 1
  }
}

/**
 * @param plannedMs the end that was planned for the run, in the log's times
 * @param unfinished the key of an order's last request that has no end yet
 */
export const tallyKeys = (
  keys: KeyTallies,
  event: LogEvent,
  plannedMs: number,
  unfinished: (id: string) => string | null | undefined,
): void => {
  const label = labelOf(event, unfinished)
  const key = label === undefined || label === null ? undefined : tallyOf(keys, label)
  if (key === undefined) return
  if (event.type === "sent") {
    key.sent += 1
    if (event.atMs < plannedMs) key.leftInTime += 1
  } else if (event.type === "outcome") tallyOutcome(key, event, plannedMs)
  else if (event.type === "key")
    key.retired ??= { atMs: event.atMs, state: event.state, reason: event.reason }
  else if (event.type === "nonce-jump") key.nonceJumps += 1
  else if (event.type === "returned") tallyReturned(key, event, plannedMs)
}
