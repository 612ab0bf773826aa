/**
 * Chooses a part of a log's events: those of some time, or of some keys.
 */
import type { LogEvent, Settings } from "../journal/LogEvent.ts"
import type { LogSpan } from "./LogSpan.ts"

/** What remains of a log's event; undefined if it is not chosen. */
export type EventFilter = (event: LogEvent) => LogEvent | undefined

/**
 * Makes a filter for a run; `span` is the time that it covers. An order counts when it ends: if it
 * ends at another time, or with a key that is not chosen, it counts nowhere. An order that no key sent belongs to no key.
 */
export const makeEventFilter = (keys: ReadonlyArray<string>, span: LogSpan): EventFilter => {
  const chosen = new Set(keys)

  const isIn = (atMs: number): boolean => {
    return span.sinceMs <= atMs && atMs < span.untilMs
  }

  const isOf = (key: string | undefined): boolean =>
    chosen.size === 0 || (key !== undefined && chosen.has(key))

  const settingsOf = (settings: Settings): Settings => {
    const labels = settings.labels.filter(isOf)
    const untilMs = Math.min(settings.durationMs ?? Number.POSITIVE_INFINITY, span.untilMs)
    return {
      ...settings,
      labels,
      keys: labels.length,
      durationMs: Number.isFinite(untilMs) ? untilMs : undefined,
    }
  }

  return (event) => {
    switch (event.type) {
      case "settings":
        return settingsOf(event)
      case "sent":
      case "key":
      case "nonce-jump":
        return isIn(event.atMs) && isOf(event.key) ? event : undefined
      case "returned":
        return isIn(event.atMs) && isOf(event.request.key) ? event : undefined
      case "requests":
        return isIn(event.atMs) && isOf(undefined) ? event : undefined
      case "outcome":
        if (isIn(event.atMs) && isOf(event.request?.key)) return event
        return event.id === undefined ? undefined : { type: "left", id: event.id }
      case "remark":
        return isIn(event.lineMs) && isOf(undefined) ? event : undefined
      // A line that is not recognised counts as that, whenever it was written.
      case "unrecognised":
        return event.lineMs === undefined || (isIn(event.lineMs) && isOf(undefined))
          ? event
          : { type: "unrecognised", lines: event.lines }
      case "ended":
        return event.atMs === undefined ? event : { ...event, atMs: Math.min(event.atMs, span.untilMs) }
      // What is known of the exchange holds for every key.
      case "reach":
      case "ping":
      case "others":
      case "left":
        return event
    }
  }
}
