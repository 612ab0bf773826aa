/**
 * Puts the dispatcher's events into the journal's words: times relative to the run's start, whole
 * microseconds, and a `t` that never runs backwards.
 */
import type { DispatchEvent, RequestTrace } from "../domain/DispatchEvent.ts"
import type { JournalRecord } from "./JournalRecord.ts"

/** Makes a function that turns one event after another into records. */
export const makeToRecord = (startMs: number): ((event: DispatchEvent) => JournalRecord) => {
  let lastT = 0
  const relative = (atMs: number): number => Math.round((atMs - startMs) * 1000) / 1000

  const requestFields = ({ key, nonce, attempt, sentMs, writtenMs, settledMs }: RequestTrace) => ({
    key,
    nonce,
    attempt,
    sent: relative(sentMs),
    ...(writtenMs === undefined ? {} : { written: relative(writtenMs) }),
    settled: relative(settledMs),
  })

  return (event) => {
    const t = Math.max(lastT, relative(event.atMs))
    lastT = t
    switch (event.type) {
      case "sent": {
        const { id, key, nonce, attempt, cost, scope } = event
        return {
          type: "sent",
          t,
          id,
          key,
          nonce,
          createdAt: relative(event.createdMs),
          attempt,
          ...(cost === undefined ? {} : { cost }),
          ...(scope === undefined ? {} : { scope }),
        }
      }
      case "returned":
        return {
          type: "returned",
          t,
          id: event.id,
          ...requestFields(event.request),
          // To a reader of journals it is the same: certainly not sent.
          reason: event.reason === "withheld" ? "not-sent" : event.reason,
        }
      case "key":
        return {
          type: "key",
          t,
          key: event.key,
          state: event.state,
          ...(event.reason === undefined ? {} : { reason: event.reason }),
          rateLimitErrors: event.rateLimitErrors,
        }
      case "nonce-jump": {
        const { key, refused, by, jump } = event
        return { type: "nonce-jump", t, key, refused, by, jump }
      }
      case "reach":
        return { type: "reach", t, boundMs: event.boundMs, cause: event.cause }
      case "ping":
        return { type: "ping", t, begun: relative(event.begunMs), cleared: relative(event.clearedMs) }
      case "outcome": {
        const about = { type: "outcome", t, id: event.id, createdAt: relative(event.createdMs) } as const
        if (event.request === undefined) return { ...about, ...event.outcome }
        const request = requestFields(event.request)
        if (event.outcome.outcome !== "accepted") return { ...about, ...event.outcome, ...request }
        const { data, outcome } = event.outcome
        const said = data === undefined ? {} : { said: new URLSearchParams(data).toString() }
        return { ...about, outcome, ...request, ...said }
      }
    }
  }
}
