/**
 * The most that could be sent under the rules that make a client safe, on the same orders and with the same
 * delays: exact timers, no pace, no queue of its own. It shares no code with the dispatcher, which it
 * measures.
 *
 * The rules, of each lane: a request is sent when the one before it has certainly arrived, and when fewer than
 * `limit` permits are out. A permit comes back a window and a millisecond after the request has certainly
 * arrived; the millisecond is that of the exchange's clock. The oldest order goes to the lane that is ready
 * first.
 */
import type { Journey } from "./SimulatedExchange.ts"

/** All in milliseconds, but for the counts. */
export interface SafeRules {
  readonly keys: number
  readonly limit: number
  readonly windowMs: number
  /** The longest incoming delay, or undefined where it is not known. */
  readonly boundMs: number | undefined
  /** How long an order is worth sending, or undefined for ever. */
  readonly ttlMs: number | undefined
  readonly requestTimeoutMs: number
  /** When the run is over: nothing is created from then on, nor counted as accepted. */
  readonly durationMs: number
}

/** The exchange counts whole milliseconds, and lets pass what is more than a window apart. */
const EXCHANGE_TICK_MS = 1

interface Lane {
  /** When the request before has certainly arrived. */
  arrivedMs: number
  /** When each permit is back, the earliest first. */
  readonly permits: Array<number>
}

const readyMs = (lane: Lane): number => Math.max(lane.arrivedMs, lane.permits[0] ?? Number.POSITIVE_INFINITY)

const takePermit = (lane: Lane, backMs: number): void => {
  lane.permits.shift()
  // Nearly always the last; only a lost request's permit stays out for longer than those after it.
  let at = lane.permits.length
  while (at > 0 && (lane.permits[at - 1] ?? 0) > backMs) at -= 1
  lane.permits.splice(at, 0, backMs)
}

/**
 * Plays the rules. `offsets` are the orders' times of creation in rising order (it may go on for ever);
 * `nextJourney` is asked once for each request, in the order of sending.
 */
export const safeOptimum = (rules: SafeRules, offsets: Iterable<number>, nextJourney: () => Journey) => {
  const { boundMs, requestTimeoutMs } = rules
  const lanes = Array.from({ length: rules.keys }, (): Lane => ({
    arrivedMs: Number.NEGATIVE_INFINITY,
    permits: Array.from({ length: rules.limit }, () => Number.NEGATIVE_INFINITY),
  }))
  let created = 0
  /** Orders whose answer was there before the run was over. */
  let accepted = 0
  let expired = 0
  for (const createdMs of offsets) {
    if (createdMs >= rules.durationMs) break
    created += 1
    const lane = lanes.reduce((first, other) => (readyMs(other) < readyMs(first) ? other : first))
    const sentMs = Math.max(createdMs, readyMs(lane))
    if (rules.ttlMs !== undefined && sentMs >= createdMs + rules.ttlMs) {
      expired += 1
      continue
    }
    const { writeMs = 0, incomingMs, outgoingMs, fate } = nextJourney()
    const roundTripMs = writeMs + incomingMs + outgoingMs
    const answered = fate === undefined && roundTripMs < requestTimeoutMs
    const settledMs = sentMs + (answered ? roundTripMs : requestTimeoutMs)
    const boundedMs = boundMs === undefined ? Number.POSITIVE_INFINITY : sentMs + writeMs + boundMs
    // A request that was given up may still be on its way, for as long as a request can be.
    const latestMs = answered ? Math.min(settledMs, boundedMs) : settledMs + (boundMs ?? requestTimeoutMs)
    // Its successor need not wait for that where the bound says that it must have arrived.
    lane.arrivedMs = Math.min(latestMs, boundedMs)
    takePermit(lane, latestMs + rules.windowMs + EXCHANGE_TICK_MS)
    if (answered && settledMs < rules.durationMs) accepted += 1
  }
  return { created, accepted, expired }
}
