/**
 * The figures of every key.
 */
import type { KeyLeft } from "../journal/LogEvent.ts"
import type { RejectReason } from "../domain/Outcome.ts"
import { elapsedMs } from "../journal/elapsed.ts"
import { emptyKeyTally, type KeyTallies, type KeyTally } from "./KeyTally.ts"
import type { LogStart } from "./LogStart.ts"

/** Counts are of requests: an order that went back to the line makes several, of several keys perhaps. */
export interface KeyFigures {
  /** The key's label. */
  readonly key: string
  readonly sent: number
  readonly accepted: number
  readonly refused: Readonly<Record<RejectReason, number>>
  readonly unknown: number
  /** Requests of which not a byte left. */
  readonly notSent: number
  /** Requests whose end the log does not tell. */
  readonly unfinished: number
  /** Requests that left in a window, on average over the log's total time, of which a window is the least; null where the log does not tell. */
  readonly sentPerWindow: number | null
  /** These as a share of what the exchange lets through in that time at the very most: the limit in every window and millisecond that begins in it. */
  readonly slotsUsed: number | null
  readonly nonceJumps: number
  /** When it left service, in milliseconds from the log's first record, and why; null where it did not. */
  readonly retired: {
    readonly atMs: number
    readonly state: KeyLeft["state"]
    /** Why it was parked; null where it was not. */
    readonly reason: NonNullable<KeyLeft["reason"]> | null
  } | null
}

const TICK_MS = 1

const figuresOf = (
  key: string,
  tally: KeyTally,
  unfinished: number,
  totalMs: number,
  start: LogStart,
): KeyFigures => {
  const { retired, sent, accepted, refused, unknown, leftInTime, notSent, nonceJumps } = tally
  const { settings } = start
  const isKnown =
    settings !== undefined && settings.limits === undefined && settings.windowMs > 0 && totalMs > 0
  return {
    key,
    sent,
    accepted,
    refused,
    unknown,
    notSent,
    unfinished,
    sentPerWindow: isKnown ? (leftInTime * settings.windowMs) / Math.max(totalMs, settings.windowMs) : null,
    slotsUsed:
      isKnown && settings.limit > 0
        ? leftInTime / settings.limit / (Math.floor(totalMs / (settings.windowMs + TICK_MS)) + 1)
        : null,
    nonceJumps,
    retired: retired && {
      atMs: elapsedMs(start.firstMs, retired.atMs),
      state: retired.state,
      reason: retired.reason ?? null,
    },
  }
}

/**
 * Those of the log's header first, then whatever others it names; null where the log knows no keys.
 *
 * @param unfinished requests without an end, by key
 * @param totalMs from the log's first record to its last
 */
export const keyFigures = (
  tallies: KeyTallies,
  unfinished: ReadonlyMap<string, number>,
  totalMs: number,
  start: LogStart,
): ReadonlyArray<KeyFigures> | null => {
  if (start.kind !== "journal") return null
  const labels = new Set([...(start.settings?.labels ?? []), ...tallies.keys()])
  return [...labels].map((label) =>
    figuresOf(label, tallies.get(label) ?? emptyKeyTally(), unfinished.get(label) ?? 0, totalMs, start),
  )
}

/** No key was left to send with. Times in milliseconds from the run's start. */
export interface KeysGone {
  /** When the last one left service. */
  readonly atMs: number
  /** How many left it so. */
  readonly keys: Readonly<Record<KeyLeft["state"], number>>
}

/** Null where a key is left, or the log knows none. */
export const keysGoneOf = (
  keys: ReadonlyArray<KeyFigures> | null,
  { firstMs }: Pick<LogStart, "firstMs">,
): KeysGone | null => {
  const left = (keys ?? []).flatMap(({ retired }) => (retired === null ? [] : [retired]))
  if (keys === null || keys.length === 0 || left.length < keys.length) return null
  const how = (state: KeyLeft["state"]): number => left.filter((one) => one.state === state).length
  return {
    atMs: firstMs + Math.max(...left.map(({ atMs }) => atMs)),
    keys: { blocked: how("blocked"), parked: how("parked"), unknown: how("unknown") },
  }
}
