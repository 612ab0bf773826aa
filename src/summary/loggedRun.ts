/**
 * What a log says of the run that wrote it.
 */
import { DateTime, Option } from "effect"
import { showLimit } from "../domain/LimitSpec.ts"
import type { LogStart } from "./LogStart.ts"

/** Durations are in milliseconds. */
export interface LoggedRun {
  /** By the wall clock, ISO 8601 in UTC: where the log's times are 0. Null where the header tells no time. */
  readonly startedAt: string | null
  readonly gate: string
  /** The venue only checked orders: what it accepted it has not executed. Absent where it executed them. */
  readonly checkOnly?: true
  /** API keys that are looked at. */
  readonly keys: number
  /** Requests that a key may pass in one window. */
  readonly limit: number
  readonly windowMs: number
  /** All limits, as `--limit` takes them; absent where `limit` in each window of a key is all. */
  readonly limits?: ReadonlyArray<string>
  /** The longest incoming delay; null where it is not known. */
  readonly boundMs: number | null
  /** What the client adds to the window; null for a gate without a margin. */
  readonly marginMs: number | null
  readonly requestTimeoutMs: number
  /** How long the run, or the part of it that is looked at, was to go on; null where only the end of its orders says. */
  readonly durationMs: number | null
  /** Whether the log has its end; without one it was killed, or is still running. */
  readonly hasEnd: boolean
}

/** Null where the log does not say. */
export const loggedRunOf = ({ settings }: LogStart, hasEnd: boolean): LoggedRun | null =>
  settings === undefined
    ? null
    : {
        startedAt:
          settings.startedAtMs === undefined
            ? null
            : Option.getOrNull(Option.map(DateTime.make(settings.startedAtMs), DateTime.formatIso)),
        gate: settings.gate,
        ...(settings.checkOnly === undefined ? {} : { checkOnly: settings.checkOnly }),
        keys: settings.keys,
        limit: settings.limit,
        windowMs: settings.windowMs,
        ...(settings.limits === undefined ? {} : { limits: settings.limits.map(showLimit) }),
        boundMs: settings.boundMs ?? null,
        marginMs: settings.marginMs ?? null,
        requestTimeoutMs: settings.requestTimeoutMs,
        durationMs: settings.durationMs ?? null,
        hasEnd,
      }
