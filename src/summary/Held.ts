/**
 * How long requests keep others of their key from leaving: its permits besides the window, and its order.
 *
 * The two are the same of a request that was answered. One that was lost keeps its permit until a bound after it was given
 * up; but the key's next request went as soon as it could not overtake it, a bound after it had been handed over.
 */
import { elapsedMs } from "../journal/elapsed.ts"
import { latestOnceEnded } from "../domain/Transit.ts"
import type { OrderOutcome, RequestTimes, Settings } from "../journal/LogEvent.ts"
import type { Origin } from "./Origin.ts"

/** Sums over requests that ended an order. */
export interface Held {
  requests: number
  /**
   * From their leaving to the latest moment at which the exchange can have counted them, in whole microseconds, so that the
   * order of adding up makes no difference.
   */
  permitMicros: number
  /** From their leaving to the moment from which a later request of the key could not overtake them. */
  orderMicros: number
}

/** In milliseconds. */
export interface HeldMeans {
  readonly permitMs: number
  readonly orderMs: number
}

/** What lasts longer is no request but a damaged line. */
const LONGEST_MS = 86_400_000

export const emptyHeld = (): Held => ({ requests: 0, permitMicros: 0, orderMicros: 0 })

/** The latest arrival of a request. */
export const latestMs = ({ ending, settledMs, writtenMs }: RequestTimes, settings: Settings): number =>
  latestOnceEnded(ending, settledMs, writtenMs, settings)

/** Time before the log's first record is none of the time that its orders are counted over, and does not count. */
export const countHeld = (
  held: Held,
  { request }: OrderOutcome,
  settings: Settings,
  { firstMs }: Pick<Origin, "firstMs">,
): void => {
  if (request === undefined) return
  const { sentMs, writtenMs } = request
  const { boundMs } = settings
  const arrivedMs = latestMs(request, settings)
  const ms = elapsedMs(sentMs, arrivedMs)
  if (ms < 0 || ms > LONGEST_MS) return
  const overtakableMs =
    writtenMs === undefined || boundMs === undefined ? arrivedMs : Math.min(arrivedMs, writtenMs + boundMs)
  const fromMs = Math.max(sentMs, firstMs)
  const microsUntil = (toMs: number): number => Math.round(Math.max(0, elapsedMs(fromMs, toMs)) * 1000)
  held.requests += 1
  held.permitMicros += microsUntil(arrivedMs)
  held.orderMicros += microsUntil(overtakableMs)
}

/** Undefined where there was no request. */
export const meanHeld = ({ requests, permitMicros, orderMicros }: Held): HeldMeans | undefined =>
  requests === 0
    ? undefined
    : { permitMs: permitMicros / requests / 1000, orderMs: orderMicros / requests / 1000 }
