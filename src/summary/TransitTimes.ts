/**
 * How long requests are on their way as far as the exchange may know: until then they keep a permit of their key beyond the
 * window, and the key's next request.
 *
 * The two are the same of a request that was answered. One that was lost keeps its permit until a bound after it was given
 * up; but the key's next request went as soon as it could not overtake it, a bound after it had been handed over.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import { latestOfVersion1 } from "../domain/Transit.ts"
import type { OrderOutcome, RequestTimes, Settings } from "../journal/LogEvent.ts"
import type { LogStart } from "./LogStart.ts"

/** Sums over requests that ended an order. */
export interface TransitTimes {
  requests: number
  /**
   * From their leaving to the latest moment at which the exchange can have counted them, in whole microseconds, so that the
   * order of adding up makes no difference.
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

/** What lasts longer is no request but a damaged line. */
const LONGEST_MS = 86_400_000

export const emptyTransitTimes = (): TransitTimes => ({ requests: 0, latestMicros: 0, nextMicros: 0 })

/** The latest arrival of a request. */
export const latestArrivalMs = ({ ending, settledMs, writtenMs }: RequestTimes, settings: Settings): number =>
  latestOfVersion1(ending, settledMs, writtenMs, settings)

/** Time before the log's first record is none of the time that its orders are counted over, and does not count. */
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

/** Undefined where there was no request. */
export const meanTransit = ({ requests, latestMicros, nextMicros }: TransitTimes): MeanTransit | undefined =>
  requests === 0
    ? undefined
    : { latestMs: latestMicros / requests / 1000, nextMs: nextMicros / requests / 1000 }
