/**
 * Puts the dispatcher's events into the journal's words: times relative to the run's start, whole
 * microseconds, and a `t` that never runs backwards.
 */
import type { DispatchEvent, RequestTrace } from "../domain/DispatchEvent.ts"
import type { ExchangeTime } from "../domain/Transit.ts"
import type { JournalRecord } from "./JournalRecord.ts"

const fieldsFrom = (startMs: number, tellsTime: boolean) => {
  const relative = (atMs: number): number => Math.round((atMs - startMs) * 1000) / 1000
  const timeFields = (time: ExchangeTime | undefined) =>
    time === undefined || !tellsTime
      ? {}
      : { clock: time.atMs, ...(time.resolutionMs === 1 ? {} : { tick: time.resolutionMs }) }
  const requestFields = ({ exchangeTime, key, nonce, attempt, ...times }: RequestTrace) => ({
    key,
    nonce,
    attempt,
    sent: relative(times.sentMs),
    ...(times.writtenMs === undefined ? {} : { written: relative(times.writtenMs) }),
    settled: relative(times.settledMs),
    ...timeFields(exchangeTime),
  })
  return { relative, requestFields, timeFields }
}

/**
 * Makes a function that turns one event after another into records.
 *
 * @param tellsTime whether they tell what the exchange's clock showed: where a limit rests on it
 */
export const makeToRecord = (
  startMs: number,
  tellsTime = false,
): ((event: DispatchEvent) => JournalRecord) => {
  let lastT = 0
  const { relative, requestFields, timeFields } = fieldsFrom(startMs, tellsTime)

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
      case "others":
        return { type: "others", t, limit: event.limit, cost: event.cost }
      case "reach":
        return { type: "reach", t, boundMs: event.boundMs, cause: event.cause }
      case "ping":
        return {
          type: "ping",
          t,
          begun: relative(event.begunMs),
          cleared: relative(event.clearedMs),
          ...timeFields(event.exchangeTime),
        }
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
