/**
 * How long requests may still be on their way. Until then a request keeps a permit of its key, beyond the window, and holds up
 * the key's next request.
 *
 * For a request that was answered the two times are the same. A lost one keeps its permit until a bound after it was given
 * up; but the key's next request left as soon as it could not overtake it, a bound after it had been handed over.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import { latestOnceEnded } from "../domain/Transit.ts"
import type { OrderOutcome, RequestTimes, Settings } from "../journal/LogEvent.ts"
import type { LogStart } from "./LogStart.ts"

/** Sums over requests that ended an order. */
export interface TransitTimes {
  requests: number
  /**
   * From their leaving to the latest moment at which the exchange can have counted them. In whole microseconds, so that
   * the sum does not depend on its order.
   */
  latestMicros: number
  /** From their leaving to the moment from which the key's next request could not overtake them. */
  nextMicros: number
}

/** In milliseconds. */
export interface MeanTransit {
  readonly latestMs: number
  readonly nextMs: number
}

/** A request that lasts longer is a damaged line. */
const LONGEST_MS = 86_400_000

export const emptyTransitTimes = (): TransitTimes => ({ requests: 0, latestMicros: 0, nextMicros: 0 })

/** The latest arrival of a request. */
export const latestArrivalMs = ({ ending, settledMs, writtenMs }: RequestTimes, settings: Settings): number =>
  latestOnceEnded(ending, settledMs, writtenMs, settings)

/** Counts a request from the log's first record on: its orders are counted from there on, too. */
export const countTransit = (
  times: TransitTimes,
  { request }: OrderOutcome,
  settings: Settings,
  { firstMs }: Pick<LogStart, "firstMs">,
): void => {
  if (request === undefined) return
  const { sentMs, writtenMs } = request
  const { boundMs } = settings
  const latestMs = latestArrivalMs(request, settings)
  const ms = elapsedMs(sentMs, latestMs)
  if (ms < 0 || ms > LONGEST_MS) return
  const nextMs =
    writtenMs === undefined || boundMs === undefined ? latestMs : Math.min(latestMs, writtenMs + boundMs)
  const fromMs = Math.max(sentMs, firstMs)
  const microsUntil = (toMs: number): number => Math.round(Math.max(0, elapsedMs(fromMs, toMs)) * 1000)
  times.requests += 1
  times.latestMicros += microsUntil(latestMs)
  times.nextMicros += microsUntil(nextMs)
}

/** Undefined if there was no request. */
export const meanTransit = ({ requests, latestMicros, nextMicros }: TransitTimes): MeanTransit | undefined =>
  requests === 0
    ? undefined
    : { latestMs: latestMicros / requests / 1000, nextMs: nextMicros / requests / 1000 }
