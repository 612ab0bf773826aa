/**
 * Looks at a part of a log's events only: those of some time, or of some keys.
 */
import type { LogEvent, Settings } from "../journal/LogEvent.ts"
import type { LogSpan } from "./LogSpans.ts"

/** What remains of a log's event: undefined where it is not looked at. */
export type EventFilter = (event: LogEvent) => LogEvent | undefined

/**
 * Makes a filter for one log, whose run and times `current` knows when an event comes. An order counts with its outcome: one that
 * ends at another time, or with a key that is not looked at, counts nowhere, and one that was never sent by a key
 * belongs to none.
 */
export const makeEventFilter = (keys: ReadonlyArray<string>, current: () => LogSpan): EventFilter => {
  const chosen = new Set(keys)

  const isIn = (atMs: number): boolean => {
    const { sinceMs, untilMs } = current()
    return sinceMs <= atMs && atMs < untilMs
  }

  const isOf = (key: string | undefined): boolean =>
    chosen.size === 0 || (key !== undefined && chosen.has(key))

  const settingsOf = (settings: Settings): Settings => {
    const labels = settings.labels.filter(isOf)
    return { ...settings, labels, keys: labels.length }
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
      // What is known of the exchange holds for every key.
      case "reach":
      case "ping":
      case "left":
      case "ended":
      case "unrecognised":
        return event
    }
  }
}
