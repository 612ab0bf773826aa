/**
 * How long requests keep a key's permit from others besides the window: from their leaving to the latest moment at
 * which the exchange can have counted them.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import { latestOnceEnded } from "../dispatch/Transit.ts"
import type { OrderOutcome, RequestTimes, Settings } from "../journal/LogEvent.ts"

/** Sums over requests that ended an order. Plain data: it can be sent to another thread. */
export interface Held {
  requests: number
  /** In whole microseconds, so that the order of adding up makes no difference. */
  micros: number
}

/** What lasts longer is no request but a damaged line. */
const LONGEST_MS = 86_400_000

export const emptyHeld = (): Held => ({ requests: 0, micros: 0 })

/** The latest arrival of a request. */
export const latestMs = ({ ending, settledMs, writtenMs }: RequestTimes, settings: Settings): number =>
  latestOnceEnded(ending, settledMs, writtenMs, settings)

export const countHeld = (held: Held, { request }: OrderOutcome, settings: Settings): void => {
  if (request === undefined) return
  const ms = elapsedMs(request.sentMs, latestMs(request, settings))
  if (ms < 0 || ms > LONGEST_MS) return
  held.requests += 1
  held.micros += Math.round(ms * 1000)
}

export const mergeHeld = (one: Held, other: Held): Held => ({
  requests: one.requests + other.requests,
  micros: one.micros + other.micros,
})

/** The mean in milliseconds; undefined where there was no request. */
export const meanHeldMs = ({ requests, micros }: Held): number | undefined =>
  requests === 0 ? undefined : micros / requests / 1000
