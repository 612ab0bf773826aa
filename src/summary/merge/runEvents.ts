/**
 * A run's events as those of one of several runs: by the clock of all, and with names that mean the same in all.
 */
import type { LogEvent, RequestTimes } from "../../journal/LogEvent.ts"
import type { PlannedRun } from "./planRuns.ts"

export type Translate = (event: LogEvent) => LogEvent

export const makeRunEvents = ({
  offsetMs,
  idPrefix,
  keyName,
}: Pick<PlannedRun, "offsetMs" | "idPrefix" | "keyName">): Translate => {
  const requestOf = (request: RequestTimes): RequestTimes => ({
    key: keyName(request.key),
    sentMs: request.sentMs + offsetMs,
    writtenMs: request.writtenMs === undefined ? undefined : request.writtenMs + offsetMs,
    settledMs: request.settledMs + offsetMs,
    ending: request.ending,
  })

  return (event) => {
    switch (event.type) {
      case "sent":
        return {
          type: "sent",
          atMs: event.atMs + offsetMs,
          id: idPrefix + event.id,
          createdAtMs: event.createdAtMs + offsetMs,
          key: keyName(event.key),
          attempt: event.attempt,
        }
      case "returned":
        return {
          type: "returned",
          atMs: event.atMs + offsetMs,
          id: idPrefix + event.id,
          reason: event.reason,
          request: requestOf(event.request),
        }
      case "outcome":
        return {
          type: "outcome",
          atMs: event.atMs + offsetMs,
          outcome: event.outcome,
          id: event.id === undefined ? undefined : idPrefix + event.id,
          number: event.number,
          createdAtMs: event.createdAtMs === undefined ? undefined : event.createdAtMs + offsetMs,
          orderAgeMs: event.orderAgeMs,
          roundTripMs: event.roundTripMs,
          request: event.request && requestOf(event.request),
        }
      case "key":
      case "nonce-jump":
        return { ...event, atMs: event.atMs + offsetMs, key: keyName(event.key) }
      case "ended":
        return event.atMs === undefined ? event : { type: "ended", atMs: event.atMs + offsetMs }
      case "settings":
      case "requests":
      case "left":
      case "unrecognised":
        return event
    }
  }
}
